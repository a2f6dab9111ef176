"""A chunk that is too much for one transaction goes by halves; what cannot be decoded is set aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from pymongo.errors import OperationFailure

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.paging import PageRequest
from crm_graphql.ingestion import chunk_work, stepwise
from crm_graphql.ingestion.dead_letters import retry_dead_letters
from crm_graphql.ingestion.queries import list_dead_letters
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.orders.apply_records import apply_orders
from crm_graphql.resources import Resources
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, as_stored, figures, send

ADMIN = Actor(Role.ADMIN, "operator")


def orders(count: int) -> list[dict[str, Any]]:
    """Orders of as many customers."""
    return [
        {
            "external_id": f"o{number}",
            "customer_external_id": f"c{number}",
            "amount": Decimal(1),
            "ordered_at": datetime(2024, 5, 1, tzinfo=UTC),
        }
        for number in range(count)
    ]


@pytest.fixture
async def short_lives(resources: Resources) -> AsyncIterator[None]:
    """MongoDB ends transactions after a second, instead of a minute."""
    admin = resources.mongo.admin
    before = (await admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1))[
        "transactionLifetimeLimitSeconds"
    ]
    await admin.command("setParameter", 1, transactionLifetimeLimitSeconds=1)
    yield
    await admin.command("setParameter", 1, transactionLifetimeLimitSeconds=before)


@pytest.mark.usefixtures("short_lives")
async def test_a_chunk_that_outlives_a_transaction_goes_by_halves(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.mongo.transaction_limits.OUTLIVED_SECONDS", 0.5)
    tried: list[int] = []

    async def slow(records: Sequence[Any], *, session: Any, **more: Any) -> Any:
        tried.append(len(records))
        # A tenth of a second for a record: forty of them outlive it, twenty may, ten do not.
        for _ in records:
            await resources.database.orders.find_one({"external_id": "none"}, session=session)
            await asyncio.sleep(0.1)
        return await apply_orders(records, session=session, **more)

    monkeypatch.setattr(chunk_work, "apply_orders", slow)
    ingestion = await send(resources, ORDERS, orders(40), partitions=1)
    await apply_pending(resources)
    assert await figures(ingestion) == (40, 0, 0, 0)
    assert tried[0] == 40
    assert tried.count(40) == 1
    assert await resources.database.dead_letters.count_documents({}) == 0


@pytest.mark.parametrize("code", [225, 257, 290, 377])
async def test_a_record_that_is_too_much_alone_becomes_a_dead_letter(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    alone = 0

    async def refused(records: Sequence[Any], **more: Any) -> Any:
        nonlocal alone
        if any(record.external_id == "o3" for record in records):
            alone += len(records) == 1
            raise OperationFailure("too much", code)
        return await apply_orders(records, **more)

    monkeypatch.setattr(chunk_work, "apply_orders", refused)
    ingestion = await send(resources, ORDERS, orders(16), partitions=1)
    await apply_pending(resources)
    assert await figures(ingestion) == (15, 0, 0, 1)
    assert alone == stepwise.TRIES_ALONE
    (letter,) = (await list_dead_letters(ADMIN, PageRequest.of())).rows
    assert (letter.row, letter.record["external_id"]) == (3, "o3")


async def test_a_step_that_was_too_much_is_not_tried_again_behind_each_that_went_through(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []

    async def few_at_once(records: Sequence[Any], **more: Any) -> Any:
        if len(records) > 4:
            refused.append(len(records))
            raise OperationFailure("too much", 257)
        return await apply_orders(records, **more)

    monkeypatch.setattr(chunk_work, "apply_orders", few_at_once)
    ingestion = await send(resources, ORDERS, orders(64), partitions=1)
    await apply_pending(resources)
    assert await figures(ingestion) == (64, 0, 0, 0)
    assert refused == [64, 32, 16, 8]


async def spoil(resources: Resources, payload: bytes) -> bytes:
    """Give the one pending chunk this payload; the one it had."""
    chunk = await resources.database.ingestion_chunks.find_one_and_update(
        {"state": "PENDING"}, {"$set": {"payload": payload}}
    )
    assert chunk is not None
    return bytes(chunk["payload"])


async def test_a_payload_that_is_no_payload_fails_all_its_records_once(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, orders(7), partitions=1)
    payload = await spoil(resources, b"\xff not msgpack")
    await asyncio.wait_for(apply_pending(resources), 10)
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert await figures(done) == (0, 0, 0, 7)
    (error,) = await resources.database.row_errors.find().to_list()
    assert error["row"] < 0
    assert "7 records" in error["message"]
    (letter,) = (await list_dead_letters(ADMIN, PageRequest.of())).rows
    assert "undecodable" in letter.record
    assert [one.error is None for one in await retry(resources)] == [False]
    assert await figures(done) == (0, 0, 0, 7)
    # A release that can read it again.
    await resources.database.dead_letters.update_one({}, {"$set": {"record": payload}})
    assert [one.error for one in await retry(resources)] == [None]
    assert await figures(done) == (7, 0, 0, 0)
    assert await resources.database.row_errors.count_documents({}) == 0


async def test_one_record_that_cannot_be_decoded_keeps_back_no_other(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, orders(20), partitions=1)
    (chunk,) = await resources.database.ingestion_chunks.find().to_list()
    records = msgspec.msgpack.decode(chunk["payload"])
    records[4] = [4, "o4", "of another release"]
    records[9] = "nothing that names a row"
    await spoil(resources, msgspec.msgpack.encode(records))
    await asyncio.wait_for(apply_pending(resources), 10)
    assert await figures(ingestion) == (18, 0, 0, 2)
    rows = [error["row"] async for error in resources.database.row_errors.find().sort("row")]
    assert rows[0] < 0
    assert rows[1] == 4


async def retry(resources: Resources) -> Any:
    """Send all dead letters again."""
    return await retry_dead_letters(ADMIN, None, transact=resources.in_transaction, bus=resources.bus)


async def test_lost_extremes_of_a_chunk_are_found_by_one_command(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opening(day: int | None) -> list[dict[str, Any]]:
        at = None if day is None else datetime(2024, 1, day, tzinfo=UTC)
        return [{"external_id": f"c{n}", "last_visit_at": at} for n in range(50)]

    await send(resources, ORDERS, orders(50), partitions=1)
    await send(resources, CUSTOMERS, opening(3), partitions=1)
    await apply_pending(resources)
    await send(resources, CUSTOMERS, opening(None), partitions=1)
    before = await commands(resources)
    await apply_pending(resources)
    after = await commands(resources)
    # The server counts what others ask of it meanwhile too; a command a customer would be 50.
    assert after["aggregate"] - before["aggregate"] < 25
    assert after["find"] - before["find"] < 25
    found = await resources.database.customers.distinct("first_visit_at")
    assert [moment.month for moment in found] == [5]


async def commands(resources: Resources) -> dict[str, int]:
    """How many commands MongoDB has had, by name."""
    status = await resources.mongo.admin.command("serverStatus")
    return {name: int(status["metrics"]["commands"][name]["total"]) for name in ("aggregate", "find")}


async def test_extremes_of_a_customer_made_and_emptied_in_one_chunk_are_found(resources: Resources) -> None:
    first, second, third = orders(3)
    on_other_days = {"ordered_at": datetime(2024, 7, 1, tzinfo=UTC), "customer_external_id": "c0"}
    await send(
        resources,
        ORDERS,
        [first, {**second, **on_other_days}, {**second, "customer_external_id": "other"}, third],
        partitions=1,
    )
    await apply_pending(resources)
    row = await resources.database.customers.find_one({"external_id": "c0"})
    assert row is not None
    assert (row["first_visit_at"].month, row["last_visit_at"].month, row["visit_count"]) == (5, 5, 1)
