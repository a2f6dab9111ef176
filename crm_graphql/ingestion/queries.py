"""Reading ingestions with their figures, and their row errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.ingestion.documents import Ingestion, RowErrorRecord
from crm_graphql.ingestion.service import ingestion_counters
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_child_pages, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
ROW_ORDER = SortKey((("row", 1),))


def visible_to(actor: Actor) -> dict[str, Any]:
    """The MongoDB filter for the ingestions that the actor may see: an INGESTOR only its own."""
    return {"subject": actor.subject} if actor.role is Role.INGESTOR else {}


async def with_counters(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The ingestions with `counters` filled: frozen ones as they are, running ones summed over chunks."""
    running = [row["_id"] for row in rows if row.get("counters") is None]
    sums = await ingestion_counters(running) if running else {}
    return [
        {**row, "counters": sums[row["_id"]].model_dump() if row["_id"] in sums else row.get("counters")}
        for row in rows
    ]


async def find_ingestion(actor: Actor, key: ObjectId) -> Row | None:
    """The ingestion with its figures, or None when there is none that the actor may see."""
    row = await Ingestion.get_pymongo_collection().find_one({"_id": key, **visible_to(actor)})
    return (await with_counters([row]))[0] if row else None


async def ingestions_by_ids(actor: Actor, ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The ingestions with these ids that the actor may see, with their figures, by id."""
    found = await read_by_ids(Ingestion.get_pymongo_collection(), ids)
    seen = visible_to(actor).get("subject")
    rows = [row for row in found.values() if seen is None or row["subject"] == seen]
    return {row["_id"]: row for row in await with_counters(rows)}


async def list_ingestions(actor: Actor, page: PageRequest) -> Page[Row]:
    """A page of the ingestions that the actor may see, newest first, with their figures."""
    collection = Ingestion.get_pymongo_collection()
    found = await read_page(collection, visible_to(actor), NEWEST_FIRST, page)
    return Page(await with_counters(found.rows), found.has_next, found.has_previous)


async def count_ingestions(actor: Actor) -> int | None:
    """How many ingestions the actor may see."""
    return await count_in_time(Ingestion.get_pymongo_collection(), visible_to(actor))


async def row_errors_of_ingestions(
    ingestions: Sequence[ObjectId], page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each ingestion the page of its row errors, in the order of rows, in one query."""
    return await read_child_pages(
        RowErrorRecord.get_pymongo_collection(),
        "ingestion_id",
        ingestions,
        ROW_ORDER,
        page,
        dict.fromkeys(fields, 1),
    )


async def count_row_errors(ingestion_id: ObjectId) -> int | None:
    """How many row errors are kept of the ingestion."""
    return await count_in_time(RowErrorRecord.get_pymongo_collection(), {"ingestion_id": ingestion_id})
