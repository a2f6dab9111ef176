"""The moment at which customers last changed, for those who watch lists of them."""

from __future__ import annotations

from datetime import datetime

from crm_graphql.bus.port import Bus, Event
from crm_graphql.customers.documents import CustomersMoment

CUSTOMERS_TOPIC = "customers.changed"
"""The live topic of all customers: their records or totals have changed."""
_ALL = "customers"


async def tell_customers_changed(bus: Bus) -> None:
    """Note that customers have changed, after the commit, and tell those who watch."""
    await CustomersMoment.get_pymongo_collection().update_one(
        {"_id": _ALL}, [{"$set": {"at": "$$NOW"}}], upsert=True
    )
    await bus.broadcast(Event(topic=CUSTOMERS_TOPIC))


async def last_customers_change() -> datetime | None:
    """When customers last changed; None before the first time."""
    row = await CustomersMoment.get_pymongo_collection().find_one({"_id": _ALL})
    return row["at"] if row else None
