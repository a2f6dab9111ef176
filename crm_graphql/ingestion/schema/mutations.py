"""Taking in customers and orders by mutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation
from crm_graphql.ingestion.replay import ask_for_replay
from crm_graphql.ingestion.schema.enums import IngestionKind
from crm_graphql.ingestion.schema.inputs import (
    CustomersIngestInput,
    IngestionReplayInput,
    OrdersIngestInput,
    given,
)
from crm_graphql.ingestion.schema.types import (
    CustomersIngestPayload,
    Ingestion,
    IngestionReplayPayload,
    OrdersIngestPayload,
)
from crm_graphql.ingestion.service import ingest_records


async def _ingest(
    info: Info,
    kind: IngestionKind,
    records: Sequence[object],
    idempotency_key: str | None,
    source: str | None,
) -> Ingestion:
    resources = info.context.resources
    row = await ingest_records(
        info.context.actor,
        kind,
        [given(record) for record in records],
        idempotency_key=idempotency_key,
        source=source,
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )
    return Ingestion.from_document(row)


@mutation(Permission.INGESTIONS_WRITE, "Take in customers. Answers once every good record is durable.")
async def customers_ingest(
    info: Info, input: Annotated[CustomersIngestInput, strawberry.argument(description="The records.")]
) -> CustomersIngestPayload:
    taken = await _ingest(info, IngestionKind.CUSTOMERS, input.records, input.idempotency_key, input.source)
    return CustomersIngestPayload(ingestion=taken)


@mutation(Permission.INGESTIONS_WRITE, "Take in orders. Answers once every good record is durable.")
async def orders_ingest(
    info: Info, input: Annotated[OrdersIngestInput, strawberry.argument(description="The records.")]
) -> OrdersIngestPayload:
    taken = await _ingest(info, IngestionKind.ORDERS, input.records, input.idempotency_key, input.source)
    return OrdersIngestPayload(ingestion=taken)


@mutation(
    Permission.INGESTIONS_WRITE,
    "Feed the kept records again, with their old versions; with unchanged data it changes nothing. Answers "
    "at once, consumers do it then. WRONG_STATE when nothing is kept any more.",
    subject="id",
)
async def ingestion_replay(
    info: Info, input: Annotated[IngestionReplayInput, strawberry.argument(description="Which ingestion.")]
) -> IngestionReplayPayload:
    key = decode_key("Ingestion", input.id)
    row = await ask_for_replay(info.context.actor, key, bus=info.context.resources.bus)
    return IngestionReplayPayload(ingestion=Ingestion.from_document(row))
