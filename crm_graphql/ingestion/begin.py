"""The beginning and the end of an ingestion: its idempotency key, its seal, its failure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, Faults, InvalidInput
from crm_graphql.core.settings import Settings
from crm_graphql.core.versions import NUMBERS
from crm_graphql.ingestion.chunks import CHUNK_BYTES, groups_of
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk, IngestionKind, IngestionStatus
from crm_graphql.mongo.leases import database_now, next_number

KEY_CHARACTERS = 200
SOURCE_CHARACTERS = 200

_CONFLICT = (
    "This idempotency key was used before with other content. Send the same content, or use another key."
)


def other_content(begun: Ingestion | None = None) -> Conflict:
    """The refusal of a body whose key belongs to another one, that of `begun` if it is known."""
    return Conflict(_CONFLICT, path=("idempotencyKey",), subject=begun)


_IS_FAILED = {"$eq": ["$status", IngestionStatus.FAILED.value]}
_ALIVE_AGAIN: dict[str, Any] = {
    "status": {"$cond": [_IS_FAILED, IngestionStatus.ACCEPTED.value, "$status"]},
    "failure_reason": {"$cond": [_IS_FAILED, None, "$failure_reason"]},
    "counters": {"$cond": [_IS_FAILED, None, "$counters"]},
    "completed_at": {"$cond": [_IS_FAILED, None, "$completed_at"]},
}
"""What an update pipeline sets where somebody goes on with a body that was given up."""


def check_labels(idempotency_key: str | None, source: str | None) -> None:
    """Raise InvalidInput for a key or source that cannot be kept, or for both."""
    faults = Faults()
    for name, value, limit in (
        ("idempotencyKey", idempotency_key, KEY_CHARACTERS),
        ("source", source, SOURCE_CHARACTERS),
    ):
        with faults.noted():
            if value is not None and (not value.strip() or len(value) > limit or not value.isprintable()):
                raise InvalidInput(
                    f"{name} must be 1 to {limit} printable characters; leave it out if there is none.",
                    path=(name,),
                )
    faults.check()


def _document(row: Mapping[str, Any]) -> Ingestion:
    found: Ingestion = Ingestion.model_validate(row)
    return found


async def find_begun(actor: Actor, kind: IngestionKind, idempotency_key: str | None) -> Ingestion | None:
    """What was begun with this key. Raises Conflict when that is of another kind."""
    if idempotency_key is None:
        return None
    row = await Ingestion.get_pymongo_collection().find_one(
        {"subject": actor.subject, "idempotency_key": idempotency_key}
    )
    if row is None:
        return None
    if row["kind"] != kind.value:
        raise other_content()
    return _document(row)


async def begin_ingestion(
    actor: Actor,
    kind: IngestionKind,
    *,
    idempotency_key: str | None,
    source: str | None,
    settings: Settings,
    clock: Clock,
) -> Ingestion:
    """Begin an ingestion, or take up the one that was begun with this key and is not sealed.

    Two requests with one key at once get the same ingestion; it may come back sealed.
    """
    begun = await find_begun(actor, kind, idempotency_key)
    if begun is not None:
        return begun if begun.sealed else await _take_up(begun)
    row = await _new_row(actor, kind, idempotency_key, source, settings, await database_now())
    try:
        await Ingestion.get_pymongo_collection().insert_one(row)
    except DuplicateKeyError:
        begun = await find_begun(actor, kind, idempotency_key)
        assert begun is not None, "the key is taken by an ingestion of this subject"
        return begun
    return _document(row)


async def _new_row(
    actor: Actor,
    kind: IngestionKind,
    idempotency_key: str | None,
    source: str | None,
    settings: Settings,
    now: datetime,
) -> dict[str, Any]:
    return {
        "_id": ObjectId(),
        "number": await next_number(NUMBERS),
        "kind": kind.value,
        "status": IngestionStatus.ACCEPTED.value,
        "failure_reason": None,
        "source": source,
        "subject": actor.subject,
        "idempotency_key": idempotency_key,
        "partitions": settings.partitions,
        "groups": groups_of(settings.partitions),
        "chunk_records": settings.chunk_records,
        "chunk_bytes": CHUNK_BYTES,
        "sealed": False,
        "body_hash": None,
        "chunk_count": 0,
        "received": 0,
        "rejected": 0,
        "incomplete": 0,
        "counters": None,
        "corrections": 0,
        "created_at": now,
        "touched_at": now,
        "completed_at": None,
    }


async def _take_up(begun: Ingestion) -> Ingestion:
    """An ingestion that was never sealed goes on, also a failed one, when its body is sent again; it has been
    touched, so that nobody takes it for an abandoned one."""
    await Ingestion.get_pymongo_collection().update_one(
        {"_id": begun.id, "sealed": False}, [{"$set": {**_ALIVE_AGAIN, "touched_at": "$$NOW"}}]
    )
    return begun


def same_content(begun: Ingestion, body_hash: str) -> Ingestion:
    """`begun`, which is sealed, if it was sealed over the same content. Raises Conflict otherwise."""
    if begun.body_hash != body_hash:
        raise other_content(begun)
    return begun


async def seal_ingestion(
    ingestion_id: ObjectId, *, figures: Mapping[str, int], body_hash: str, clock: Clock
) -> Ingestion:
    """Say that the whole body is stored, also of an ingestion that was given up while its body was slow.

    `figures` are its `received`, `rejected`, `incomplete` and `chunk_count`.

    Raises Conflict when another body was sealed under the same ingestion.
    """
    collection = Ingestion.get_pymongo_collection()
    row = await collection.find_one_and_update(
        {"_id": ingestion_id, "sealed": False},
        [
            {
                "$set": {
                    **_ALIVE_AGAIN,
                    "sealed": True,
                    "body_hash": body_hash,
                    **figures,
                    "touched_at": "$$NOW",
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
    )
    if row is not None:
        return _document(row)
    row = await collection.find_one({"_id": ingestion_id})
    assert row is not None, "ingestions are not deleted"
    return same_content(_document(row), body_hash)


async def fail_ingestion(
    ingestion_id: ObjectId, reason: str, clock: Clock, *, untouched_since: datetime | None = None
) -> bool:
    """Mark an ingestion FAILED that was never sealed; what it stored goes on being applied. False when it
    was sealed, has ended, or was touched after `untouched_since`."""
    chunks = IngestionChunk.get_pymongo_collection()
    # The place behind the last chunk may be taken already.
    is_chunk = {"$cond": [{"$gt": ["$record_count", 0]}, 1, 0]}
    cursor = await chunks.aggregate(
        [
            {"$match": {"ingestion_id": ingestion_id}},
            {"$group": {"_id": None, "records": {"$sum": "$record_count"}, "chunks": {"$sum": is_chunk}}},
        ],
        hint="figures",
    )
    stored = await cursor.to_list(1)
    records, count = (stored[0]["records"], stored[0]["chunks"]) if stored else (0, 0)
    result = await Ingestion.get_pymongo_collection().update_one(
        {
            "_id": ingestion_id,
            "sealed": False,
            "status": {"$in": [IngestionStatus.ACCEPTED.value, IngestionStatus.RUNNING.value]},
            **({} if untouched_since is None else {"touched_at": {"$lt": untouched_since}}),
        },
        [
            {
                "$set": {
                    "status": IngestionStatus.FAILED.value,
                    "failure_reason": reason,
                    "received": {"$add": ["$rejected", records]},
                    "chunk_count": count,
                    "completed_at": clock.now(),
                }
            }
        ],
    )
    return bool(result.modified_count)
