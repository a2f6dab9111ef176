"""Orders among the results of a campaign: what its recipients bought, against those who were held out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import strawberry
from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.attribution import estimates
from crm_graphql.attribution.queries import CampaignOutcome, outcomes_of
from crm_graphql.gql.context import Context, Info


@strawberry.type(description="With its 95 % confidence interval.")
class Estimate:
    value: float = strawberry.field(description="The estimate itself; 0.1 is ten per cent more.")
    low: float = strawberry.field(description="The lower end of the interval.")
    high: float = strawberry.field(description="The upper end of the interval.")

    @classmethod
    def from_estimate(cls, estimate: estimates.Estimate | None) -> Estimate | None:
        """The projection of an estimate."""
        return cls(value=estimate.value, low=estimate.low, high=estimate.high) if estimate else None


@dataclass(frozen=True, slots=True)
class OrderResults:
    """What came in of orders; `lift` and `revenue_lift` are None where there is nothing to compare with."""

    orders: int = 0
    revenue: Decimal = Decimal(0)
    lift: Estimate | None = None
    revenue_lift: Estimate | None = None
    split_is_fair: bool = True


def outcomes_loader(_context: Context) -> DataLoader[ObjectId, CampaignOutcome | None]:
    """What came of campaigns in orders, by their ids."""

    async def load(keys: list[ObjectId]) -> list[CampaignOutcome | None]:
        found = await outcomes_of(list(dict.fromkeys(keys)))
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=False)


async def order_results(info: Info, campaign_id: ObjectId, variant: str | None) -> OrderResults:
    """The orders of a campaign, or of one of its variants."""
    found = await info.context.loader(outcomes_loader).load(campaign_id)
    if found is None:
        return OrderResults()
    outcome = found.of(variant)
    return OrderResults(
        orders=outcome.orders,
        revenue=outcome.revenue,
        lift=Estimate.from_estimate(outcome.lift),
        revenue_lift=Estimate.from_estimate(outcome.revenue_lift),
        split_is_fair=outcome.split_is_fair,
    )
