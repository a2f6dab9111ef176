"""Tagging customers, renaming and deleting tags, ending what is under way."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.bulk.schema.inputs import (
    BulkOperationCancelInput,
    CustomersTagInput,
    TagDeleteInput,
    TagRenameInput,
)
from crm_graphql.bulk.schema.types import (
    BulkOperation,
    BulkOperationCancelPayload,
    CustomersTagPayload,
    TagDeletePayload,
    TagRenamePayload,
)
from crm_graphql.bulk.schema.workers import worker_of
from crm_graphql.bulk.service import cancel_operation, delete_tag, rename_tag, tag_customers
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Add tags to customers and take tags away: those that are named at once, others in the background. By a "
    "rule or audience needs AUDIENCES_READ too.",
)
async def customers_tag(
    info: Info, input: Annotated[CustomersTagInput, strawberry.argument(description="Whose, and which.")]
) -> CustomersTagPayload:
    row = await tag_customers(
        info.context.actor,
        input.target.target(),
        add=input.add or (),
        remove=input.remove or (),
        worker=worker_of(info),
        settings=info.context.resources.settings,
    )
    return CustomersTagPayload(operation=BulkOperation.from_document(row))


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Give a tag another name everywhere, in the background. Whoever has both keeps one.",
)
async def tag_rename(
    info: Info, input: Annotated[TagRenameInput, strawberry.argument(description="The two names.")]
) -> TagRenamePayload:
    row = await rename_tag(info.context.actor, input.tag, input.to, worker=worker_of(info))
    return TagRenamePayload(operation=BulkOperation.from_document(row))


@mutation(Permission.CUSTOMERS_WRITE, "Take a tag away from everybody, in the background.")
async def tag_delete(
    info: Info, input: Annotated[TagDeleteInput, strawberry.argument(description="Which tag.")]
) -> TagDeletePayload:
    row = await delete_tag(info.context.actor, input.tag, worker=worker_of(info))
    return TagDeletePayload(operation=BulkOperation.from_document(row))


@mutation(
    Permission.CUSTOMERS_WRITE,
    "End an operation within a page of customers: it is FAILED then, and what was done stays.",
    subject="id",
)
async def bulk_operation_cancel(
    info: Info,
    input: Annotated[BulkOperationCancelInput, strawberry.argument(description="Which operation.")],
) -> BulkOperationCancelPayload:
    key = decode_key("BulkOperation", input.id)
    row = await cancel_operation(info.context.actor, key, worker=worker_of(info))
    return BulkOperationCancelPayload(operation=BulkOperation.from_document(row))
