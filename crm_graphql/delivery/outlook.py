"""The outlook of campaigns that are being sent: how fast they go, until when they wait, when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of it; nothing of a campaign that is not being sent."""

    waiting_until: datetime | None = None
    messages_per_second: float | None = None
    """Over the last ten seconds."""
    estimated_end_at: datetime | None = None


async def outlooks_of(campaigns: Sequence[ObjectId]) -> Mapping[ObjectId, Outlook]:
    """The outlook of each of these campaigns that are being sent."""
    return dict.fromkeys(campaigns, Outlook())
