"""What this process sends to MongoDB, noted for tests that count queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import monitoring
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

_READS = ("find", "aggregate", "count", "getMore", "distinct")
_NOBODY_ASKS = frozenset({"deployment_settings", "rate_windows", "revocations"})
"""Collections that the API reads by itself every moment."""


class _Commands(CommandListener):
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] | None = None

    def started(self, event: CommandStartedEvent) -> None:
        if self.sent is None or event.command_name not in _READS:
            return
        if event.command.get("collection", event.command[event.command_name]) not in _NOBODY_ASKS:
            self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Not of interest."""


_COMMANDS = _Commands()
# Before any client is made: clients take the listeners that there are then.
monitoring.register(_COMMANDS)


@contextmanager
def noted_reads() -> Iterator[list[dict[str, Any]]]:
    """The reading commands that are sent inside the block."""
    _COMMANDS.sent = []
    try:
        yield _COMMANDS.sent
    finally:
        _COMMANDS.sent = None
