"""The check of first lines: those that hold back their noun are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_first_lines.py"


def run(root: Path, line: str) -> tuple[int, str]:
    """What the check says of a tree with one module that begins so."""
    module = root / "consumers" / "x.py"
    module.parent.mkdir()
    module.write_text(f'"""{line}"""\n')
    done = subprocess.run([sys.executable, SCRIPT], cwd=root, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("line", ["What is watched.", "How it gets there.", "Who, and when."])
def test_a_first_line_that_begins_with_a_question_is_refused(tmp_path: Path, line: str) -> None:
    code, told = run(tmp_path, line)
    assert code == 1
    assert told.startswith("consumers/x.py:1: begin with the noun")


@pytest.mark.parametrize("line", ["Streams of what is watched.", "The whole.", "Whatever-named things."])
def test_a_first_line_that_begins_with_its_noun_passes(tmp_path: Path, line: str) -> None:
    assert run(tmp_path, line) == (0, "")
