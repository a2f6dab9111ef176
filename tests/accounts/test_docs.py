"""What the pages on signing in show to copy can be run as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from crm_graphql.schema import executable_schema

PAGES = sorted((Path(__file__).parents[2] / "docs" / "sign-in").glob("*.md"))
BODY = re.compile(r"-d '(\{.*?\})'$", re.MULTILINE | re.DOTALL)
IN_SCRIPT = re.compile(r"(?:`|\")((?:mutation|query|subscription)\b[^`\"]*?\})(?:`|\")")
FENCED = re.compile(r"```graphql\n(.*?)```", re.DOTALL)


def documents(page: Path) -> list[str]:
    """Every GraphQL document on the page."""
    text = page.read_text(encoding="utf-8")
    found = [json.loads(body)["query"] for body in BODY.findall(text)]
    # In JavaScript and in fenced blocks each line is a document of its own.
    found += [part for part in IN_SCRIPT.findall(text) if part not in found]
    for block in FENCED.findall(text):
        found += [line.partition("#")[0].strip() for line in block.splitlines() if line.strip()]
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_each_request_fits_the_schema(page: Path) -> None:
    shown = documents(page)
    assert shown
    for document in shown:
        assert validate(executable_schema(), parse(document)) == [], document


def test_each_way_to_sign_in_has_its_page() -> None:
    assert {page.stem for page in PAGES} == {"password", "google", "api-key", "operator-token"}
    overview = (PAGES[0].parents[1] / "security.md").read_text(encoding="utf-8")
    assert all(f"sign-in/{page.name}" in overview for page in PAGES)
