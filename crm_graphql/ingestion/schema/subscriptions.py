"""Watching an ingestion."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.watched import Watched
from crm_graphql.ingestion.messages import ingestion_topic
from crm_graphql.ingestion.queries import find_ingestion
from crm_graphql.ingestion.schema.enums import IngestionStatus
from crm_graphql.ingestion.schema.types import Ingestion

_ORDER = [status.value for status in IngestionStatus]
_ENDED = {IngestionStatus.COMPLETED.value, IngestionStatus.FAILED.value}


def _progress(row: Row) -> tuple[Any, ...]:
    """What only grows while an ingestion goes on."""
    return _ORDER.index(row["status"]), row["received"], sum((row["counters"] or {}).values())


_WATCHED = Watched(
    view="ingestion",
    progress=_progress,
    has_ended=lambda row: row["status"] in _ENDED,
    field="ingestionId",
    missing="There is no such ingestion.",
)


@subscription(Permission.INGESTIONS_READ, "First the state now, then changes; ends when the ingestion has.")
async def ingestion_progress(
    info: Info, ingestion_id: Annotated[strawberry.ID, strawberry.argument(description="Which ingestion.")]
) -> AsyncIterator[Ingestion]:
    key = decode_key("Ingestion", ingestion_id, field="ingestionId")
    rows = _WATCHED.states(info, ingestion_topic(key), partial(find_ingestion, info.context.actor, key))
    async with aclosing(rows):
        async for row in rows:
            yield Ingestion.from_document(row)
