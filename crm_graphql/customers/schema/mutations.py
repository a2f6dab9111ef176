"""Writing customers."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.actor import Permission
from crm_graphql.customers.edits import FIELDS
from crm_graphql.customers.schema.inputs import (
    CustomerCreateInput,
    CustomerDeleteInput,
    CustomersMergeInput,
    CustomersUpdateInput,
    CustomerUpdateInput,
    edit_of,
)
from crm_graphql.customers.schema.payloads import (
    CustomerCreatePayload,
    CustomerDeletePayload,
    CustomersMergePayload,
    CustomersUpdatePayload,
    CustomerUpdatePayload,
)
from crm_graphql.customers.schema.types import Customer
from crm_graphql.customers.service import create_customer, update_customer, update_customers
from crm_graphql.erasure.service import erase_customer
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Note, UserError
from crm_graphql.gql.node import global_id
from crm_graphql.gql.permission import mutation
from crm_graphql.merging.service import merge_customers


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Make a customer; ALREADY_EXISTS where the external id is taken, or was an erased customer's.",
)
async def customer_create(
    info: Info, input: Annotated[CustomerCreateInput, strawberry.argument(description="The customer.")]
) -> CustomerCreatePayload:
    resources = info.context.resources
    row = await create_customer(
        info.context.actor,
        input.external_id,
        {name: value for name in FIELDS if (value := getattr(input, name)) is not UNSET},
        suppressed_on=suppressed_on,
        transact=resources.in_transaction,
        bus=resources.bus,
        settings=resources.settings,
    )
    return CustomerCreatePayload(customer=Customer.from_document(row))


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Edit a customer. A field left out stays, null clears it. What was sent in before does not undo it, "
    "whenever it arrives; a file that comes later does.",
)
async def customer_update(
    info: Info, input: Annotated[CustomerUpdateInput, strawberry.argument(description="The edit.")]
) -> CustomerUpdatePayload:
    resources = info.context.resources
    row = await update_customer(
        info.context.actor,
        edit_of(input),
        suppressed_on=suppressed_on,
        transact=resources.in_transaction,
        bus=resources.bus,
        settings=resources.settings,
    )
    return CustomerUpdatePayload(customer=Customer.from_document(row))


@mutation(Permission.CUSTOMERS_WRITE, "Edit up to 1,000 customers at once, each with its own outcome.")
async def customers_update(
    info: Info, input: Annotated[CustomersUpdateInput, strawberry.argument(description="The edits.")]
) -> CustomersUpdatePayload:
    resources = info.context.resources
    updated = await update_customers(
        info.context.actor,
        [edit_of(update) for update in input.updates],
        suppressed_on=suppressed_on,
        transact=resources.in_transaction,
        bus=resources.bus,
        settings=resources.settings,
    )
    return CustomersUpdatePayload(
        customers=[None if row is None else Customer.from_document(row) for row in updated.rows],
        errors=[UserError.from_problem(problem) for problem in updated.problems],
    )


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Erase a customer for good: what names the person is gone, messages that wait to be sent are not sent. "
    "Orders stay, without anybody. Again, it changes nothing.",
)
async def customer_delete(
    info: Info, input: Annotated[CustomerDeleteInput, strawberry.argument(description="Who.")]
) -> CustomerDeletePayload:
    resources = info.context.resources
    key = await erase_customer(
        info.context.actor,
        input.customer.reference(field="customer"),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )
    deleted = global_id("Customer", key)
    return CustomerDeletePayload(deleted_id=deleted, note=Note(deleted))


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Make one customer of two. `from` becomes part of `into`: orders, messages, tags, groups and words are "
    "`into`'s, its values hold, what it lacks comes from the other, totals add up. Later records under "
    "either external id are `into`'s.",
)
async def customers_merge(
    info: Info, input: Annotated[CustomersMergeInput, strawberry.argument(description="Who and who.")]
) -> CustomersMergePayload:
    resources = info.context.resources
    merged = await merge_customers(
        info.context.actor,
        input.into.reference(field="into"),
        input.from_.reference(field="from"),
        transact=resources.in_transaction,
        bus=resources.bus,
    )
    customer = Customer.from_document(merged.row)
    return CustomersMergePayload(
        customer=customer, merged_id=global_id("Customer", merged.key), note=Note(customer.id)
    )
