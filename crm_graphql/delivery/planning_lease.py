"""The lease of who writes a campaign's ledger now: in the campaign, by the database's clock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.mongo.document_leases import hold_document


def to_be_planned(campaign_id: ObjectId, token: str) -> dict[str, Any]:
    """The guard of every write of the planner that holds `token`."""
    return {**_unplanned(campaign_id), "planning.token": token}


def hold_planning(
    campaign_id: ObjectId, *, lease_seconds: float
) -> AbstractAsyncContextManager[tuple[str, Mapping[str, Any]] | None]:
    """The token and the campaign while the lease is held; None with nothing to plan, or when another does."""
    return hold_document(
        Campaign.get_pymongo_collection(),
        _unplanned(campaign_id),
        place="planning",
        lease_seconds=lease_seconds,
    )


def _unplanned(campaign_id: ObjectId) -> dict[str, Any]:
    return {"_id": campaign_id, "status": CampaignStatus.SENDING.value, "planning.done": False}
