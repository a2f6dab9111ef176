"""What may be done with messages that a vendor may already have taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from crm_graphql.delivery.vendors.port import Vendor

_MARGIN = timedelta(minutes=1)
"""A vendor's promise is not used up to its last moment."""


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
