"""A clock that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_graphql.core.clock import to_milliseconds


class FixedClock:
    """A clock for tests that moves only when told to."""

    def __init__(self, moment: datetime) -> None:
        self._moment = to_milliseconds(moment)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._moment

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._moment += by
