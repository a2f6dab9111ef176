"""Results as they are read: the counts of many campaigns in one query, each by its variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bson import ObjectId

from crm_graphql.results.documents import COUNTS, CampaignResult

Counts = Mapping[str, int]
ByVariant = Mapping[str | None, Counts]
"""The counts of a campaign by its variants' keys; under None those of people who had none."""


async def results_of(campaigns: Sequence[ObjectId]) -> Mapping[ObjectId, ByVariant]:
    """For each campaign of which something came what that is."""
    rows = CampaignResult.get_pymongo_collection().find({"campaign_id": {"$in": list(campaigns)}})
    found: dict[ObjectId, dict[str | None, Counter[str]]] = {}
    async for row in rows:
        counts = found.setdefault(row["campaign_id"], {}).setdefault(row.get("variant"), Counter())
        for name in COUNTS:
            counts[name] += row.get(name) or 0
    return found


def summed(results: ByVariant) -> Counts:
    """The counts of all variants together."""
    total: Counter[str] = Counter()
    for counts in results.values():
        for name, count in counts.items():
            total[name] += count
    return total
