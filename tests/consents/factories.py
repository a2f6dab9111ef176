"""Makes topics, customers that can be found by their addresses, and words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.saying import set_consent
from crm_graphql.consents.service import create_suppressions, create_topic
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import new_customer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.resources import Resources

MARKETER = Actor(Role.MARKETER, "marketer")
VIEWER = Actor(Role.VIEWER, "viewer")


async def make_topic(resources: Resources, name: str = "News", *, is_opt_out: bool = True) -> Any:
    """A topic."""
    return await create_topic(
        MARKETER, name=name, description=None, is_opt_out=is_opt_out, clock=resources.clock
    )


async def make_people(*people: dict[str, Any]) -> list[ObjectId]:
    """Customers with these fields, as ingestion stores them."""
    rows = []
    for number, fields in enumerate(people):
        row = {**new_customer(f"p{number}", datetime(2020, 1, 1, tzinfo=UTC)), **fields}
        rows.append({**row, "folded": folded_copy(row), "reach": reach_of(row)})
    await Customer.get_pymongo_collection().insert_many(rows)
    return [row["_id"] for row in rows]


async def said(
    resources: Resources, customer: ObjectId, topic: Any, status: ConsentStatus, *, source: str | None = None
) -> Any:
    """A customer's word by email, just now."""
    return await set_consent(
        MARKETER,
        CustomerReference(key=customer),
        topic["_id"],
        Channel.EMAIL,
        status,
        source,
        transact=resources.in_transaction,
    )


async def close(
    resources: Resources,
    *addresses: str,
    channel: Channel = Channel.EMAIL,
    reason: SuppressionReason = SuppressionReason.MANUAL,
) -> Any:
    """Suppress addresses."""
    return await create_suppressions(
        MARKETER,
        channel,
        addresses,
        reason,
        clock=resources.clock,
        settings=resources.settings,
    )


async def about(campaign: ObjectId, topic: Any) -> None:
    """Let a launched campaign be about the topic, as it is frozen at launch."""
    frozen = {"id": topic["_id"], "slug": topic["slug"], "is_opt_out": topic["is_opt_out"]}
    await Campaign.get_pymongo_collection().update_one(
        {"_id": campaign}, {"$set": {"topic": frozen, "topic_id": topic["_id"]}}
    )


async def person(key: ObjectId) -> dict[str, Any]:
    """The customer as it stands."""
    row: dict[str, Any] | None = await Customer.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return row
