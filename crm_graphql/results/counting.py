"""Counting of results, in the transactions in which they are found out."""

from __future__ import annotations

from collections.abc import Mapping

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.results.documents import CampaignResult

LEDGER = "ledger"
"""The source of what becomes of messages."""


def result_id(campaign_id: ObjectId, variant: str | None, source: str = "") -> str:
    """Under which the counts of a campaign, or of one of its variants, are kept by a source of news."""
    return f"{campaign_id}{source and '/'}{source}:{variant or ''}"


async def count_results(
    campaign_id: ObjectId,
    variant: str | None,
    counts: Mapping[str, int],
    session: AsyncClientSession,
    *,
    source: str = "",
) -> None:
    """Add to the counts, by the names of their fields. Sources that count apart do not wait for each other's
    transactions."""
    more = {name: count for name, count in counts.items() if count}
    if more:
        await CampaignResult.get_pymongo_collection().update_one(
            {"_id": result_id(campaign_id, variant, source)},
            {"$inc": more, "$setOnInsert": {"campaign_id": campaign_id, "variant": variant}},
            upsert=True,
            session=session,
        )
