"""Speed of a campaign: how many messages went out in the last ten seconds.

The writer counts them by the second in the campaign, in the transaction that writes them down anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

SECONDS = 10


def speed_after(campaign: Mapping[str, Any], handed_over: int) -> dict[str, Any]:
    """The update of a campaign, as it was numbered, of which so many messages were handed over just now."""
    if not handed_over:
        return {}
    second = int(campaign["updated_at"].timestamp())
    counts = {one: count for one, count in campaign.get("handed_over") or () if one > second - SECONDS}
    counts[second] = counts.get(second, 0) + handed_over
    return {"$set": {"handed_over": [[one, count] for one, count in sorted(counts.items())]}}


def messages_per_second(counts: Sequence[Sequence[int]], *, since: datetime, now: datetime) -> float | None:
    """Over the last ten seconds, or since the campaign began; None where nothing went out. Both moments are
    the database's."""
    oldest = int(now.timestamp()) - SECONDS
    sent = sum(count for second, count in counts if second > oldest)
    seconds = min(float(SECONDS), max(1.0, (now - since).total_seconds()))
    return round(sent / seconds, 2) if sent else None
