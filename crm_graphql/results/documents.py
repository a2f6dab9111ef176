"""The results of campaigns as MongoDB holds them."""

from __future__ import annotations

from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel


class CampaignResult(Document):
    """What came of a campaign, or of one of its variants, in people, each counted once.

    `id` is `<campaign id>:<variant key>`, without a key where the campaign has no variants. A campaign's
    results are the sums of its variants'.
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
