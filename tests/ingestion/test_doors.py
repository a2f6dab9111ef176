"""The doors: what is accepted is durable, what is bad is told row by row, a retry never doubles anything."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bus.port import BusError, Message
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Conflict, DomainError, Forbidden, InvalidInput, LimitExceeded, Unavailable
from crm_graphql.ingestion.documents import IngestionStatus
from crm_graphql.ingestion.queries import find_ingestion
from crm_graphql.ingestion.reconcile import fail_abandoned, publish_forgotten
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    CUSTOMERS,
    ORDERS,
    BodyFormat,
    apply_pending,
    as_stored,
    broken_off,
    figures,
    orders_csv,
    pieces,
    send,
    stream,
)

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def order(number: int, customer: int = 1, **fields: Any) -> dict[str, Any]:
    """A record as a mutation sends it."""
    return {
        "external_id": f"o{number}",
        "customer_external_id": f"c{customer}",
        "amount": Decimal("1.50"),
        "ordered_at": DAY,
        **fields,
    }


async def spend(resources: Resources) -> int:
    """The total of all customers, in ten-thousandths."""
    return sum([row["total_spend"] async for row in resources.database.customers.find()])


async def row_errors(resources: Resources) -> list[dict[str, Any]]:
    """All row errors in their order."""
    return await resources.database.row_errors.find({}, {"_id": 0, "ingestion_id": 0}).sort("row").to_list()


async def test_records_of_a_mutation_are_accepted_with_their_row_errors(resources: Resources) -> None:
    ingestion = await send(
        resources, ORDERS, [order(1), order(2, amount=Decimal("1.00001")), order(3, currency="EUR")]
    )
    assert (ingestion.status, ingestion.received, ingestion.rejected) == (IngestionStatus.ACCEPTED, 3, 2)
    await apply_pending(resources)
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert done.completed_at is not None
    assert await figures(done) == (1, 0, 0, 0)
    first, second = await row_errors(resources)
    assert first == {
        "row": 1,
        "external_id": "o2",
        "field": "amount",
        "value": "1.00001",
        "code": "INVALID",
        "message": "amount has more than 4 decimals. Send plain digits with at most 4 decimals, below 10^12.",
    }
    assert (second["row"], second["field"], second["value"]) == (2, "currency", "EUR")


async def test_more_than_a_thousand_records_of_a_mutation_are_refused(resources: Resources) -> None:
    with pytest.raises(LimitExceeded) as caught:
        await send(resources, ORDERS, [order(n) for n in range(1001)])
    assert caught.value.problems[0].path == ("records",)
    assert await resources.database.ingestions.count_documents({}) == 0


@pytest.mark.parametrize("rows", [[], [order(1, amount=Decimal("0.00001"))]])
async def test_nothing_to_apply_completes_at_once(resources: Resources, rows: list[Any]) -> None:
    ingestion = await send(resources, ORDERS, rows)
    assert ingestion.status is IngestionStatus.COMPLETED


async def test_rights(resources: Resources) -> None:
    with pytest.raises(Forbidden):
        await send(resources, ORDERS, [order(1)], actor=Actor(Role.VIEWER, "v"))
    ingestion = await send(resources, ORDERS, [order(1)])
    key = ObjectId(ingestion.id)
    assert await find_ingestion(Actor(Role.VIEWER, "v"), key) is not None
    assert await find_ingestion(Actor(Role.INGESTOR, "other shop"), key) is None


@pytest.mark.parametrize("key", ["", " ", "a\nb", "x" * 201])
async def test_a_bad_idempotency_key_is_refused(resources: Resources, key: str) -> None:
    with pytest.raises(InvalidInput, match="idempotencyKey"):
        await send(resources, ORDERS, [order(1)], key=key)


@pytest.mark.parametrize("form", ["plain", "gzip", "two gzip members"])
async def test_a_stream_is_cut_into_chunks_and_applied(resources: Resources, form: str) -> None:
    body = orders_csv(500)
    packed = {
        "plain": body,
        "gzip": gzip.compress(body),
        "two gzip members": gzip.compress(body[:99]) + gzip.compress(body[99:]) + b"\0" * 10,
    }[form]
    parts = [packed[at : at + 1000] for at in range(0, len(packed), 1000)]
    ingestion = await stream(resources, ORDERS, pieces(*parts), chunk_records=20)
    assert (ingestion.received, ingestion.rejected, ingestion.sealed) == (500, 0, True)
    chunks = await resources.database.ingestion_chunks.find().to_list()
    assert sum(chunk["record_count"] for chunk in chunks) == 500
    assert len(chunks) == ingestion.chunk_count >= 25
    await apply_pending(resources)
    assert await spend(resources) == sum(n * 10_000 + 2500 for n in range(500))


async def test_the_same_key_and_content_gives_the_same_ingestion(resources: Resources) -> None:
    first = await stream(resources, ORDERS, orders_csv(30), key="k")
    packed = await stream(resources, ORDERS, gzip.compress(orders_csv(30)), key="k")
    assert packed.id == first.id
    with pytest.raises(Conflict):
        await stream(resources, ORDERS, orders_csv(31), key="k")
    with pytest.raises(Conflict):
        await stream(resources, CUSTOMERS, b"customer_id\n1\n", key="k")
    other = await stream(resources, ORDERS, orders_csv(31), key="k", actor=Actor(Role.ADMIN, "another"))
    assert other.id != first.id
    mutation = await send(resources, ORDERS, [order(1)], key="m")
    assert (await send(resources, ORDERS, [order(1)], key="m")).id == mutation.id
    with pytest.raises(Conflict):
        await send(resources, ORDERS, [order(1, amount=Decimal(2))], key="m")


@pytest.mark.parametrize("at", [10, 70_000, 140_000])
async def test_a_body_that_broke_off_is_sent_again_under_its_key(resources: Resources, at: int) -> None:
    body = orders_csv(10_000) + b"bad,row\n"
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await stream(resources, ORDERS, broken_off(body, at), key="k", chunk_records=100)
        await apply_pending(resources)
    ingestion = await stream(resources, ORDERS, body, key="k", chunk_records=100)
    await apply_pending(resources)
    assert (ingestion.received, ingestion.rejected) == (10_001, 1)
    assert await resources.database.ingestions.count_documents({}) == 1
    assert await figures(ingestion) == (10_000, 0, 0, 0)
    assert await spend(resources) == sum(n * 10_000 + 2500 for n in range(10_000))
    assert len(await row_errors(resources)) == 1


async def test_other_content_under_the_key_of_a_broken_body_is_a_conflict(resources: Resources) -> None:
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(orders_csv(10_000), 140_000), key="k", chunk_records=50)
    assert await resources.database.ingestion_chunks.count_documents({}) > 0
    with pytest.raises(Conflict):
        await stream(resources, ORDERS, orders_csv(9_000, customers=49), key="k", chunk_records=50)


async def test_one_key_sent_ten_times_at_once_is_one_ingestion(resources: Resources) -> None:
    body = orders_csv(2000)
    many = await asyncio.gather(
        *(stream(resources, ORDERS, body, key="k", chunk_records=50) for _ in range(10))
    )
    assert len({ingestion.id for ingestion in many}) == 1
    await apply_pending(resources)
    assert await figures(many[0]) == (2000, 0, 0, 0)


async def test_an_abandoned_body_fails_and_goes_on_when_sent_again(
    resources: Resources,
) -> None:
    body = orders_csv(10_000)
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(body, 140_000), key="k", chunk_records=100)
    await apply_pending(resources)
    await fail_abandoned(resources.bus, resources.clock, timedelta(seconds=-1))
    (row,) = await resources.database.ingestions.find().to_list()
    applied = await resources.database.orders.count_documents({})
    assert row["status"] == "FAILED"
    assert "never ended" in row["failure_reason"]
    assert row["received"] == applied > 0
    ingestion = await stream(resources, ORDERS, body, key="k", chunk_records=100)
    await apply_pending(resources)
    done = await as_stored(ingestion)
    assert (done.status, done.failure_reason) == (IngestionStatus.COMPLETED, None)
    assert await figures(done) == (10_000, 0, 0, 0)


@pytest.mark.parametrize(
    ("body", "format", "message"),
    [
        (b"", BodyFormat.CSV, "empty"),
        (b"", BodyFormat.NDJSON, "empty"),
        (b"a,b\n1,2\n", BodyFormat.CSV, "no column order_id, customer_id, amount, ordered_at"),
        (b"{}", BodyFormat.JSON, "no array of objects"),
        (b"order_id," + b"c," * 5_000_000, BodyFormat.CSV, "longer than"),
        (gzip.compress(orders_csv(9), mtime=0)[:-9], BodyFormat.CSV, "ends too early"),
        (gzip.compress(orders_csv(9), mtime=0)[:20] + b"nonsense" * 9, BodyFormat.CSV, "gzip body is broken"),
    ],
)
async def test_a_body_that_cannot_be_read_leaves_no_ingestion(
    resources: Resources, body: bytes, format: BodyFormat, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        await stream(resources, ORDERS, body, format=format)
    assert await resources.database.ingestions.count_documents({}) == 0


async def test_plain_bytes_announced_as_gzip_are_refused(resources: Resources) -> None:
    with pytest.raises(InvalidInput, match="is not gzip"):
        await stream(resources, ORDERS, orders_csv(1), gzip=True)


async def test_a_body_that_breaks_later_fails_its_ingestion(resources: Resources) -> None:
    good = b'{"order_id":"%d","customer_id":"c","amount":1,"ordered_at":"2024-01-01"}'
    body = b"[" + b",".join(good % n for n in range(3000)) + b",]"
    with pytest.raises(InvalidInput, match="an element is missing"):
        await stream(resources, ORDERS, body, format=BodyFormat.JSON, chunk_records=100)
    (row,) = await resources.database.ingestions.find().to_list()
    assert row["status"] == "FAILED"
    assert "an element is missing" in row["failure_reason"]


@pytest.mark.parametrize("format", list(BodyFormat))
async def test_a_zip_bomb_ends_at_the_limit(resources: Resources, format: BodyFormat) -> None:
    head = {
        BodyFormat.CSV: b"order_id,customer_id,amount,ordered_at\n",
        BodyFormat.NDJSON: b"",
        BodyFormat.JSON: b"[",
    }[format]
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(head)
    for _ in range(64):
        bomb += packer.compress(b" " * 2**20 if format is BodyFormat.JSON else b"0" * 2**20)
    bomb += packer.flush()
    assert len(bomb) < 100_000
    with pytest.raises(DomainError, match=r"larger than|longer than|unpacks to more than"):
        await stream(resources, ORDERS, bomb, format=format, ingest_body_limit_bytes=32 * 2**20)


async def test_row_errors_are_kept_up_to_a_limit_and_all_counted(resources: Resources) -> None:
    body = b"customer_id,email\n" + b"".join(b"%d,bad\n" % n for n in range(300))
    ingestion = await stream(resources, CUSTOMERS, body, row_errors_kept=25)
    assert (ingestion.received, ingestion.rejected) == (300, 300)
    assert [error["row"] for error in await row_errors(resources)] == list(range(25))


async def test_a_row_error_names_the_field_as_the_file_does(resources: Resources) -> None:
    await stream(resources, ORDERS, b"order_id,customer_id,Order_Amount,order_date\n1,2,x,2024-01-01\n")
    (error,) = await row_errors(resources)
    assert error["field"] == "Order_Amount"
    assert error["message"].startswith("Order_Amount is not a decimal number")


async def test_the_doors_refuse_while_too_much_waits(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(100), chunk_records=10)
    with pytest.raises(Unavailable) as caught:
        await send(resources, ORDERS, [order(1)], pending_records_limit=300, backpressure_wait_seconds=0.3)
    assert caught.value.retry_after_seconds > 0
    assert await resources.database.ingestions.count_documents({}) == 1


async def test_a_stream_waits_for_room_and_goes_on(resources: Resources) -> None:
    limits: dict[str, Any] = {"chunk_records": 10, "pending_records_limit": 500}
    sending = asyncio.create_task(
        stream(resources, ORDERS, pieces(orders_csv(2000), b"o9999,c,1,2024-01-01\n"), **limits)
    )
    while not sending.done():
        await apply_pending(resources)
        await asyncio.sleep(0.02)
    await apply_pending(resources)
    assert await figures(await sending) == (2001, 0, 0, 0)


async def test_what_was_read_before_a_503_is_resumed_by_key(resources: Resources) -> None:
    body = orders_csv(10_000)
    with pytest.raises(Unavailable):
        await stream(
            resources,
            ORDERS,
            body,
            key="k",
            chunk_records=100,
            pending_records_limit=800,
            backpressure_wait_seconds=0.3,
        )
    stored = await resources.database.ingestion_chunks.count_documents({})
    assert 0 < stored < 100
    ingestion = await stream(resources, ORDERS, body, key="k")
    await apply_pending(resources)
    assert await figures(ingestion) == (10_000, 0, 0, 0)


async def test_chunks_are_accepted_while_the_bus_is_away_and_published_later(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[tuple[str, Message]] = []
    waiting = 0

    async def away(queue: str, *messages: Message) -> None:
        raise BusError("the broker is away")

    async def back(queue: str, *messages: Message) -> None:
        published.extend((queue, message) for message in messages)

    async def depth(_queue: str) -> int:
        return waiting

    monkeypatch.setattr(resources.bus, "publish", away)
    ingestion = await stream(resources, ORDERS, orders_csv(100), chunk_records=10)
    assert ingestion.sealed
    monkeypatch.setattr(resources.bus, "publish", back)
    monkeypatch.setattr(resources.bus, "depth", depth)
    chunks = resources.database.ingestion_chunks
    await publish_forgotten(resources.bus)
    assert published == []
    await chunks.update_many({}, {"$set": {"published_at": DAY}})
    waiting = 1
    await publish_forgotten(resources.bus)
    assert published == []
    waiting = 0
    await publish_forgotten(resources.bus)
    assert len(published) == ingestion.chunk_count
    await publish_forgotten(resources.bus)
    assert len(published) == ingestion.chunk_count
