"""Groups of `pytest.mark.xdist_group`: one worker runs all tests of each, and starts what they share once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(6))
def test_in_a_group(number, worker_id):
    with open("workers", "a") as file:
        file.write(worker_id + "\\n")

@pytest.mark.parametrize("number", range(6))
def test_alone(number):
    pass
"""


@pytest.mark.slow
def test_one_worker_runs_all_of_a_group(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    workers = (tmp_path / "workers").read_text().split()
    assert len(workers) == 6
    assert len(set(workers)) == 1
