"""Retries of files: a key belongs to one file and one way of reading it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Conflict, NotFound
from crm_graphql.core.ids import encode_id
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportOptions, ImportRequest
from crm_graphql.imports.service import delete_mapping, save_mapping
from crm_graphql.imports.tables import FileHints
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.ingestion.service import ingest_stream
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    CUSTOMERS,
    INGESTOR,
    ORDERS,
    apply_pending,
    broken_off,
    figures,
    orders_csv,
    stream,
)

MARKETER = Actor(Role.MARKETER, "marketer")
ROWS = 10_000
PEOPLE = b"A,B,Mail\n" + b"".join(b"a%d,b%d,p%d@example.com\n" % (n, n, n) for n in range(ROWS))


def mapped(**fields: str | None) -> ImportRequest:
    """A request with a mapping of these columns."""
    return ImportRequest(tuple(fields.items()))


FIRST, SECOND = mapped(A="name", Mail="email"), mapped(B="name", Mail="email")


async def test_the_same_key_with_other_options_is_a_conflict(resources: Resources) -> None:
    first = await stream(resources, CUSTOMERS, PEOPLE, key="k", request=FIRST)
    assert (await stream(resources, CUSTOMERS, PEOPLE, key="k", request=FIRST)).id == first.id
    others = (
        SECOND,
        ImportRequest(FIRST.mapping, options=ImportOptions(country="DE")),
        ImportRequest(FIRST.mapping, preset="shopify"),
    )
    for other in others:
        with pytest.raises(Conflict, match="other options"):
            await stream(resources, CUSTOMERS, PEOPLE, key="k", request=other)


async def test_a_file_that_broke_off_is_a_conflict_with_other_options_too(resources: Resources) -> None:
    with pytest.raises(ConnectionResetError):
        await stream(
            resources, CUSTOMERS, broken_off(PEOPLE, 200_000), key="k", request=FIRST, chunk_records=50
        )
    with pytest.raises(Conflict, match="other options"):
        await stream(resources, CUSTOMERS, PEOPLE, key="k", request=SECOND, chunk_records=50)
    done = await stream(resources, CUSTOMERS, PEOPLE, key="k", request=FIRST, chunk_records=50)
    await apply_pending(resources)
    assert await figures(done) == (ROWS, 0, 0, 0)


async def test_of_two_mappings_at_once_under_one_key_one_wins(resources: Resources) -> None:
    sent = await asyncio.gather(
        *(
            stream(resources, CUSTOMERS, PEOPLE, key="k", request=request, chunk_records=50)
            for request in (FIRST, SECOND) * 3
        ),
        return_exceptions=True,
    )
    won = [one for one in sent if isinstance(one, Ingestion)]
    assert len(won) == 3
    assert all(isinstance(one, Conflict) for one in sent if not isinstance(one, Ingestion))
    await apply_pending(resources)
    assert await figures(won[0]) == (ROWS, 0, 0, 0)
    names = await resources.database.customers.distinct("name")
    assert len({name[0] for name in names}) == 1


async def test_without_a_key_both_mappings_are_taken(resources: Resources) -> None:
    for request in (FIRST, SECOND):
        await stream(resources, CUSTOMERS, PEOPLE[:40], request=request)
    assert await resources.database.ingestions.count_documents({}) == 2


async def send(
    resources: Resources, body: Any, mapping_id: str, kind: IngestionKind = CUSTOMERS
) -> Ingestion:
    """Send a body under the key k, by a kept mapping."""
    settings = resources.settings.model_copy(update={"chunk_records": 50})
    row = await ingest_stream(
        *(INGESTOR, kind, body),
        upload=Upload(hints=FileHints(), mapping_id=mapping_id),
        idempotency_key="k",
        source=None,
        settings=settings,
        bus=resources.bus,
        clock=resources.clock,
    )
    found: Ingestion = Ingestion.model_validate(row)
    return found


@pytest.mark.parametrize("meanwhile", ["changed", "deleted"])
async def test_a_retry_reads_by_the_plan_that_was_made_first(resources: Resources, meanwhile: str) -> None:
    kept: dict[str, Any] = {
        "name": "x", "kind": CUSTOMERS, "options": ImportOptions(), "clock": resources.clock
    }  # fmt: skip
    made = await save_mapping(MARKETER, None, columns=FIRST.mapping or (), **kept)
    id = encode_id("ImportMapping", made["_id"])
    with pytest.raises(ConnectionResetError):
        await send(resources, broken_off(PEOPLE, 200_000), id)
    if meanwhile == "changed":
        await save_mapping(MARKETER, made["_id"], columns=SECOND.mapping or (), **kept)
    else:
        await delete_mapping(MARKETER, made["_id"])
    done = await send(resources, broken_off_never(PEOPLE), id)
    await apply_pending(resources)
    assert await figures(done) == (ROWS, 0, 0, 0)
    assert await resources.database.customers.count_documents({"name": {"$regex": "^b"}}) == 0


async def broken_off_never(body: bytes) -> Any:
    """A body that comes whole."""
    for at in range(0, len(body), 16_384):
        yield body[at : at + 16_384]


async def test_a_mapping_that_is_not_there_is_told(resources: Resources) -> None:
    with pytest.raises(NotFound):
        await send(resources, broken_off_never(PEOPLE), encode_id("ImportMapping", "0" * 24))
    assert await resources.database.ingestions.count_documents({}) == 0


async def test_an_ingestion_of_a_former_release_goes_on(resources: Resources) -> None:
    body = orders_csv(ROWS)
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(body, 140_000), key="k", chunk_records=100)
    fields = ("plan", "request_hash", "is_dry_run", "bytes_received", "row_error_counts")
    await resources.database.ingestions.update_many({}, {"$unset": dict.fromkeys(fields, "")})
    done = await stream(resources, ORDERS, body, key="k", chunk_records=100)
    await apply_pending(resources)
    assert await figures(done) == (ROWS, 0, 0, 0)
