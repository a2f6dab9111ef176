"""Reading bulk operations and tags."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.bulk.queries import (
    MOST_USED_FIRST,
    NEWEST_FIRST,
    count_operations,
    count_tags,
    find_operation,
    list_operations,
    list_tags,
    tags_filter,
)
from crm_graphql.bulk.schema.types import BulkOperation, CategoryCount, TagConnection
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.customers.labels import settle_labels
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.CUSTOMERS_READ, "Every tag in use with how many customers have it, most used first.")
async def tags(
    info: Info,
    search: Annotated[
        str | None, strawberry.argument(description="The beginning of a tag; case does not count.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> TagConnection | None:
    matching = tags_filter(search)
    cursors = list_cursors(info, MOST_USED_FIRST, matching)
    asked = cursors.page(first, after, last, before)
    await settle_labels(info.context.resources.in_transaction)
    page = await list_tags(matching, asked)
    return TagConnection(
        page=page, cursors=cursors, make=CategoryCount.from_tag, count=lambda: count_tags(matching)
    )


@query(Permission.CUSTOMERS_READ, "One bulk operation; null when there is none.")
async def bulk_operation(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> BulkOperation | None:
    row = await find_operation(decode_key("BulkOperation", id))
    return BulkOperation.from_document(row) if row else None


@query(Permission.CUSTOMERS_READ, "Bulk operations, newest first.")
async def bulk_operations(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[BulkOperation] | None:
    cursors = list_cursors(info, NEWEST_FIRST)
    page = await list_operations(cursors.page(first, after, last, before))
    return connection(page, cursors, BulkOperation.from_document, count_operations)
