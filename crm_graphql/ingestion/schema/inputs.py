"""Records as clients send them by mutation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.types import get_object_definition
from strawberry.types.arguments import InputContext

from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.gql.deferred import Deferred
from crm_graphql.imports.rows import Misfit

RECORD_INPUTS = frozenset({"CustomerRecordInput", "OrderRecordInput"})
"""The inputs in which a bad value is that record's row error, and nothing to the others."""


_READ_FROM_TEXT = frozenset(
    {"amount", "total_spend", "ordered_at", "last_visit_at", "signed_up_at"},
)
"""Fields whose check says more of a text than that it is none of their type."""
_READ_AS_SENT = frozenset({"consents", "custom", "metadata"})
"""Fields whose check says what is wrong with each part."""


def given(record: object) -> dict[str, Any]:
    """The fields of an input that the caller gave, null included; those left out are left out. A value that
    is none of its type is left to the check of records, which says what is wrong with it."""
    return {
        name: _for_check(name, value) if isinstance(value, Deferred) else value
        for name, value in vars(record).items()
        if value is not strawberry.UNSET
    }


def _for_check(name: str, value: Deferred) -> object:
    if name in _READ_AS_SENT or (isinstance(value.raw, str) and name in _READ_FROM_TEXT):
        return value.raw
    return Misfit(str(value))


def _record(type_: type[Any], values: Mapping[str, Any], context: InputContext) -> Any:
    """The record of what was given, whatever that is; a required field may be missing."""
    name_of = context.config.name_converter.from_field
    fields = get_object_definition(type_, strict=True).fields
    return type_(**{field.python_name: values.get(name_of(field), strawberry.UNSET) for field in fields})


@strawberry.input(description="What a customer said of a topic on a channel.")
class ConsentRecordInput:
    topic: str = strawberry.field(description="The topic's name, in any case of its letters.")
    channel: Channel = strawberry.field(description="Which way of writing it is about.")
    status: ConsentStatus = strawberry.field(description="What was said.")
    at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it was said; without it as of now, and a yes then undoes no no.",
    )


@strawberry.input(description="One customer. A field left out stays as it is, null clears it.")
class CustomerRecordInput:
    external_id: str = strawberry.field(description="The caller's own key, 1 to 200 characters.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="The name.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="The email address.")
    phone: str | None = strawberry.field(default=strawberry.UNSET, description="The phone number.")
    city: str | None = strawberry.field(default=strawberry.UNSET, description="The city.")
    country: str | None = strawberry.field(default=strawberry.UNSET, description="The country.")
    time_zone: str | None = strawberry.field(
        default=strawberry.UNSET, description="IANA name, e.g. Europe/Berlin; quiet hours go by it."
    )
    is_tracked: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False: opens and clicks are not recorded. Null is true."
    )
    tags: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Labels; replace the old."
    )
    signed_up_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When the customer signed up elsewhere."
    )
    total_spend: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Opening balance carried over from another system; orders add to it.",
    )
    visit_count: int | None = strawberry.field(
        default=strawberry.UNSET, description="Opening number of visits; orders add to it."
    )
    last_visit_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Opening latest visit; a later order moves it."
    )
    source_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="An id that this customer has in another system, e.g. shopify:7000000000001; it is added "
        "to those that are known.",
    )
    consents: list[ConsentRecordInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the customer said; kept by when it was said, whatever order records come in.",
    )
    custom: JSON | None = strawberry.field(
        name="customFields",
        default=strawberry.UNSET,
        description="Values of custom fields by their keys; the others stay, null clears one.",
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="An object of any values by their keys; the others stay, null clears one. What goes "
        "beyond 64 keys or 16 KB of a customer is left out.",
    )


@strawberry.input(description="One order. The same key again replaces it.")
class OrderRecordInput:
    external_id: str = strawberry.field(description="The caller's own key, 1 to 200 characters.")
    customer_external_id: str = strawberry.field(
        description="The customer's key; an unknown one makes the customer."
    )
    amount: Decimal = strawberry.field(
        description="Negative for a refund: lowers the total spend, is no visit."
    )
    currency: str | None = strawberry.field(
        default=strawberry.UNSET, description="ISO 4217; must be the deployment's."
    )
    quantity: int | None = strawberry.field(
        default=strawberry.UNSET, description="How many items; zero or negative as a refund has it."
    )
    ordered_at: datetime = strawberry.field(description="When it was ordered.")


for _input in (CustomerRecordInput, OrderRecordInput):
    get_object_definition(_input, strict=True).from_input = _record


@strawberry.input(description="Customers to take in.")
class CustomersIngestInput:
    records: list[CustomerRecordInput] = strawberry.field(description="The records, at most 1,000.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same records gives the same ingestion back and ingests nothing "
        "twice.",
    )
    source: str | None = strawberry.field(default=None, description="Where the records come from.")


@strawberry.input(description="Orders to take in.")
class OrdersIngestInput:
    records: list[OrderRecordInput] = strawberry.field(description="The records, at most 1,000.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same records gives the same ingestion back and ingests nothing "
        "twice.",
    )
    source: str | None = strawberry.field(default=None, description="Where the records come from.")


@strawberry.input(description="An ingestion whose kept records are to be fed again.")
class IngestionReplayInput:
    id: strawberry.ID = strawberry.field(description="Which one.")
