"""Records of what was done with deliveries, and with the links of campaigns, as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from crm_graphql.tracking.tokens import Kind


class TrackedDelivery(Document):
    """What is known of the opens, or of the clicks, of one delivery: one row, however often it happens.

    `id` is `<delivery id>:<kind>`. It names nobody: whose it is, the delivery says.
    """

    id: str  # type: ignore[assignment]
    delivery_id: PydanticObjectId
    campaign_id: PydanticObjectId
    kind: Kind
    first_at: datetime
    last_at: datetime
    times: int
    """How often it was done, by whomever."""
    human_at: datetime | None = None
    """When a person first did; None where only machines are known to have."""
    kept: list[dict[str, Any]] = Field(default_factory=list)
    """The hits that decide it: `link`, `at`, `agent` (its class) and `reasons`; few of each link."""
    seen: list[int] = Field(default_factory=list)
    """Ids of the newest hits, which the bus may deliver again."""

    class Settings:
        """Collection and indexes."""

        name = "tracked_deliveries"
        indexes: ClassVar[list[IndexModel]] = [
            # What is to go when the person is erased, and what is told of them.
            IndexModel([("delivery_id", ASCENDING)], name="delivery"),
        ]


class LinkResult(Document):
    """How many people clicked a link of a campaign; `id` is `<campaign id>:<number of the link>`."""

    id: str  # type: ignore[assignment]
    campaign_id: PydanticObjectId
    number: int
    clicks: int = 0
    machine_clicks: int = 0

    class Settings:
        """Collection and indexes."""

        name = "link_results"
        indexes: ClassVar[list[IndexModel]] = [
            # A campaign's links.
            IndexModel([("campaign_id", ASCENDING)], name="campaign"),
        ]
