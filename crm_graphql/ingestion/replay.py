"""Feeding an ingestion's kept chunks again: a debugging aid that, with unchanged data, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.records import Applied
from crm_graphql.ingestion.chunk_work import ChunkWork, apply_records
from crm_graphql.ingestion.dead_letters import send_again
from crm_graphql.ingestion.documents import ChunkState, Counters, DeadLetter, Ingestion, IngestionChunk
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transaction_limits import is_too_much, within_one_life
from crm_graphql.mongo.transactions import Transact
from crm_graphql.mongo.transient import names_data


async def replay_ingestion(
    actor: Actor, id: ObjectId, *, transact: Transact, bus: Bus, clock: Clock
) -> Counters:
    """Apply every applied chunk of the ingestion again, with the records' old versions.

    What newer records have written since stays. Returns what the replay did: with unchanged data all is
    `unchanged`; `failed` counts records that cannot be applied (dead letters). A dead letter that goes
    through disappears and moves the ingestion's own figures; else they stay. Raises NotFound, WrongState when
    nothing is kept any more, Forbidden, and transient errors.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    if await Ingestion.get_pymongo_collection().find_one({"_id": id}, {"_id": 1}) is None:
        raise NotFound("There is no such ingestion.")
    chunks = IngestionChunk.get_pymongo_collection()
    kept = {"ingestion_id": id, "state": ChunkState.APPLIED.value, "record_count": {"$gt": 0}}
    rows = chunks.find(kept, sort=[("number", 1)])
    total, count = Counters(), 0
    async for row in rows:
        count += 1
        chunk = ChunkWork.from_document(row)
        dead = await _send_dead_letters(chunk, total, transact)
        alive = [record for record in chunk.records if record.row not in dead]
        await _replay(chunk, alive, total, transact)
    if not count:
        raise WrongState("No applied chunk of this ingestion is kept any more: there is nothing to replay.")
    if total.created or total.updated:
        await tell_customers_changed(bus)
    return total


async def _send_dead_letters(chunk: ChunkWork, total: Counters, transact: Transact) -> set[int]:
    """Send the chunk's dead letters again and count into `total`; their rows, whatever became of them."""
    letters = DeadLetter.get_pymongo_collection()
    # By the index on (ingestion, row).
    found = letters.find({"ingestion_id": chunk.ingestion_id, "chunk_number": chunk.number})
    rows: set[int] = set()
    for letter in await found.to_list(None):
        rows.add(letter["row"])
        try:
            applied = await transact(partial(send_again, letter))
        except Exception as error:
            if not (names_data(error) or is_too_much(error)):
                raise
            total.failed += letter.get("record_count", 1)
            continue
        if applied is not None:
            _count(applied, total)
    return rows


def _count(applied: Applied, total: Counters) -> None:
    total.created += applied.created
    total.updated += applied.updated
    total.unchanged += applied.unchanged


async def _replay(chunk: ChunkWork, records: Sequence[Any], total: Counters, transact: Transact) -> None:
    """Apply `records` again and count into `total`; halve them down to those that cannot be applied."""
    if not records:
        return
    try:
        applied = await transact(partial(within_one_life, partial(_apply, chunk, records)))
    except Exception as error:
        if not (names_data(error) or is_too_much(error)):
            raise
        if len(records) == 1:
            total.failed += 1
            return
        middle = len(records) // 2
        await _replay(chunk, records[:middle], total, transact)
        await _replay(chunk, records[middle:], total, transact)
        return
    _count(applied, total)


async def _apply(chunk: ChunkWork, records: Sequence[Any], session: AsyncClientSession) -> Applied:
    now = await database_now()
    return await apply_records(
        chunk.kind, records, ingestion_number=chunk.ingestion_number, now=now, session=session
    )
