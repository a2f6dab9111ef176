"""Makes customers with their visits, and campaigns with their outcomes, for tests of insights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.money import UNITS
from crm_graphql.customers.documents import Customer
from crm_graphql.orders.documents import Order
from tests.audiences.factories import AT, customer


async def make_people(
    count: int, *days_ago: float, city: str | None = None, spend: int = 50, created: float | None = None
) -> list[ObjectId]:
    """So many customers with an order so many days ago each time, together of so much."""
    visits = sorted(AT - timedelta(days=days) for days in days_ago)
    made = AT - timedelta(days=created) if created is not None else visits[0]
    rows = [
        customer(
            external_id=str(ObjectId()),
            name="Ann",
            city=city,
            total_spend=spend * UNITS,
            visit_count=len(visits),
            first_visit_at=visits[0] if visits else None,
            last_visit_at=visits[-1] if visits else None,
            created_at=made,
        )
        for _ in range(count)
    ]
    await Customer.get_pymongo_collection().insert_many(rows)
    orders = [
        {
            "external_id": str(ObjectId()),
            "customer_id": row["_id"],
            "amount": spend * UNITS // len(visits),
            "currency": "USD",
            "ordered_at": visit,
            "version": 1,
            "created_at": AT,
            "updated_at": AT,
        }
        for row in rows
        for visit in visits
    ]
    if orders:
        await Order.get_pymongo_collection().insert_many(orders)
    return [row["_id"] for row in rows]


async def make_campaign(
    name: str, days_ago: float | None, *, channel: str = "EMAIL", **stats: int
) -> ObjectId:
    """A campaign that was launched so long ago, with these outcomes."""
    launched = None if days_ago is None else AT - timedelta(days=days_ago)
    outcomes = {**dict.fromkeys(("queued", "sent", "delivered", "failed", "skipped"), 0), **stats}
    row: dict[str, Any] = {
        "name": name,
        "status": "COMPLETED",
        "channel": channel,
        "audience_id": ObjectId(),
        "stats": {"total": sum(outcomes.values()), **outcomes},
        "planning": {"done": True},
        "revision": 1,
        "created_at": launched or AT,
        "updated_at": AT,
        "launched_at": launched,
    }
    key: ObjectId = (await Campaign.get_pymongo_collection().insert_one(row)).inserted_id
    return key
