"""Merges as a marketer makes them, and what is stored after them."""

from __future__ import annotations

from typing import Any

from bson import ObjectId

from crm_graphql.core.money import to_units
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.merging.reconcile import MergeReconciler
from crm_graphql.merging.service import merge_customers
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.customers.edits import MARKETER, stored


async def merge(resources: Resources, into: str | ObjectId, other: str | ObjectId) -> dict[str, Any]:
    """The customer after `other` became part of it, both by external id or key."""
    merged = await merge_customers(
        MARKETER,
        reference(into),
        reference(other),
        transact=resources.in_transaction,
        bus=resources.bus,
    )
    return dict(merged.row)


def reference(key: str | ObjectId) -> CustomerReference:
    """A customer by external id or key."""
    return CustomerReference(external_id=key) if isinstance(key, str) else CustomerReference(key)


async def reconcile(resources: Resources) -> None:
    """One round of what follows merges."""
    await MergeReconciler(resources.in_transaction).run()


def order(key: str, customer: str, amount: str = "5", day: int = 1) -> dict[str, Any]:
    """A record of an order in January 2024."""
    return {
        "external_id": key,
        "customer_external_id": customer,
        "amount": amount,
        "ordered_at": f"2024-01-{day:02}",
    }


async def assert_totals(external_id: str, *, opening: str = "0", visits: int = 0) -> dict[str, Any]:
    """The customer, whose totals are its openings and its orders."""
    row = await stored(external_id)
    keys = [row["_id"], *(one["customer_id"] for one in row.get("former") or ())]
    orders = await Order.get_pymongo_collection().find({"customer_id": {"$in": keys}}).to_list()
    assert row["total_spend"] == to_units(opening) + sum(one["amount"] for one in orders)
    kept = [one["ordered_at"] for one in orders if one["amount"] >= 0]
    assert row["visit_count"] == visits + len(kept)
    if not visits:
        assert (row["first_visit_at"], row["last_visit_at"]) == (
            min(kept, default=None),
            max(kept, default=None),
        )
    return row
