"""Ingestions as they are read, with their figures, their row errors and dead letters."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from bson import ObjectId

from crm_graphql.core.actor import Actor, Permission, Role
from crm_graphql.core.errors import NotFound
from crm_graphql.core.money import to_text
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.begin import stored_key
from crm_graphql.ingestion.documents import Counters, DeadLetter, Ingestion, IngestionChunk, RowErrorRecord
from crm_graphql.ingestion.payloads import Undecodable, decode_records
from crm_graphql.ingestion.states import ChunkState
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
ROW_ORDER = SortKey((("row", 1),))
MUCH = 5
"""So many chunks at least wait where an import is under way."""
FIGURES = ("created", "updated", "unchanged", "failed")
"""What can become of an accepted record."""
UNDECODABLE_BYTES_SHOWN = 3_000
_MONEY_FIELDS = ("amount", "total_spend")


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


async def find_by_key(actor: Actor, kind: IngestionKind, idempotency_key: str) -> Row | None:
    """The actor's own ingestion that was begun under this key, with its figures, also while its body still
    comes. A dry run and a real one may have the same key: then the one that was begun last."""
    keys = [stored_key(idempotency_key, is_dry_run=is_dry_run) for is_dry_run in (False, True)]
    row = await Ingestion.get_pymongo_collection().find_one(
        {"subject": actor.subject, "idempotency_key": {"$in": keys}, "kind": kind.value},
        sort=[("created_at", -1)],
    )
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
    ingestions: Parents, page: PageRequest, fields: frozenset[str]
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


async def ingestion_counters(ids: Sequence[ObjectId]) -> dict[ObjectId, Counters]:
    """What became of the accepted records of each ingestion in `ids` by now, one entry for each.

    Two queries for all of them, both answered by indexes or small documents.
    """
    frozen = Ingestion.get_pymongo_collection().find(
        {"_id": {"$in": list(ids)}, "counters": {"$ne": None}}, {"counters": 1}
    )
    found = {row["_id"]: Counters.model_validate(row["counters"]) async for row in frozen}
    running = [key for key in ids if key not in found]
    if running:
        chunks = IngestionChunk.get_pymongo_collection()
        cursor = await chunks.aggregate(
            [
                {"$match": {"ingestion_id": {"$in": running}}},
                {
                    "$group": {
                        "_id": "$ingestion_id",
                        **{name: {"$sum": f"$counters.{name}"} for name in FIGURES},
                    }
                },
            ],
            hint="figures",
        )
        async for row in cursor:
            found[row["_id"]] = Counters.model_validate({name: row[name] for name in FIGURES})
    return {key: found.get(key) or Counters() for key in ids}


async def has_pending_chunk(ingestion_id: ObjectId) -> bool:
    """Whether some chunk of the ingestion is not applied yet."""
    row = await IngestionChunk.get_pymongo_collection().find_one(
        {"ingestion_id": ingestion_id, "state": ChunkState.PENDING.value},
        {"_id": 0, "ingestion_id": 1},
        hint="unfinished",
    )
    return row is not None


async def with_pending_chunks() -> set[ObjectId]:
    """The ingestions that have chunks which are not applied yet: one step of the index for each."""
    # `distinct` takes no hint; a group over a sorted index skips as it does.
    cursor = await IngestionChunk.get_pymongo_collection().aggregate(
        [
            {"$match": {"state": ChunkState.PENDING.value}},
            {"$sort": {"state": 1, "ingestion_id": 1}},
            {"$group": {"_id": "$ingestion_id"}},
        ],
        hint="unfinished",
    )
    return {row["_id"] async for row in cursor}


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """A dead letter as people read it; `record` holds the fields as they were accepted."""

    id: ObjectId
    ingestion_id: ObjectId
    row: int
    kind: IngestionKind
    record: Mapping[str, Any]
    error: str
    created_at: datetime

    @classmethod
    def from_document(cls, row: Row) -> DeadLetterView:
        """The view of a raw document."""
        kind = IngestionKind(row["kind"])
        return cls(
            id=row["_id"],
            ingestion_id=row["ingestion_id"],
            row=row["row"],
            kind=kind,
            record=_readable(kind, row["record"]),
            error=row["error"],
            created_at=row["created_at"],
        )


def _readable(kind: IngestionKind, payload: bytes) -> dict[str, Any]:
    try:
        record = msgspec.structs.asdict(decode_records(kind, payload)[0])
    except Undecodable:
        return {"undecodable": base64.b64encode(payload[:UNDECODABLE_BYTES_SHOWN]).decode()}
    fields: dict[str, Any] = {**record, **record.pop("changes", {})}
    for name in ("changes", "row", "gives_quantity"):
        fields.pop(name, None)
    for name in _MONEY_FIELDS:
        if fields.get(name) is not None:
            fields[name] = to_text(fields[name])
    return fields


async def list_dead_letters(actor: Actor, page: PageRequest) -> Page[DeadLetterView]:
    """A page of the dead letters, newest first. Raises Forbidden."""
    actor.require(Permission.INGESTIONS_WRITE)
    found = await read_page(DeadLetter.get_pymongo_collection(), {}, NEWEST_FIRST, page)
    views = [DeadLetterView.from_document(row) for row in found.rows]
    return Page(views, found.has_next, found.has_previous)


async def show_dead_letter(actor: Actor, id: ObjectId) -> DeadLetterView:
    """One dead letter. Raises NotFound, Forbidden."""
    actor.require(Permission.INGESTIONS_WRITE)
    row = await DeadLetter.get_pymongo_collection().find_one({"_id": id})
    if row is None:
        raise NotFound("There is no such dead letter; it may have been sent again already.")
    return DeadLetterView.from_document(row)


async def much_is_waiting() -> bool:
    """Whether several chunks wait to be applied, from the index alone: then what can wait does."""
    waiting = {"state": ChunkState.PENDING.value}
    count = await IngestionChunk.get_pymongo_collection().count_documents(
        waiting, hint="unapplied", limit=MUCH
    )
    return count >= MUCH
