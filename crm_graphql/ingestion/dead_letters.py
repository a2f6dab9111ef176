"""Dead letters sent again, each with its old version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.paging import Row
from crm_graphql.core.versions import ROW_LIMIT
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.records import Applied
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.chunk_work import apply_records
from crm_graphql.ingestion.documents import DeadLetter, Ingestion, IngestionChunk, RowErrorRecord
from crm_graphql.ingestion.payloads import decode_records
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transaction_limits import is_too_much
from crm_graphql.mongo.transactions import Transact
from crm_graphql.mongo.transient import names_data, reason


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a dead letter: applied when `error` is None, else it stays, for that reason."""

    id: ObjectId
    error: str | None


async def retry_dead_letters(
    actor: Actor, ids: Sequence[ObjectId] | None, *, transact: Transact, bus: Bus
) -> list[Retried]:
    """Apply dead letters again, each in its own transaction and with its old version; all when `ids` is None.

    One that goes through disappears with its row error, and its ingestion counts it as what it became. One
    that fails again stays, with the new reason. Ids that are no longer there are left out. Raises Forbidden,
    and transient errors.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    chosen: dict[str, Any] = {} if ids is None else {"_id": {"$in": list(ids)}}
    letters = DeadLetter.get_pymongo_collection()
    # Oldest first: the order in which they were accepted.
    rows = await letters.find(chosen).sort([("version", 1)]).to_list(None)
    results: list[Retried] = []
    for row in rows:
        try:
            if await transact(partial(send_again, row)) is None:
                continue
            results.append(Retried(row["_id"], None))
        except Exception as error:
            if not (names_data(error) or is_too_much(error)):
                raise
            await letters.update_one({"_id": row["_id"]}, {"$set": {"error": reason(error)}})
            results.append(Retried(row["_id"], reason(error)))
    for ingestion_id in {row["ingestion_id"] for row in rows}:
        await tell_progress(ingestion_id, bus, at_once=True)
    if any(result.error is None for result in results):
        await tell_customers_changed(bus)
    return results


async def send_again(row: Row, session: AsyncClientSession) -> Applied | None:
    """Apply the records of a dead letter within the transaction, and take it away with its row error.

    None when somebody else has sent it meanwhile. Raises Undecodable, and what the database says.
    """
    deleted = await DeadLetter.get_pymongo_collection().delete_one({"_id": row["_id"]}, session=session)
    if not deleted.deleted_count:
        return None
    kind = IngestionKind(row["kind"])
    applied = await apply_records(
        kind,
        decode_records(kind, row["record"]),
        ingestion_number=row["version"] // ROW_LIMIT,
        now=await database_now(),
        session=session,
    )
    moved = {f"counters.{name}": value for name, value in applied._asdict().items() if value}
    moved["counters.failed"] = -row.get("record_count", 1)
    await IngestionChunk.get_pymongo_collection().update_one(
        {"ingestion_id": row["ingestion_id"], "number": row["chunk_number"]},
        {"$inc": moved},
        session=session,
    )
    # Its figures are frozen once it has ended; who is about to freeze them sees that they have moved.
    ingestions = Ingestion.get_pymongo_collection()
    await ingestions.update_one({"_id": row["ingestion_id"]}, {"$inc": {"corrections": 1}}, session=session)
    await ingestions.update_one(
        {"_id": row["ingestion_id"], "counters": {"$ne": None}}, {"$inc": moved}, session=session
    )
    await RowErrorRecord.get_pymongo_collection().delete_one(
        {"ingestion_id": row["ingestion_id"], "row": row["row"]}, session=session
    )
    return applied
