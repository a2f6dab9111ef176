"""The lease of who writes a campaign's ledger now: in the campaign, by the database's clock."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.tasks import end_tasks, repeat
from crm_graphql.mongo.leases import until


def to_be_planned(campaign_id: ObjectId, token: str) -> dict[str, Any]:
    """The guard of every write of the planner that holds `token`."""
    return {
        "_id": campaign_id,
        "status": CampaignStatus.SENDING.value,
        "planning.done": False,
        "planning.token": token,
    }


@asynccontextmanager
async def hold_planning(
    campaign_id: ObjectId, *, lease_seconds: float
) -> AsyncIterator[tuple[str, Mapping[str, Any]] | None]:
    """The token and the campaign while the lease is held; None when there is nothing to plan or another does.

    Renewed in the background, given back at the end; after a crash it runs out by itself.
    """
    token = uuid.uuid4().hex
    campaigns = Campaign.get_pymongo_collection()
    campaign = await campaigns.find_one_and_update(
        {
            "_id": campaign_id,
            "status": CampaignStatus.SENDING.value,
            "planning.done": False,
            # Before the first planner there is none, which compares less than any moment.
            "$expr": {"$lt": ["$planning.lease_until", "$$NOW"]},
        },
        [{"$set": {"planning.token": token, "planning.lease_until": until(lease_seconds)}}],
        return_document=ReturnDocument.AFTER,
    )
    if campaign is None:
        yield None
        return
    renewal = asyncio.create_task(_renew(campaign_id, token, lease_seconds))
    try:
        yield token, campaign
    finally:
        await end_tasks([renewal])
        with contextlib.suppress(PyMongoError):
            await campaigns.update_one(
                {"_id": campaign_id, "planning.token": token},
                {"$set": {"planning.token": None, "planning.lease_until": None}},
            )


async def _renew(campaign_id: ObjectId, token: str, lease_seconds: float) -> None:
    async def step() -> None:
        await Campaign.get_pymongo_collection().update_one(
            to_be_planned(campaign_id, token),
            [{"$set": {"planning.lease_until": until(lease_seconds)}}],
        )

    await repeat(step, name="planning lease", seconds=lease_seconds / 3, at_once=False)
