"""What `make quick` leaves out: by folder and by fixture, never a new test by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SLOW_FIXTURES, SLOW_FOLDERS

HERE = Path(__file__).parent


@pytest.mark.parametrize("folder", sorted(SLOW_FOLDERS))
def test_a_folder_that_is_left_out_exists(folder: str) -> None:
    assert list((HERE / folder).glob("test_*.py"))


@pytest.mark.parametrize("fixture", sorted(SLOW_FIXTURES))
def test_a_fixture_that_is_left_out_exists(fixture: str) -> None:
    assert any(f"def {fixture}(" in path.read_text(encoding="utf-8") for path in HERE.rglob("*.py"))


def test_a_test_that_starts_nothing_is_in(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("slow") is None
