"""Reading exports."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.exports.queries import NEWEST_FIRST, count_exports, find_export, list_exports
from crm_graphql.exports.schema.types import Export
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.EXPORTS_READ, "One export; null when there is none.")
async def export(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> Export | None:
    row = await find_export(decode_key("Export", id))
    return Export.from_document(row) if row else None


@query(Permission.EXPORTS_READ, "Exports, newest first; forgotten 90 days after their files have expired.")
async def exports(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Export] | None:
    cursors = list_cursors(info, NEWEST_FIRST)
    page = await list_exports(cursors.page(first, after, last, before))
    return connection(page, cursors, Export.from_document, count_exports)
