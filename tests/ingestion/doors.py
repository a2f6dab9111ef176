"""Sending records through the doors, and applying what was accepted, without consumer processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Actor, Role
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.tables import FileHints
from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.ingestion.documents import Counters, Ingestion
from crm_graphql.ingestion.queries import ingestion_counters
from crm_graphql.ingestion.service import ingest_records, ingest_stream
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.resources import Resources

CUSTOMERS, ORDERS = IngestionKind.CUSTOMERS, IngestionKind.ORDERS
PART_BYTES = 16 * 1024


class BodyFormat(Enum):
    """What a body is said to be written in, by its Content-Type."""

    CSV = "text/csv"
    NDJSON = "application/x-ndjson"
    JSON = "application/json"


INGESTOR = Actor(Role.INGESTOR, "shop")


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """A body that comes in these parts."""
    for part in parts:
        yield part


def cut(body: bytes) -> list[bytes]:
    """A body in parts as a server receives them."""
    return [body[at : at + PART_BYTES] for at in range(0, len(body), PART_BYTES)]


def orders_csv(count: int, customers: int = 50) -> bytes:
    """A body of so many orders, the amount of each its number."""
    rows = [f"o{n},c{n % customers},{n}.25,2024-01-0{n % 9 + 1}" for n in range(count)]
    return ("order_id,customer_id,amount,ordered_at\n" + "\n".join(rows) + "\n").encode()


async def broken_off(body: bytes, at: int) -> AsyncIterator[bytes]:
    """A body whose sender dies."""
    for part in cut(body[:at]):
        yield part
    raise ConnectionResetError("the sender died")


async def stream(
    resources: Resources,
    kind: IngestionKind,
    body: bytes | str | AsyncIterator[bytes],
    *,
    format: BodyFormat = BodyFormat.CSV,
    gzip: bool = False,
    key: str | None = None,
    actor: Actor = INGESTOR,
    request: ImportRequest = ImportRequest(),  # noqa: B008
    dry: bool = False,
    **settings: Any,
) -> Ingestion:
    """Send a body as POST /ingest does."""
    if isinstance(body, str):
        body = body.encode()
    row = await ingest_stream(
        actor,
        kind,
        pieces(*cut(body)) if isinstance(body, bytes) else body,
        upload=Upload(request, FileHints(format.value), is_dry_run=dry),
        gzip=gzip,
        idempotency_key=key,
        source=None,
        settings=resources.settings.model_copy(update=settings),
        bus=resources.bus,
        clock=resources.clock,
    )
    return _ingestion(row)


async def send(
    resources: Resources,
    kind: IngestionKind,
    records: Sequence[Mapping[str, Any]],
    *,
    key: str | None = None,
    actor: Actor = INGESTOR,
    **settings: Any,
) -> Ingestion:
    """Send records as a mutation does."""
    row = await ingest_records(
        actor,
        kind,
        records,
        idempotency_key=key,
        source=None,
        settings=resources.settings.model_copy(update=settings),
        bus=resources.bus,
        clock=resources.clock,
    )
    return _ingestion(row)


def _ingestion(row: Mapping[str, Any]) -> Ingestion:
    ingestion: Ingestion = Ingestion.model_validate(row)
    return ingestion


async def apply_pending(resources: Resources, order: Iterable[Mapping[str, Any]] | None = None) -> None:
    """Apply every pending chunk, by default in the order in which they were accepted."""
    if order is None:
        order = await resources.database.ingestion_chunks.find({"state": "PENDING"}).sort("_id").to_list(None)
    for chunk in order:
        await apply_one(resources, chunk)


async def apply_one(resources: Resources, chunk: Mapping[str, Any]) -> None:
    """Apply one chunk, as its handler does."""
    await apply_chunk(
        chunk["ingestion_id"],
        chunk["number"],
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )


async def figures(ingestion: Ingestion) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, failed."""
    assert ingestion.id is not None
    key = ObjectId(ingestion.id)
    counters: Counters = (await ingestion_counters([key]))[key]
    return counters.created, counters.updated, counters.unchanged, counters.failed


async def as_stored(ingestion: Ingestion) -> Ingestion:
    """The ingestion as the database has it now."""
    found: Ingestion | None = await Ingestion.get(ingestion.id)
    assert found is not None
    return found
