"""Doubt: how to go on with messages of which the vendor's answer is missing, and when that ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from crm_graphql.delivery.vendors.port import Vendor

_MARGIN = timedelta(minutes=1)
"""A vendor's promise is not used up to its last moment."""

WHOLE_TRIES = 2
"""So often a range is sent in calls of full size; then some message in it may be at fault."""
SILENT_CALLS = 3
"""After so many small calls in a row without an answer the rest of the range waits: the vendor may be ill."""
STRIKES = 24
"""A message ends with so many strikes. It gets them for each time that it alone had no clear answer: many
where the vendor took others meanwhile (three times are enough), few where it may have failed altogether."""
_STRIKES_ALONE = 8
_STRIKES_SILENT = 1
_LONGEST_DELAY = 32
"""In deadlines of a call. A vendor that answers nothing at all has some hours before messages end for it."""


class AfterDoubt(Enum):
    """How to go on."""

    SEND_AGAIN = "SEND_AGAIN"
    """Under the same keys: the vendor sends each once."""
    LOOK_UP = "LOOK_UP"
    """Ask what it knows, and send only what never reached it."""
    GIVE_UP = "GIVE_UP"
    """At most once: note that the outcome is unknown."""


def after_doubt(vendor: Vendor, *, first_claimed_at: datetime, now: datetime) -> AfterDoubt:
    """How to go on with messages that were first handed over at `first_claimed_at` or later."""
    if vendor.dedupes_for is not None and now - first_claimed_at < vendor.dedupes_for - _MARGIN:
        return AfterDoubt.SEND_AGAIN
    return AfterDoubt.LOOK_UP if vendor.can_look_up else AfterDoubt.GIVE_UP


def struck(before: int, *, vendor_works: bool) -> int:
    """The strikes of a message that alone had no clear answer once more. Once the vendor took others and not
    it, it stays the suspect: it may be the last of its campaign, with nothing left to compare it with."""
    return before + (_STRIKES_ALONE if vendor_works or before >= _STRIKES_ALONE else _STRIKES_SILENT)


def delay_seconds(doubts: int, deadline_seconds: float) -> float:
    """How long a range waits that was in doubt `doubts` times before. Never less than a call's deadline: one
    that was cut off may still be on its way into the vendor."""
    growth: int = 2 ** max(0, doubts - 2 * WHOLE_TRIES)
    return deadline_seconds * min(growth, _LONGEST_DELAY)


class CallSizes:
    """How many messages of a range go into one call: all, until it was in doubt too often; then halves and
    halves of these, so that the message at fault ends up alone and the others are through. What works makes
    calls larger again, so that a range that met an outage is not sent one by one."""

    def __init__(self, messages: int, *, doubts: int, batch_limit: int) -> None:
        self._halves = doubts >= WHOLE_TRIES
        self._limit = batch_limit
        self._silent = 0
        halvings = doubts - WHOLE_TRIES + 1 if self._halves else 0
        self.size = max(1, min(messages >> halvings, batch_limit))

    def note(self, *, answered: bool) -> None:
        """What came of a call."""
        self._silent = 0 if answered else self._silent + 1
        if self._halves:
            self.size = min(self.size * 2, self._limit) if answered else max(1, self.size // 2)

    @property
    def go_on(self) -> bool:
        """Whether it makes sense to send the rest now."""
        return not self._halves or self._silent < SILENT_CALLS
