"""Outcomes of campaigns in orders: read from one document for each arm, never counted when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bson import ObjectId

from crm_graphql.attribution.documents import HELD_OUT, CampaignOrders
from crm_graphql.attribution.estimates import Estimate, Sample, is_fair, lift
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.money import from_units

Row = Mapping[str, Any]
_FIELDS = dict.fromkeys(("variants", "holdout", "variant_stats", "stats", "planning.assigned"), 1)


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """What came in of orders, for a campaign or one of its variants, and how it compares with those who were
    held out; None where it cannot be compared."""

    orders: int
    revenue: Decimal
    lift: Estimate | None
    revenue_lift: Estimate | None
    split_is_fair: bool


@dataclass(frozen=True, slots=True)
class CampaignOutcome:
    """The arms of a campaign: its document, and the sums of each arm that has any."""

    campaign: Row
    sums: Mapping[str | None, Row]

    def of(self, variant: str | None) -> OrderOutcome:
        """All of it, or one of its variants. Nothing is compared where the split is not what was set."""
        arms = self._arms() if variant is None else [variant]
        credited = [self.sums[arm] for arm in arms if arm in self.sums]
        people = self._people(variant)
        fair = self.split_is_fair
        return OrderOutcome(
            orders=sum(row["orders"] for row in credited),
            revenue=from_units(sum(row["amount"] for row in credited)),
            lift=self._compared(arms, people, "compared_orders", "order_squares") if fair else None,
            revenue_lift=self._compared(arms, people, "compared_amount", "amount_squares") if fair else None,
            split_is_fair=fair,
        )

    @property
    def split_is_fair(self) -> bool:
        """Whether people were divided as the weights and the holdout say."""
        weights = {one["key"]: one["weight"] for one in self.campaign.get("variants") or ()} or {None: 1}
        holdout = Fraction(self.campaign.get("holdout") or 0)
        whole = sum(weights.values())
        shares = [(1 - holdout) * weight / whole for weight in weights.values()]
        counts = [self._people(key) for key in weights]
        # Without a holdout the last cell is empty, as it is to be.
        return is_fair([*counts, self._held_out], [*shares, holdout])

    def _arms(self) -> list[str | None]:
        return [arm for arm in self.sums if arm != HELD_OUT]

    def _people(self, variant: str | None) -> int:
        if variant is None:
            return int(self.campaign.get("planning", {}).get("assigned", 0))
        stats: Mapping[str, int] = (self.campaign.get("variant_stats") or {}).get(variant, {})
        return stats.get("total", 0)

    @property
    def _held_out(self) -> int:
        return int(self.campaign["stats"].get("held_out", 0))

    def _compared(self, arms: Iterable[str | None], people: int, total: str, squares: str) -> Estimate | None:
        return lift(
            self._sample(arms, people, total, squares),
            self._sample([HELD_OUT], self._held_out, total, squares),
        )

    def _sample(self, arms: Iterable[str | None], people: int, total: str, squares: str) -> Sample:
        rows = [self.sums[arm] for arm in arms if arm in self.sums]
        return Sample(people, sum(row[total] for row in rows), sum(int(row[squares]) for row in rows))


async def outcomes_of(campaigns: Sequence[ObjectId]) -> Mapping[ObjectId, CampaignOutcome]:
    """What came of each of these campaigns that is there. Two queries for all of them."""
    keys = {"$in": list(campaigns)}
    sums: dict[ObjectId, dict[str | None, Row]] = {}
    async for row in CampaignOrders.get_pymongo_collection().find({"campaign_id": keys}):
        sums.setdefault(row["campaign_id"], {})[row["arm"]] = row
    found = Campaign.get_pymongo_collection().find({"_id": keys}, _FIELDS)
    return {row["_id"]: CampaignOutcome(row, sums.get(row["_id"], {})) async for row in found}
