"""Applying records of either kind within a transaction, and the chunk that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.apply_records import apply_customers
from crm_graphql.customers.records import Applied
from crm_graphql.ingestion.chunks import decode_records
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.orders.apply_records import apply_orders
from crm_graphql.orders.documents import Order


@dataclass(frozen=True, slots=True)
class ChunkWork:
    """A chunk as its application needs it. `starts` counts this start too."""

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
            records=decode_records(kind, row["payload"]),
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
    """Apply records of one kind, in their order, in the session's transaction. Idempotent."""
    if kind is IngestionKind.ORDERS:
        return await apply_orders(records, ingestion_number=ingestion_number, now=now, session=session)
    return await apply_customers(
        records,
        ingestion_number=ingestion_number,
        now=now,
        orders=Order.get_pymongo_collection(),
        session=session,
    )
