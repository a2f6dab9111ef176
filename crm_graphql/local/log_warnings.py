"""Warnings in the processes' log files, for a person: each in a line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crm_graphql.local.processes import trim_log

REPEAT_SECONDS = 30.0
"""The same warning is shown again only after this long: while a database is away it comes all the time."""
LINE_LIMIT = 300
LEVELS = frozenset({"warning", "error", "critical"})
_READ_BYTES = 1024**2
_NOT_SHOWN = frozenset({"event", "level", "timestamp", "logger", "request_id", "message_id", "exception"})


class LogWarnings:
    """Reads on in one log file of JSON lines; other lines (traces of a crash) stay in the file."""

    def __init__(self, name: str, log: Path) -> None:
        """From its end as it is now: what stood there before has been seen."""
        self._name = name
        self._log = log
        self._offset = self._size()
        self._rest = b""
        self._shown: dict[str, float] = {}

    def fresh(self) -> Iterator[str]:
        """The new warnings, as lines for people."""
        size = self._size()
        if size < self._offset:
            self._offset, self._rest = 0, b""
        if size == self._offset:
            return
        with self._log.open("rb") as log:
            log.seek(self._offset)
            read = log.read(_READ_BYTES)
        self._offset += len(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        self._rest = self._rest[-_READ_BYTES:]
        for line in lines:
            if text := self._for_people(line):
                yield text
        if self._offset == size:
            trim_log(self._log)

    def _for_people(self, line: bytes) -> str | None:
        try:
            entry = msgspec.json.decode(line, type=dict[str, object])
        except msgspec.DecodeError:
            return None
        if entry.get("level") not in LEVELS:
            return None
        event = str(entry.get("event", ""))
        now = time.monotonic()
        if now - self._shown.get(event, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return None
        if len(self._shown) > 1000:
            self._shown.clear()
        self._shown[event] = now
        details = [f"{key}={value}" for key, value in entry.items() if key not in _NOT_SHOWN]
        if trace := str(entry.get("exception") or "").strip():
            details.append(trace.rsplit("\n", 1)[-1])
        text = f"{self._name} {entry['level']}: {event} {' '.join(details)}".strip()
        return text.replace("\n", " ")[:LINE_LIMIT]

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0
