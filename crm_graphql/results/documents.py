"""The results of campaigns as MongoDB holds them."""

from __future__ import annotations

from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel

COUNTS = ("opens", "clicks", "machine_opens", "machine_clicks", "unsubscribes", "complaints", "bounces")
"""What is counted of a campaign's people."""


class CampaignResult(Document):
    """What came of a campaign, or of one of its variants, in people, each counted once.

    `id` is `<campaign id>:<variant key>`, without a key where the campaign has no variants; what another
    source counts lies apart, under `<campaign id>/<source>:<variant key>`. A campaign's results are the sums.
    """

    id: str  # type: ignore[assignment]
    campaign_id: PydanticObjectId
    variant: str | None = None
    opens: int = 0
    clicks: int = 0
    machine_opens: int = 0
    """People of whose opens only machines are known: scanners, and mail clients that fetch ahead."""
    machine_clicks: int = 0
    unsubscribes: int = 0
    complaints: int = 0
    bounces: int = 0

    class Settings:
        """Collection and indexes."""

        name = "campaign_results"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("campaign_id", ASCENDING)], name="campaign"),
        ]


class CampaignPoints(Document):
    """What happened to a campaign, step by step of a while: counts by the number of the step since 1970.

    `id` is `<campaign id>:<source>:<seconds of a step>`. Each source of news has documents of its own: none
    waits for another's transactions. `points.py` says which step a moment belongs to.
    """

    id: str  # type: ignore[assignment]
    campaign_id: PydanticObjectId
    step_seconds: int
    points: dict[str, dict[str, int]]

    class Settings:
        """Collection and indexes."""

        name = "campaign_points"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("campaign_id", ASCENDING)], name="campaign"),
        ]
