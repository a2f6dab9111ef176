"""Absent customers of a planner's page: erased or merged since it was read, or in the ledger already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.erased import erased_since
from crm_graphql.delivery.merging import left_out


async def absent_since(
    campaign_id: ObjectId, since: datetime, customers: Collection[ObjectId], *, session: AsyncClientSession
) -> Collection[ObjectId]:
    """Those of the customers who get no row of the campaign, as the transaction that writes the page sees it.

    Where little happened since, it reads that and nothing of the customers.
    """
    erased = await erased_since(since, customers, session=session)
    return {*erased, *await left_out(campaign_id, customers, since, session=session)}
