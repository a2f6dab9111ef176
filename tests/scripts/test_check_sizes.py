"""The size check: what it counts, what it lets through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_sizes.py"


def run(root: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, SCRIPT], cwd=root, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.returncode, done.stdout


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def function(body_lines: int, *, docstring_lines: int = 0) -> str:
    docstring = '    """' + "\n".join(["words"] * docstring_lines) + '"""\n' if docstring_lines else ""
    return "def work() -> None:\n" + docstring + "    x = 1\n" * body_lines


def test_a_function_at_the_limit_passes_whatever_its_docstring(tmp_path: Path) -> None:
    write(tmp_path, "consumers/a.py", "@decorated\n@twice\n" + function(39, docstring_lines=20))
    assert run(tmp_path) == (0, "")


def test_a_function_over_the_limit_is_named_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, "crm_graphql/deep/a.py", "\n" + function(40))
    code, out = run(tmp_path)
    assert code == 1
    assert out == "crm_graphql/deep/a.py:2: work has 41 lines, at most 40 are allowed\n"


def test_a_long_file_is_named_and_tests_may_be_longer(tmp_path: Path) -> None:
    write(tmp_path, "crm_graphql/a.py", "x = 1\n" * 301)
    write(tmp_path, "tests/a.py", "x = 1\n" * 301)
    code, out = run(tmp_path)
    assert code == 1
    assert out == "crm_graphql/a.py:1: the file has 301 lines, at most 300 are allowed\n"
