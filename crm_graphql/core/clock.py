"""The one source of "now" for the product's own timestamps.

Leases and expiries do not use it: they are set and compared by the database's clock (`$$NOW`), so that
machines whose clocks differ agree on them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


def to_milliseconds(moment: datetime) -> datetime:
    """`moment` cut to milliseconds, the precision that MongoDB stores, so that it reads back equal."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current moment, aware, UTC, in whole milliseconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment, aware, UTC, in whole milliseconds."""
        return to_milliseconds(datetime.now(UTC))
