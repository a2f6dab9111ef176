"""Watching a bulk operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

import strawberry

from crm_graphql.bulk.messages import bulk_topic
from crm_graphql.bulk.queries import find_operation
from crm_graphql.bulk.schema.types import BulkOperation
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.watched import Watched
from crm_graphql.ingestion.schema.enums import IngestionStatus

_ORDER = [status.value for status in IngestionStatus]


def _progress(row: Row) -> tuple[Any, ...]:
    """What only grows while an operation goes on."""
    return _ORDER.index(row["status"]), row["done"] + row["failed"]


_WATCHED = Watched(
    view="bulk",
    progress=_progress,
    has_ended=lambda row: row["completed_at"] is not None,
    field="operationId",
    missing="There is no such operation.",
)


@subscription(Permission.CUSTOMERS_READ, "First the state now, then changes; ends when the operation has.")
async def bulk_operation_progress(
    info: Info, operation_id: Annotated[strawberry.ID, strawberry.argument(description="Which operation.")]
) -> AsyncIterator[BulkOperation]:
    key = decode_key("BulkOperation", operation_id, field="operationId")
    rows = _WATCHED.states(info, bulk_topic(key), partial(find_operation, key))
    async with aclosing(rows):
        async for row in rows:
            yield BulkOperation.from_document(row)
