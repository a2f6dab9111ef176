"""Payloads of the mutations that write customers."""

from __future__ import annotations

import strawberry

from crm_graphql.customers.schema.types import Customer
from crm_graphql.gql.errors import Payload


@strawberry.type(description="What became of customerCreate.")
class CustomerCreatePayload(Payload):
    customer: Customer | None = strawberry.field(default=None, description="The customer that was made.")


@strawberry.type(description="What became of customerUpdate.")
class CustomerUpdatePayload(Payload):
    customer: Customer | None = strawberry.field(default=None, description="The customer as it now stands.")


@strawberry.type(description="What became of customersUpdate.")
class CustomersUpdatePayload(Payload):
    customers: list[Customer | None] = strawberry.field(
        default_factory=list, description="In the order of `updates`: null where `errors` names it."
    )


@strawberry.type(description="What became of customersMerge.")
class CustomersMergePayload(Payload):
    customer: Customer | None = strawberry.field(default=None, description="The customer as it now stands.")
    merged_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of who became part of it; it leads to the customer from now on."
    )


@strawberry.type(description="What became of customerDelete.")
class CustomerDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The customer that is gone, also one that was gone before."
    )
