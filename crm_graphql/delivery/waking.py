"""The waker of messages that wait by themselves: it puts back to work what is due, over all campaigns."""

from __future__ import annotations

from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import HAS_WORK_FOR_SENDERS
from crm_graphql.delivery.messages import SEND_TURNS
from crm_graphql.delivery.waiting import RELEASED_AT_ONCE, Waiting, due_campaigns
from crm_graphql.mongo.leases import database_now

WAKE_SECONDS = 1.0
"""A message is taken up so late at most; a round in which nothing waits is one query of an index."""

_log = get_logger(__name__)


async def wake_due(waiting: Waiting, *, bus: Bus) -> None:
    """Put back to work what is due, and all of what was cancelled, and tell senders. Harmless at any time and
    by any number of processes at once."""
    campaigns = Campaign.get_pymongo_collection().find(
        {**HAS_WORK_FOR_SENDERS, "stats.deferred": {"$gt": 0}}, {"status": 1}, hint="launched"
    )
    statuses = {row["_id"]: row["status"] async for row in campaigns}
    if not statuses:
        return
    cancelled = [key for key, status in statuses.items() if status == CampaignStatus.CANCELLED.value]
    others = [key for key in statuses if key not in cancelled]
    for campaign_id in [*cancelled, *await due_campaigns(others, await database_now())]:
        while await waiting.release_due(campaign_id) == RELEASED_AT_ONCE:
            pass
        try:
            await SEND_TURNS.fill(campaign_id, bus=bus)
        except BusError as error:
            _log.warning(
                "senders not told, the reconciler will", campaign_id=str(campaign_id), error=str(error)
            )
