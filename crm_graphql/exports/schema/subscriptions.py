"""Watching an export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import NotFound
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.exports.documents import ExportStatus
from crm_graphql.exports.messages import export_topic
from crm_graphql.exports.queries import find_export
from crm_graphql.exports.schema.types import Export
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription

_ORDER = [status.value for status in ExportStatus]


def _progress(row: Row) -> tuple[Any, ...]:
    """What only grows while an export is made."""
    return _ORDER.index(row["status"]), row["rows"], row["as_of"] is not None


@subscription(
    Permission.EXPORTS_READ,
    "First the state now, then changes; ends when the export has.",
    is_personal=True,
)
async def export_progress(
    info: Info, export_id: Annotated[strawberry.ID, strawberry.argument(description="Which export.")]
) -> AsyncIterator[Export]:
    key = decode_key("Export", export_id, field="exportId")

    async def read() -> Row:
        row = await find_export(key)
        if row is None:
            raise NotFound("There is no such export.", path=("exportId",))
        return row

    await read()
    async with aclosing(info.context.live.states(export_topic(key), "export", read, _progress)) as states:
        async for row in states:
            yield Export.from_document(row)
            if row["completed_at"] is not None:
                return
