"""The check of code in the docs: a block that says which file it is, is that file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_docs_code.py"
PAGE = "# A page\n\n<!-- file: clients/a.mjs -->\n```js\n{}```\n\nAnd more.\n"
CODE = "const a = 1;\n"


def run(root: Path, page: str, *arguments: str) -> tuple[int, str]:
    """What the check says of a tree with one page and one file."""
    (root / "docs" / "clients").mkdir(parents=True, exist_ok=True)
    (root / "docs" / "clients" / "a.mjs").write_text(CODE)
    (root / "docs" / "page.md").write_text(page)
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_block_that_is_its_file_passes(tmp_path: Path) -> None:
    assert run(tmp_path, PAGE.format(CODE)) == (0, "")


@pytest.mark.parametrize("code", ["const a = 2;\n", "", f"{CODE}\n"])
def test_a_block_that_differs_is_refused_and_written_when_asked(tmp_path: Path, code: str) -> None:
    status, told = run(tmp_path, PAGE.format(code))
    assert (status, told.partition(":")[0]) == (1, "docs/page.md")
    assert run(tmp_path, PAGE.format(code), "--write") == (0, "")
    assert (tmp_path / "docs" / "page.md").read_text() == PAGE.format(CODE)


@pytest.mark.parametrize(
    "page", ["<!-- file: clients/a.mjs -->\n\nno block\n", PAGE.format(CODE).replace("a.mjs", "b.mjs")]
)
def test_a_block_or_a_file_that_is_missing_is_refused(tmp_path: Path, page: str) -> None:
    assert run(tmp_path, page)[0] == 1
