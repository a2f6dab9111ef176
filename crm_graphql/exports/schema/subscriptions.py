"""Watching an export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.exports.documents import ExportStatus
from crm_graphql.exports.messages import export_topic
from crm_graphql.exports.queries import find_export
from crm_graphql.exports.schema.types import Export
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.watched import Watched

_ORDER = [status.value for status in ExportStatus]


def _progress(row: Row) -> tuple[Any, ...]:
    """What only grows while an export is made."""
    return _ORDER.index(row["status"]), row["rows"], row["as_of"] is not None


_WATCHED = Watched(
    view="export",
    progress=_progress,
    has_ended=lambda row: row["completed_at"] is not None,
    field="exportId",
    missing="There is no such export.",
)


@subscription(
    Permission.EXPORTS_READ,
    "First the state now, then changes; ends when the export has.",
    is_personal=True,
)
async def export_progress(
    info: Info, export_id: Annotated[strawberry.ID, strawberry.argument(description="Which export.")]
) -> AsyncIterator[Export]:
    key = decode_key("Export", export_id, field="exportId")
    rows = _WATCHED.states(info, export_topic(key), partial(find_export, key))
    async with aclosing(rows):
        async for row in rows:
            yield Export.from_document(row)
