"""Orders among the results of a campaign: what its recipients bought, against those who were held out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import strawberry
from bson import ObjectId

from crm_graphql.gql.context import Info


@strawberry.type(description="With its 95 % confidence interval.")
class Estimate:
    value: float = strawberry.field(description="The estimate itself; 0.1 is ten per cent more.")
    low: float = strawberry.field(description="The lower end of the interval.")
    high: float = strawberry.field(description="The upper end of the interval.")


@dataclass(frozen=True, slots=True)
class OrderResults:
    """What came in of orders; `lift` and `revenue_lift` are None where there is nothing to compare with."""

    orders: int = 0
    revenue: Decimal = Decimal(0)
    lift: Estimate | None = None
    revenue_lift: Estimate | None = None
    split_is_fair: bool = True


async def order_results(_info: Info, _campaign_id: ObjectId, _variant: str | None) -> OrderResults:
    """The orders of a campaign, or of one of its variants: no orders are attributed."""
    return OrderResults()
