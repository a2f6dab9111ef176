"""Applying a chunk in small steps, each with its own marker, to set aside the records at fault.

After an error in the data, or where a step was too much for one transaction, the steps halve until the
record stands alone; after deaths of processes every record goes alone. A record at fault becomes a dead
letter in the transaction that counts it as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.versions import record_version
from crm_graphql.ingestion.chunk_work import ChunkWork, apply_records
from crm_graphql.ingestion.documents import DeadLetter, IngestionChunk, RowErrorRecord
from crm_graphql.ingestion.payloads import Spoilt, payload_of
from crm_graphql.ingestion.states import ChunkState
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transaction_limits import is_too_much, within_one_life
from crm_graphql.mongo.transactions import Transact
from crm_graphql.mongo.transient import names_data, reason

DEATHS_ALLOWED = 2
"""So many processes may die at one record before it is taken for the cause."""

TRIES_ALONE = 3
"""So often a record alone may be too much for one transaction before it is taken for the cause."""

_DEADLY = "The processes that applied it were killed each time."
_log = structlog.get_logger(__name__)


class Stepwise:
    """Applies the rest of one chunk step by step. Raises only transient errors: then it begins again."""

    def __init__(self, chunk: ChunkWork, *, alone: bool, transact: Transact, clock: Clock) -> None:
        self._chunk = chunk
        self._alone = alone
        self._transact = transact
        self._clock = clock

    async def run(self, *, after_death: bool) -> None:
        """Apply what is left. Returns when the chunk is applied, by this process or another.

        `after_death` says that a process may have died at the record that is next.
        """
        index: int | None = self._chunk.next_record
        if after_death:
            index = await self._enter()
        if index is None:
            return
        end = len(self._chunk.records)
        most = 1 if self._alone else end
        size = min(most, max(1, (end - index) // 2))
        tries = 0
        while index < end:
            step = min(size, end - index)
            try:
                if not await self._transact(partial(within_one_life, partial(self._apply, index, step))):
                    return
            except Exception as error:
                if not (names_data(error) or is_too_much(error)):
                    raise
                if step > 1:
                    size = step // 2
                    # Not tried again at once: finding out that it is too much takes a transaction's life.
                    most = size if is_too_much(error) else most
                    continue
                tries += 1
                if is_too_much(error) and tries < TRIES_ALONE:
                    continue
                if not await self._bury(index, reason(error)):
                    return
            tries = 0
            index += step
            size = min(most, size * 2)

    async def _apply(self, index: int, count: int, session: AsyncClientSession) -> bool:
        """One step. False when another process has moved the marker."""
        now = await database_now()
        if not await self._advance(index, count, {}, session):
            return False
        applied = await apply_records(
            self._chunk.kind,
            self._chunk.records[index : index + count],
            ingestion_number=self._chunk.ingestion_number,
            now=now,
            session=session,
        )
        await IngestionChunk.get_pymongo_collection().update_one(
            {"_id": self._chunk.id},
            {"$inc": {f"counters.{name}": value for name, value in applied._asdict().items()}},
            session=session,
        )
        return True

    async def _advance(
        self, index: int, count: int, failed: Mapping[str, int], session: AsyncClientSession
    ) -> bool:
        """Move the marker over `count` records; behind the last one the chunk is applied."""
        end = index + count
        fields: dict[str, Any] = {"next_record": end}
        if end == len(self._chunk.records):
            fields |= {"state": ChunkState.APPLIED.value, "applied_at": self._clock.now()}
        update: dict[str, Any] = {"$set": fields}
        if failed:
            update["$inc"] = dict(failed)
        result = await IngestionChunk.get_pymongo_collection().update_one(
            {"_id": self._chunk.id, "state": ChunkState.PENDING.value, "next_record": index},
            update,
            session=session,
        )
        return bool(result.matched_count)

    async def _bury(self, index: int, error: str) -> bool:
        """Make a dead letter of the record at `index`. False when another process has moved the marker."""
        record = self._chunk.records[index]
        count = record.count if isinstance(record, Spoilt) else 1

        async def work(session: AsyncClientSession) -> bool:
            if not await self._advance(index, 1, {"counters.failed": count}, session):
                return False
            await write_dead_letter(self._chunk, record, error, self._clock, session)
            return True

        is_buried = await self._transact(work)
        if is_buried:
            _log.error(
                "record set aside as a dead letter",
                ingestion_id=str(self._chunk.ingestion_id),
                row=record.row,
                reason=error,
            )
        return is_buried

    async def _enter(self) -> int | None:
        """Begin to go record by record; the index to begin with, None when the chunk is applied.

        A record at which one process after another died is set aside without another try.
        """
        same = {"$eq": ["$died_at", "$next_record"]}
        row = await IngestionChunk.get_pymongo_collection().find_one_and_update(
            {"_id": self._chunk.id, "state": ChunkState.PENDING.value},
            [
                {
                    "$set": {
                        "deaths": {"$cond": [same, {"$add": ["$deaths", 1]}, 0]},
                        "died_at": "$next_record",
                    }
                }
            ],
            {"next_record": 1, "deaths": 1},
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            return None
        index = int(row["next_record"])
        if row["deaths"] < DEATHS_ALLOWED:
            return index
        return index + 1 if await self._bury(index, _DEADLY) else None


async def write_dead_letter(
    chunk: ChunkWork, record: Any, error: str, clock: Clock, session: AsyncClientSession
) -> None:
    """Store the dead letter and its row error; one each a record, whatever was there before."""
    key = {"ingestion_id": chunk.ingestion_id, "row": record.row}
    count = record.count if isinstance(record, Spoilt) else 1
    subject = "The record" if count == 1 else f"{count} records, all of one chunk,"
    letter = {
        "chunk_number": chunk.number,
        "kind": chunk.kind.value,
        "record": payload_of(record),
        "record_count": count,
        "version": record_version(chunk.ingestion_number, max(record.row, 0)),
        "error": error,
        "created_at": clock.now(),
    }
    row_error = {
        "external_id": record.external_id,
        "field": None,
        "value": None,
        "code": ErrorCode.INVALID.value,
        "message": f"{subject} could not be applied: {error} "
        "It is kept as a dead letter; mend the cause, then send it again with `crm dead retry`.",
    }
    for collection, fields in (
        (DeadLetter.get_pymongo_collection(), letter),
        (RowErrorRecord.get_pymongo_collection(), row_error),
    ):
        await collection.update_one(
            key, {"$set": fields, "$setOnInsert": {"_id": ObjectId()}}, upsert=True, session=session
        )
