"""What of the children's logs reaches the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_graphql.local import processes
from crm_graphql.local.log_warnings import LogWarnings


def _append(log: Path, *entries: object) -> None:
    with log.open("a") as out:
        for entry in entries:
            out.write((entry if isinstance(entry, str) else json.dumps(entry)) + "\n")


def test_warnings_and_worse_come_through_as_lines(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    _append(log, {"event": "before", "level": "error"})
    warnings = LogWarnings("api", log)
    _append(
        log,
        {"event": "request", "level": "info"},
        "Traceback (most recent call last):",
        {"event": "slow", "level": "warning", "timestamp": "t", "seconds": 3},
        {"event": "broke", "level": "error", "exception": "Traceback\n  File\nValueError: no\n"},
    )
    assert list(warnings.fresh()) == ["api warning: slow seconds=3", "api error: broke ValueError: no"]
    assert list(warnings.fresh()) == []


def test_the_same_warning_is_not_repeated_all_the_time(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    warnings = LogWarnings("api", log)
    _append(log, *[{"event": "away", "level": "warning", "attempt": number} for number in range(50)])
    assert list(warnings.fresh()) == ["api warning: away attempt=0"]


def test_a_line_that_is_not_finished_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    warnings = LogWarnings("api", log)
    log.write_text('{"event": "half", "le')
    assert list(warnings.fresh()) == []
    _append(log, 'vel": "warning"}')
    assert list(warnings.fresh()) == ["api warning: half"]


def test_a_log_that_grew_too_large_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT_BYTES", 1000)
    log = tmp_path / "api.log"
    warnings = LogWarnings("api", log)
    _append(log, *[{"event": f"event {number}", "level": "info"} for number in range(100)])
    assert list(warnings.fresh()) == []
    assert log.stat().st_size == 0
    assert "event 99" in (tmp_path / "api.log.1").read_text()
    _append(log, {"event": "after", "level": "warning"})
    assert list(warnings.fresh()) == ["api warning: after"]
