"""The check of the table of fields in docs/importing.md: it is the one that files are read by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from crm_graphql.imports.fields import FIELDS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check_import_fields.py"
PAGE = "# Importing\n\n<!-- fields -->\n{}<!-- /fields -->\n\nAnd more.\n"


def run(root: Path, page: str, *arguments: str) -> tuple[int, str]:
    """What the check says of a tree with that page."""
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "importing.md").write_text(page)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def test_another_table_is_refused_and_written_when_asked(tmp_path: Path) -> None:
    status, told = run(tmp_path, PAGE.format("| `email` | |\n"))
    assert (status, told.partition(":")[0]) == (1, "docs/importing.md")
    assert run(tmp_path, PAGE.format(""), "--write") == (0, "")
    written = (tmp_path / "docs" / "importing.md").read_text()
    assert all(f"| `{field.field}` |" in written for fields in FIELDS.values() for field in fields)
    assert (written.startswith("# Importing"), written.endswith("And more.\n")) == (True, True)
    assert run(tmp_path, written) == (0, "")


def test_a_page_without_the_place_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "# Importing\n", "--write")[0] == 1
