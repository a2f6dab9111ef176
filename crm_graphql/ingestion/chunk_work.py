"""Applying records of each kind within a transaction, and the chunk that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.address_words import apply_address_words
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.apply_records import apply_suppressions, forecast_suppressions
from crm_graphql.customers.apply_records import apply_customers, forecast_customers
from crm_graphql.customers.records import Applied
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import ChunkState
from crm_graphql.ingestion.payloads import Spoilt, Undecodable, decode_chunk
from crm_graphql.orders.apply_records import apply_orders, forecast_orders
from crm_graphql.orders.documents import Order


@dataclass(frozen=True, slots=True)
class ChunkWork:
    """A chunk as its application needs it. `starts` counts this start too.

    A Spoilt among `records` stands for what cannot be decoded.
    """

    id: ObjectId
    ingestion_id: ObjectId
    ingestion_number: int
    number: int
    kind: IngestionKind
    records: Sequence[Any]
    starts: int
    next_record: int

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> ChunkWork:
        """The work in a raw chunk document."""
        kind = IngestionKind(row["kind"])
        return cls(
            id=row["_id"],
            ingestion_id=row["ingestion_id"],
            ingestion_number=row["ingestion_number"],
            number=row["number"],
            kind=kind,
            records=decode_chunk(
                kind,
                row["payload"],
                number=row["number"],
                count=row["record_count"],
                done=row["next_record"] if row["state"] == ChunkState.PENDING.value else 0,
            ),
            starts=row["starts"],
            next_record=row["next_record"],
        )


async def apply_records(
    kind: IngestionKind,
    records: Sequence[Any],
    *,
    ingestion_number: int,
    now: datetime,
    session: AsyncClientSession,
) -> Applied:
    """Apply records of one kind, in their order, in the session's transaction. Idempotent.

    Raises Undecodable when one of them is Spoilt, and what the database says.
    """
    for record in records:
        if isinstance(record, Spoilt):
            raise Undecodable(record.reason)
    if kind is IngestionKind.ORDERS:
        return await apply_orders(
            records,
            ingestion_number=ingestion_number,
            now=now,
            suppressed_on=suppressed_on,
            session=session,
        )
    if kind is IngestionKind.SUPPRESSIONS:
        return await apply_suppressions(records, session=session)
    applied = await apply_customers(
        records,
        ingestion_number=ingestion_number,
        now=now,
        orders=Order.get_pymongo_collection(),
        suppressed_on=suppressed_on,
        session=session,
    )
    await apply_address_words(records, session=session)
    return applied


async def forecast_records(
    kind: IngestionKind, records: Sequence[Any], *, ingestion_number: int, now: datetime
) -> Applied:
    """What applying the records would do as things are now. Writes nothing, and locks nothing."""
    if kind is IngestionKind.ORDERS:
        return await forecast_orders(records, ingestion_number=ingestion_number, now=now)
    if kind is IngestionKind.SUPPRESSIONS:
        return await forecast_suppressions(records)
    return await forecast_customers(records, ingestion_number=ingestion_number, now=now)
