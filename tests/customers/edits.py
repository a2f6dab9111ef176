"""Edits as a marketer makes them, and what is stored of them."""

from __future__ import annotations

from typing import Any

from bson import ObjectId

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.customers.documents import Customer, CustomerChange
from crm_graphql.customers.edits import Edit
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.service import create_customer, update_customer
from crm_graphql.resources import Resources

MARKETER = Actor(Role.MARKETER, "marketer", ActorKind.USER, name="mia@example.com", user_id=ObjectId())


async def create(resources: Resources, external_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A customer, made by hand."""
    return dict(
        await create_customer(
            MARKETER,
            external_id,
            fields,
            suppressed_on=suppressed_on,
            transact=resources.in_transaction,
            bus=resources.bus,
            settings=resources.settings,
        )
    )


async def update(
    resources: Resources, external_id: str, *, expected: int | None = None, **fields: Any
) -> dict[str, Any]:
    """An edit of the customer under the external id."""
    edit = Edit(CustomerReference(external_id=external_id), fields, expected)
    return dict(
        await update_customer(
            MARKETER,
            edit,
            suppressed_on=suppressed_on,
            transact=resources.in_transaction,
            bus=resources.bus,
            settings=resources.settings,
        )
    )


async def stored(external_id: str) -> dict[str, Any]:
    """The customer's document."""
    row: dict[str, Any] | None = await Customer.get_pymongo_collection().find_one(
        {"external_id": external_id}
    )
    assert row is not None
    return row


async def history(external_id: str) -> list[tuple[str, int, dict[str, tuple[Any, Any]]]]:
    """The customer's changes, oldest first: by whom, to which revision, what from what to what."""
    key = (await stored(external_id))["_id"]
    rows = CustomerChange.get_pymongo_collection().find({"customer_id": key}).sort("_id")
    return [
        (
            row["actor"],
            row["revision"],
            {one["field"]: (one["before"], one["after"]) for one in row["changes"]},
        )
        async for row in rows
    ]
