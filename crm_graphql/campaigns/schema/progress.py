"""The progress of campaigns as those who watch them see it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.audiences.schema.stats import DeliveryStats
from crm_graphql.campaigns.schema.enums import CampaignStatus
from crm_graphql.campaigns.schema.results import CampaignResults
from crm_graphql.campaigns.schema.types import Campaign
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info


@strawberry.type(description="The state of a campaign at one moment.")
class CampaignProgress:
    campaign_id: strawberry.ID = strawberry.field(description="Which campaign.")
    campaign: Campaign = strawberry.field(description="For caches that merge by id.")
    status: CampaignStatus = strawberry.field(description="How far it is.")
    stats: DeliveryStats = strawberry.field(description="How many messages are in which state.")
    pause_reason: str | None = strawberry.field(description="Why it is PAUSED, where nobody paused it.")
    revision: int = strawberry.field(description="Grows with every change. A client keeps the highest.")
    at: datetime = strawberry.field(description="When the server made this event.")

    @classmethod
    def from_document(cls, row: Row, *, at: datetime) -> CampaignProgress:
        """The projection of a campaign document."""
        campaign = Campaign.from_document(row)
        return cls(
            campaign_id=campaign.id,
            campaign=campaign,
            status=campaign.status,
            stats=campaign.stats,
            pause_reason=campaign.pause_reason,
            revision=campaign.revision,
            at=at,
        )

    @strawberry.field(description="What came of it, in people. Null before its launch.")
    async def results(self, info: Info) -> CampaignResults | None:
        results: CampaignResults | None = await self.campaign.results(info)
        return results

    @strawberry.field(description="While nothing can be sent: until when, as at the end of quiet hours.")
    async def waiting_until(self, info: Info) -> datetime | None:
        return (await self.campaign.outlook(info)).waiting_until

    @strawberry.field(description="Over the last ten seconds; null when nothing is being sent.")
    async def messages_per_second(self, info: Info) -> float | None:
        return (await self.campaign.outlook(info)).messages_per_second

    @strawberry.field(description="When the last message will be sent at this pace; null when that is open.")
    async def estimated_end_at(self, info: Info) -> datetime | None:
        return (await self.campaign.outlook(info)).estimated_end_at
