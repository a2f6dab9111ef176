"""Feeding an ingestion's kept chunks again: a debugging aid that, with unchanged data, changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import NotFound, Unavailable, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.records import Applied
from crm_graphql.ingestion.chunk_work import ChunkWork, apply_records
from crm_graphql.ingestion.dead_letters import send_again
from crm_graphql.ingestion.documents import Counters, DeadLetter, Ingestion, IngestionChunk
from crm_graphql.ingestion.messages import REPLAY_QUEUE, ReplayAsked
from crm_graphql.ingestion.queries import find_ingestion
from crm_graphql.ingestion.states import ChunkState
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transaction_limits import is_too_much, within_one_life
from crm_graphql.mongo.transactions import Transact
from crm_graphql.mongo.transient import names_data

TURN_SECONDS = 20.0
"""A message's share of a replay."""


async def replay_ingestion(actor: Actor, id: ObjectId, *, transact: Transact, bus: Bus) -> Counters:
    """Apply every applied chunk of the ingestion again, with the records' old versions.

    What newer records have written since stays. Returns what the replay did: with unchanged data all is
    `unchanged`; `failed` counts records that cannot be applied (dead letters). A dead letter that goes
    through disappears and moves the ingestion's own figures; else they stay. Raises NotFound, WrongState when
    nothing is kept any more, Forbidden, and transient errors.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    if await Ingestion.get_pymongo_collection().find_one({"_id": id}, {"_id": 1}) is None:
        raise NotFound("There is no such ingestion.")
    total = Counters()
    if await _replay_from(id, 0, total, transact) is None:
        raise _nothing_kept()
    await _tell(total, bus)
    return total


async def ask_for_replay(actor: Actor, id: ObjectId, *, bus: Bus) -> Row:
    """Have the consumers replay the ingestion, and return it as it stands: a large one takes them minutes.

    Raises NotFound, also for one that the actor may not see, WrongState when nothing is kept any more,
    Forbidden, and Unavailable while the bus is away.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    row = await find_ingestion(actor, id)
    if row is None:
        raise NotFound("There is no such ingestion.", path=("id",))
    if await IngestionChunk.get_pymongo_collection().find_one(_kept(id, 0), {"_id": 1}) is None:
        raise _nothing_kept()
    try:
        await _publish(id, 0, bus)
    except BusError as error:
        raise Unavailable(f"The message bus is away, so nobody can be asked: {error}") from None
    return row


async def replay_turn(id: ObjectId, first: int, *, transact: Transact, bus: Bus) -> Counters:
    """Replay some seconds' worth of the ingestion's chunks from number `first` on, and publish the next turn
    if there are more: no message is in hand for long. Twice does no harm."""
    total = Counters()
    last = await _replay_from(id, first, total, transact, seconds=TURN_SECONDS)
    await _tell(total, bus)
    if last is not None and await IngestionChunk.get_pymongo_collection().find_one(
        _kept(id, last + 1), {"_id": 1}
    ):
        await _publish(id, last + 1, bus)
    return total


async def _publish(id: ObjectId, first: int, bus: Bus) -> None:
    await bus.declare([REPLAY_QUEUE])
    await bus.publish(REPLAY_QUEUE, ReplayAsked(ingestion_id=str(id), first=first))


async def _tell(total: Counters, bus: Bus) -> None:
    if total.created or total.updated:
        await tell_customers_changed(bus)


async def _replay_from(
    id: ObjectId, first: int, total: Counters, transact: Transact, *, seconds: float = float("inf")
) -> int | None:
    """Replay the kept chunks from number `first` on, for so long, and count into `total`. The number of the
    last one; None when there was none."""
    until = time.monotonic() + seconds
    last: int | None = None
    async for row in IngestionChunk.get_pymongo_collection().find(_kept(id, first), sort=[("number", 1)]):
        chunk = ChunkWork.from_document(row)
        dead = await _send_dead_letters(chunk, total, transact)
        alive = [record for record in chunk.records if record.row not in dead]
        await _replay(chunk, alive, total, transact)
        last = chunk.number
        if time.monotonic() >= until:
            break
    return last


def _kept(id: ObjectId, first: int) -> dict[str, Any]:
    return {
        "ingestion_id": id,
        "number": {"$gte": first},
        "state": ChunkState.APPLIED.value,
        "record_count": {"$gt": 0},
    }


def _nothing_kept() -> WrongState:
    return WrongState("No applied chunk of this ingestion is kept any more: there is nothing to replay.")


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
