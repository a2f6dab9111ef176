"""What customers and orders must be after some records: plain Python, one record after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm_graphql.customers.records import CustomerRecord
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Database

PLAIN = ("name", "email", "city", "tags", "signed_up_at")


def expected(records: Iterable[CustomerRecord | OrderRecord]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The customers and orders by their external ids, when the records come in the order given."""
    orders: dict[str, Any] = {}
    customers: dict[str, Any] = {}
    for record in records:
        if isinstance(record, OrderRecord):
            customers.setdefault(record.customer_external_id, _keyed(record.customer_external_id))
            old = orders.get(record.external_id, {"quantity": None})
            orders[record.external_id] = {
                "customer": record.customer_external_id,
                "amount": record.amount,
                "ordered_at": record.ordered_at,
                "quantity": record.quantity if record.gives_quantity else old["quantity"],
            }
        else:
            customers.setdefault(record.external_id, _keyed(record.external_id)).update(record.changes)
    return {key: _customer(key, given, orders) for key, given in customers.items()}, orders


def _keyed(key: str) -> dict[str, Any]:
    """What a key says of its customer, until a record does."""
    return {"email": key.removeprefix("email:")} if key.startswith("email:") else {}


def _customer(key: str, given: dict[str, Any], orders: dict[str, Any]) -> dict[str, Any]:
    own = [order for order in orders.values() if order["customer"] == key]
    visits = [order["ordered_at"] for order in own if order["amount"] >= 0]
    moments = visits + [moment for moment in (given.get("last_visit_at"),) if moment]
    return {
        **{field: given.get(field) for field in PLAIN},
        "tags": given.get("tags") or [],
        "total_spend": (given.get("total_spend") or 0) + sum(order["amount"] for order in own),
        "visit_count": (given.get("visit_count") or 0) + len(visits),
        "first_visit_at": min(moments, default=None),
        "last_visit_at": max(moments, default=None),
    }


async def stored(database: Database) -> tuple[dict[str, Any], dict[str, Any]]:
    """What MongoDB holds, in the same form."""
    customers = {row["external_id"]: row async for row in database.customers.find()}
    names = {row["_id"]: key for key, row in customers.items()}
    orders = {
        row["external_id"]: {
            "customer": names[row["customer_id"]],
            "amount": row["amount"],
            "ordered_at": row["ordered_at"],
            "quantity": row["quantity"],
        }
        async for row in database.orders.find()
    }
    fields = (*PLAIN, "total_spend", "visit_count", "first_visit_at", "last_visit_at")
    return {key: {field: row[field] for field in fields} for key, row in customers.items()}, orders
