"""Results of campaigns as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry
from bson import ObjectId

from crm_graphql.campaigns.schema.attributed_orders import Estimate, OrderResults, order_results
from crm_graphql.campaigns.schema.result_loaders import results_loader
from crm_graphql.gql.context import Info
from crm_graphql.results.points import Point, timeline_of
from crm_graphql.results.queries import Counts, summed


@strawberry.type(description="What came of a campaign, in people, each counted once.")
class CampaignResults:
    opens: int = strawberry.field(description="Who opened the message.")
    clicks: int = strawberry.field(description="Who followed a link in it.")
    machine_opens: int = strawberry.field(
        description="Of whose opens only machines are known: scanners, and mail clients that fetch ahead. "
        "Not in `opens`."
    )
    machine_clicks: int = strawberry.field(description="The same of clicks. Not in `clicks`.")
    unsubscribes: int = strawberry.field(description="Who said no by a link in the message.")
    complaints: int = strawberry.field(description="Who called it spam.")
    bounces: int = strawberry.field(
        description="To whom it came back, also after the vendor had it delivered."
    )
    campaign_id: strawberry.Private[ObjectId]
    variant: strawberry.Private[str | None]

    @classmethod
    def from_counts(cls, counts: Counts, campaign_id: ObjectId, variant: str | None) -> CampaignResults:
        """The projection of counts."""
        return cls(
            opens=counts.get("opens", 0),
            clicks=counts.get("clicks", 0),
            machine_opens=counts.get("machine_opens", 0),
            machine_clicks=counts.get("machine_clicks", 0),
            unsubscribes=counts.get("unsubscribes", 0),
            complaints=counts.get("complaints", 0),
            bounces=counts.get("bounces", 0),
            campaign_id=campaign_id,
            variant=variant,
        )

    @strawberry.field(description="Orders of recipients within the attribution window after delivery.")
    async def orders(self, info: Info) -> int:
        return (await self._orders(info)).orders

    @strawberry.field(description="What these orders brought, in the deployment's currency.")
    async def revenue(self, info: Info) -> Decimal:
        return (await self._orders(info)).revenue

    @strawberry.field(
        description="Orders for each recipient over orders for each held-out customer, less one. Null "
        "without a holdout."
    )
    async def lift(self, info: Info) -> Estimate | None:
        return (await self._orders(info)).lift

    @strawberry.field(description="The same of revenue.")
    async def revenue_lift(self, info: Info) -> Estimate | None:
        return (await self._orders(info)).revenue_lift

    @strawberry.field(description="The split came out as it was set. False: do not trust the comparison.")
    async def split_is_fair(self, info: Info) -> bool:
        return (await self._orders(info)).split_is_fair

    async def _orders(self, info: Info) -> OrderResults:
        return await order_results(info, self.campaign_id, self.variant)


@strawberry.type(description="A link of a campaign's message, as it stands in the template.")
class LinkStats:
    url: str = strawberry.field(description="Where it leads.")
    clicks: int = strawberry.field(description="People who followed it, each counted once.")
    machine_clicks: int = strawberry.field(
        description="People of whose clicks on it only machines are known."
    )


@strawberry.type(description="What happened to a campaign in one step of time.")
class CampaignPoint:
    at: datetime = strawberry.field(description="When the step began.")
    sent: int = strawberry.field(description="Messages that the vendor took.")
    delivered: int = strawberry.field(description="Messages that arrived.")
    failed: int = strawberry.field(
        description="Messages that failed; one that is sent again may do so again."
    )
    opens: int = strawberry.field(description="People who opened it for the first time.")
    clicks: int = strawberry.field(description="People who followed a link in it for the first time.")

    @classmethod
    def from_point(cls, point: Point) -> CampaignPoint:
        """The projection of a point."""
        return cls(at=point.at, **point.counts)


async def campaign_results(info: Info, campaign_id: ObjectId) -> CampaignResults:
    """What came of a campaign so far."""
    found = await info.context.loader(results_loader).load(campaign_id)
    return CampaignResults.from_counts(summed(found), campaign_id, None)


async def variant_results(info: Info, campaign_id: ObjectId, variant: str) -> CampaignResults:
    """What came of one of its variants so far."""
    found = await info.context.loader(results_loader).load(campaign_id)
    return CampaignResults.from_counts(found.get(variant, {}), campaign_id, variant)


async def campaign_timeline(campaign_id: ObjectId, launched_at: datetime) -> list[CampaignPoint]:
    """What happened to a campaign in each step of time since its launch."""
    return [CampaignPoint.from_point(point) for point in await timeline_of(campaign_id, launched_at)]
