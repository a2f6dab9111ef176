"""Applying a chunk exactly once: in one transaction, or step by step when its data is at fault."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial

import pymongo
import structlog
from bson import ObjectId
from cachetools import LRUCache
from pymongo import ReturnDocument, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.ingestion.chunk_work import ChunkWork, apply_records
from crm_graphql.ingestion.completion import complete_if_done
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.ingestion.states import ChunkState, IngestionStatus
from crm_graphql.ingestion.stepwise import Stepwise
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transaction_limits import is_too_much, within_one_life
from crm_graphql.mongo.transactions import Transact
from crm_graphql.mongo.transient import names_data, reason

STARTS_ALLOWED = 2
"""So many processes may die over a chunk before it goes record by record."""
STOP_SECONDS = 1.0

_DELAYS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_REMEMBERED = 1000
_running: LRUCache[ObjectId, bool] = LRUCache(_REMEMBERED)
_log = structlog.get_logger(__name__)


async def apply_chunk(
    ingestion_id: ObjectId, number: int, *, transact: Transact, bus: Bus, clock: Clock
) -> None:
    """Apply a chunk, if it is pending; then try to complete its ingestion.

    Bears being called twice, at once or after a crash: the chunk's marker moves in the transaction that
    writes its records. Transient errors (elections, time-outs, conflicts) are waited out here without end, so
    a handler need not be called again for it; data at fault becomes dead letters.
    """
    way = _Way()
    failures = 0
    while True:
        try:
            chunk = await _read(ingestion_id, number, counts_start=way.is_first)
            if chunk is not None:
                await _apply(chunk, transact, clock, way)
            break
        except asyncio.CancelledError:
            await _take_back_start(ingestion_id, number)
            raise
        except Exception as error:
            # Errors that name the data were dealt with inside; anything else is waited out as transient.
            if failures % 10 == 1:
                _log.warning("chunk waits for the database", number=number, reason=reason(error))
            await asyncio.sleep(_DELAYS[min(failures, len(_DELAYS) - 1)])
            failures += 1
            way.is_first = False
    await _follow_up(ingestion_id, bus=bus, clock=clock)


async def _read(ingestion_id: ObjectId, number: int, *, counts_start: bool) -> ChunkWork | None:
    """The chunk as it stands; None when it is applied already, or gone.

    Each try says that the chunk is in hand: the reconciler then publishes no second message for it.
    """
    # Losing a count in a crash of the database does no harm: it need not wait for the majority.
    collection = IngestionChunk.get_pymongo_collection().with_options(write_concern=WriteConcern(1))
    pending = {"ingestion_id": ingestion_id, "number": number, "state": ChunkState.PENDING.value}
    row = await collection.find_one_and_update(
        pending,
        {"$currentDate": {"published_at": True}, "$inc": {"starts": 1 if counts_start else 0}},
        hint="number",
        return_document=ReturnDocument.AFTER,
    )
    return None if row is None else ChunkWork.from_document(row)


async def _take_back_start(ingestion_id: ObjectId, number: int) -> None:
    """An orderly stop is no death: however often somebody restarts the consumers, no record is set aside for
    it. Tried once and for a moment only, and not cut off by being cancelled again."""
    taking_back = asyncio.create_task(_write_start_back(ingestion_id, number))
    while not taking_back.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([taking_back])


async def _write_start_back(ingestion_id: ObjectId, number: int) -> None:
    collection = IngestionChunk.get_pymongo_collection().with_options(write_concern=WriteConcern(1))
    pending = {"ingestion_id": ingestion_id, "number": number, "state": ChunkState.PENDING.value}
    with contextlib.suppress(PyMongoError), pymongo.timeout(STOP_SECONDS):
        await collection.update_one(
            {**pending, "starts": {"$gt": 0}},
            {"$inc": {"starts": -1}, "$set": {"died_at": None}},
            hint="number",
        )


@dataclass(slots=True)
class _Way:
    """How far one call has come with its chunk, over its tries."""

    is_first: bool = True
    """Afterwards the same process goes on: only a start after a death may count as one."""
    is_stepwise: bool = False
    """As a whole it has failed, and would again."""


async def _apply(chunk: ChunkWork, transact: Transact, clock: Clock, way: _Way) -> None:
    alone = chunk.starts > STARTS_ALLOWED
    if not alone and chunk.next_record == 0 and not way.is_stepwise:
        try:
            await transact(partial(within_one_life, partial(_apply_whole, chunk)))
            return
        except Exception as error:
            if not (names_data(error) or is_too_much(error)):
                raise
            way.is_stepwise = True
            _log.warning("chunk goes step by step", number=chunk.number, reason=reason(error))
    await Stepwise(chunk, alone=alone, transact=transact, clock=clock).run(after_death=alone and way.is_first)


async def _apply_whole(chunk: ChunkWork, session: AsyncClientSession) -> None:
    chunks = IngestionChunk.get_pymongo_collection()
    now = await database_now()
    marked = await chunks.update_one(
        {"_id": chunk.id, "state": ChunkState.PENDING.value, "next_record": 0},
        {"$set": {"state": ChunkState.APPLIED.value, "applied_at": now}},
        session=session,
    )
    if not marked.matched_count:
        return
    applied = await apply_records(
        chunk.kind, chunk.records, ingestion_number=chunk.ingestion_number, now=now, session=session
    )
    await chunks.update_one(
        {"_id": chunk.id},
        {"$set": {f"counters.{name}": value for name, value in applied._asdict().items()}},
        session=session,
    )


async def _follow_up(ingestion_id: ObjectId, *, bus: Bus, clock: Clock) -> None:
    """What the commit leads to. An error here costs a delay: the reconciler completes what is complete."""
    try:
        if ingestion_id not in _running:
            await Ingestion.get_pymongo_collection().update_one(
                {"_id": ingestion_id, "status": IngestionStatus.ACCEPTED.value},
                {"$set": {"status": IngestionStatus.RUNNING.value}},
            )
            _running[ingestion_id] = True
        if not await complete_if_done(ingestion_id, bus=bus, clock=clock):
            await tell_progress(ingestion_id, bus)
            await tell_customers_changed(bus)
    except Exception as error:
        _log.warning("progress could not be told", reason=reason(error))
