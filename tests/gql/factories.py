"""Customers and orders written straight into the database, for tests of reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.core.texts import indexed_words
from crm_graphql.customers.derived import reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.parts import TEXT_FIELDS
from crm_graphql.orders.documents import Order

START = datetime(2024, 1, 1, tzinfo=UTC)


async def insert_customers(count: int, **fields: Any) -> list[ObjectId]:
    """So many customers, each made a minute after the one before; a callable field gets the number."""
    rows = []
    for number in range(count):
        row: dict[str, Any] = {
            "external_id": f"C{number:04d}",
            "name": f"Name {number:04d}",
            "email": f"c{number}@example.com",
            "tags": [],
            "total_spend": number * 10_000,
            "visit_count": number % 7,
            "created_at": START + timedelta(minutes=number),
            "updated_at": START,
        }
        row |= {name: value(number) if callable(value) else value for name, value in fields.items()}
        row["folded"] = {name: row[name].casefold() if row.get(name) else None for name in TEXT_FIELDS} | {
            "tags": [tag.casefold() for tag in row["tags"]],
            "name_words": indexed_words(row["name"] or ""),
        }
        row["reach"] = reach_of({"phone": None, **row})
        rows.append(row)
    return list((await Customer.get_pymongo_collection().insert_many(rows)).inserted_ids)


async def insert_orders(customers: list[ObjectId], each: int) -> None:
    """So many orders of each customer, a day apart."""
    await Order.get_pymongo_collection().insert_many(
        [
            {
                "external_id": f"{customer}-{number}",
                "customer_id": customer,
                "amount": 12_3400,
                "currency": "USD",
                "ordered_at": START + timedelta(days=number),
                "version": 1,
                "created_at": START,
                "updated_at": START,
            }
            for customer in customers
            for number in range(each)
        ]
    )
