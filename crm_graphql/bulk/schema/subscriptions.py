"""Watching a bulk operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from crm_graphql.bulk.messages import bulk_topic
from crm_graphql.bulk.queries import find_operation
from crm_graphql.bulk.schema.types import BulkOperation
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import NotFound
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.ingestion.schema.enums import IngestionStatus

_ORDER = [status.value for status in IngestionStatus]


def _progress(row: Row) -> tuple[Any, ...]:
    """What only grows while an operation goes on."""
    return _ORDER.index(row["status"]), row["done"] + row["failed"]


@subscription(Permission.CUSTOMERS_READ, "First the state now, then changes; ends when the operation has.")
async def bulk_operation_progress(
    info: Info, operation_id: Annotated[strawberry.ID, strawberry.argument(description="Which operation.")]
) -> AsyncIterator[BulkOperation]:
    key = decode_key("BulkOperation", operation_id, field="operationId")

    async def read() -> Row:
        row = await find_operation(key)
        if row is None:
            raise NotFound("There is no such operation.", path=("operationId",))
        return row

    await read()
    async with aclosing(info.context.live.states(bulk_topic(key), "bulk", read, _progress)) as states:
        async for row in states:
            yield BulkOperation.from_document(row)
            if row["completed_at"] is not None:
                return
