"""The terms of a campaign: until when it is sent, how fast, at which hours not, what is tracked; checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.core.quiet_hours import check_quiet_hours
from crm_graphql.core.times import format_moment

MOST_PER_SECOND = 100_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a new draft says of them; None of each: no end, as fast as the vendor, the deployment's hours
    and its tracking."""

    send_before: datetime | None = None
    rate_per_second: int | None = None
    quiet_hours: Mapping[str, str] | None = None
    tracks_opens: bool | None = None
    tracks_clicks: bool | None = None

    def stored(self) -> dict[str, Any]:
        """By the names of a campaign's fields; what is not given is left out."""
        hours = self.quiet_hours
        values = {
            "send_before": self.send_before,
            "rate_per_second": self.rate_per_second,
            "quiet_hours": None if hours is None else dict(hours),
            "tracks_opens": self.tracks_opens,
            "tracks_clicks": self.tracks_clicks,
        }
        return {name: value for name, value in values.items() if value is not None}


def check_terms(given: Mapping[str, Any], *, now: datetime, faults: Faults) -> None:
    """Note, each at its place, what is wrong with those in `given`, by the names of a campaign's fields."""
    with faults.noted():
        check_end(given.get("send_before"), now=now)
    with faults.noted():
        rate = given.get("rate_per_second")
        if rate is not None and not 1 <= rate <= MOST_PER_SECOND:
            message = f"{rate} is not within 1 and {MOST_PER_SECOND:,} messages a second; for no limit: null."
            raise InvalidInput(message, path=("ratePerSecond",))
    if given.get("quiet_hours") is not None:
        check_quiet_hours(given["quiet_hours"], faults)


def check_end(send_before: datetime | None, *, now: datetime) -> None:
    """Raise InvalidInput where the end of the sending is over."""
    if send_before is not None and send_before <= now:
        message = f"{format_moment(send_before)} is over; nothing could be sent any more."
        raise InvalidInput(message, path=("sendBefore",))
