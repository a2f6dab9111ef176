"""docs/front-end.md shows files that tests run, lists that the server takes, settings that it understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_graphql.core.settings import load_settings
from crm_graphql.http.origins import EXPOSED_HEADERS
from crm_graphql.server.operations.trusted import read_trusted_documents
from tests.server.asking import SCHEMA, limits

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "front-end.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
LISTS = [text for kind, text in BLOCKS if kind == "json"]
SHELL = [text for kind, text in BLOCKS if kind == "sh"]


def test_what_is_code_on_the_page_is_a_file() -> None:
    code = [kind for kind, _ in BLOCKS if kind in ("html", "js", "ts")]
    files = re.findall(r"^<!-- file: front-end/(\S+) -->$", PAGE, re.MULTILINE)
    assert sorted(files) == sorted(path.name for path in (DOCS / "front-end").iterdir())
    assert len(code) == len(files)


@pytest.mark.parametrize("text", LISTS)
def test_each_form_of_a_list_is_one_that_the_server_takes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "persisted-documents.json"
    file.write_text(text)
    assert len(read_trusted_documents(limits(trusted_documents=str(file)), SCHEMA)) > 0


def test_there_are_three_forms() -> None:
    assert len(LISTS) == 3


def test_each_setting_on_the_page_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    written = dict(re.findall(r"^(CRM_\w+)=(\S+)$", "\n".join(SHELL), re.MULTILINE))
    assert written.keys() == {"CRM_ALLOWED_ORIGINS", "CRM_PUBLIC_URL", "CRM_TRUSTED_DOCUMENTS"}
    for name, value in written.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(_env_file=None)
    assert settings.allowed_origins == ["https://app.example.com", "https://staging.example.com"]


def test_the_headers_that_a_page_may_read_are_those_that_are_exposed() -> None:
    sentence = PAGE[PAGE.index("and read `RateLimit`") : PAGE.index("`*` allows every page")]
    assert {name.lower() for name in re.findall(r"`([A-Za-z-]+)`", sentence)} == set(EXPOSED_HEADERS)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (DOCS / target).exists(), target
