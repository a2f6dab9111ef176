"""Reading ingestions."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.ingestion.queries import (
    NEWEST_FIRST,
    count_ingestions,
    find_by_key,
    find_ingestion,
    list_ingestions,
    visible_to,
)
from crm_graphql.ingestion.schema.enums import IngestionKind
from crm_graphql.ingestion.schema.types import Ingestion


@query(Permission.INGESTIONS_READ, "One ingestion; null when there is none that the caller may see.")
async def ingestion(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> Ingestion | None:
    row = await find_ingestion(info.context.actor, decode_key("Ingestion", id))
    return Ingestion.from_document(row) if row else None


@query(
    Permission.INGESTIONS_READ,
    "The caller's own ingestion under this key, also while its body still comes; null when there is none.",
)
async def ingestion_by_key(
    info: Info,
    kind: Annotated[IngestionKind, strawberry.argument(description="What its records are.")],
    idempotency_key: Annotated[
        str,
        strawberry.argument(
            description="The key that was sent with it. Of a dry run and a real one the last."
        ),
    ],
) -> Ingestion | None:
    row = await find_by_key(info.context.actor, kind, idempotency_key)
    return Ingestion.from_document(row) if row else None


@query(Permission.INGESTIONS_READ, "Ingestions, newest first.")
async def ingestions(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Ingestion] | None:
    actor = info.context.actor
    cursors = list_cursors(info, NEWEST_FIRST, visible_to(actor))
    page = await list_ingestions(actor, cursors.page(first, after, last, before))
    return connection(page, cursors, Ingestion.from_document, lambda: count_ingestions(actor))
