"""Transient errors are waited out; a record at fault becomes a dead letter, all else is applied once."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect, NotPrimaryError
from pymongo.read_concern import ReadConcern

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden, NotFound, WrongState
from crm_graphql.core.paging import PageRequest
from crm_graphql.core.tasks import end_tasks
from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.ingestion.dead_letters import retry_dead_letters
from crm_graphql.ingestion.queries import list_dead_letters, show_dead_letter
from crm_graphql.ingestion.replay import replay_ingestion
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.resources import Resources
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, as_stored, figures, send

ADMIN = Actor(Role.ADMIN, "operator")
POISON = 6_660_000


def order(number: int, amount: str = "1", customer: str = "a") -> dict[str, Any]:
    """An order record."""
    return {
        "external_id": f"o{number}",
        "customer_external_id": customer,
        "amount": Decimal(amount),
        "ordered_at": datetime(2024, 5, 1, tzinfo=UTC),
    }


@asynccontextmanager
async def database_refusing_poison(resources: Resources) -> AsyncIterator[None]:
    """While open MongoDB refuses orders of one amount, as a rule of its own would."""
    database = resources.database
    await database.command("collMod", "orders", validator={"amount": {"$ne": POISON}})
    try:
        yield
    finally:
        await database.command("collMod", "orders", validator={})


async def spend_of_all(resources: Resources) -> Decimal:
    """The total of all customers."""
    units = [row["total_spend"] async for row in resources.database.customers.find()]
    return Decimal(sum(units)) / 10_000


async def test_a_record_at_fault_is_set_aside_and_the_others_are_applied(resources: Resources) -> None:
    records = [order(n, "666" if n in (0, 17, 29) else "1", f"c{n % 3}") for n in range(30)]
    async with database_refusing_poison(resources):
        ingestion = await send(resources, ORDERS, records)
        await apply_pending(resources)
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert await figures(done) == (27, 0, 0, 3)
    assert await spend_of_all(resources) == 27
    errors = await resources.database.row_errors.find().sort("row").to_list()
    assert [(error["row"], error["external_id"]) for error in errors] == [(0, "o0"), (17, "o17"), (29, "o29")]
    assert "crm dead retry" in errors[0]["message"]


async def test_dead_letters_are_listed_shown_and_sent_again(resources: Resources) -> None:
    async with database_refusing_poison(resources):
        ingestion = await send(resources, ORDERS, [order(1), order(2, "666"), order(3, "666")])
        await apply_pending(resources)
        page = await list_dead_letters(ADMIN, PageRequest.of())
        assert {letter.row for letter in page.rows} == {1, 2}
        shown = await show_dead_letter(ADMIN, page.rows[0].id)
        assert shown.record["amount"] == "666.00"
        assert shown.record["external_id"] in ("o2", "o3")
        assert "validation" in shown.error
        (again,) = await retry(resources, [shown.id])
        assert again.error is not None
    # A newer record of one of them came meanwhile: the old version must not win.
    await send(resources, ORDERS, [order(3, "5")])
    await apply_pending(resources)
    results = await retry(resources, None)
    assert [result.error for result in results] == [None, None]
    assert await figures(ingestion) == (2, 0, 1, 0)
    assert await spend_of_all(resources) == 1 + 666 + 5
    assert await resources.database.row_errors.count_documents({}) == 0
    assert await retry(resources, None) == []
    with pytest.raises(NotFound):
        await show_dead_letter(ADMIN, shown.id)
    with pytest.raises(Forbidden):
        await list_dead_letters(Actor(Role.VIEWER, "v"), PageRequest.of())


async def test_a_dead_letter_sent_again_by_two_at_once_is_applied_once(resources: Resources) -> None:
    async with database_refusing_poison(resources):
        ingestion = await send(resources, ORDERS, [order(1), order(2, "666")])
        await apply_pending(resources)
    together = asyncio.Barrier(2)

    async def transact(work: Any) -> Any:
        await together.wait()
        return await resources.in_transaction(work)

    parts: dict[str, Any] = {"transact": transact, "bus": resources.bus}
    both = await asyncio.gather(*(retry_dead_letters(ADMIN, None, **parts) for _ in range(2)))
    assert sorted(map(len, both)) == [0, 1]
    assert await figures(ingestion) == (2, 0, 0, 0)


async def retry(resources: Resources, ids: list[ObjectId] | None) -> Any:
    """Send dead letters again, as `crm dead retry` does."""
    return await retry_dead_letters(ADMIN, ids, transact=resources.in_transaction, bus=resources.bus)


async def test_totals_beyond_what_a_database_holds_are_a_dead_letter(resources: Resources) -> None:
    big = "999999999999.9999"
    ingestion = await send(resources, ORDERS, [order(n, big) for n in range(925)])
    await apply_pending(resources)
    created, _, _, failed = await figures(ingestion)
    assert (created, failed) == (922, 3)
    (letter, *_) = (await list_dead_letters(ADMIN, PageRequest.of())).rows
    assert "8-byte" in letter.error


async def test_transient_errors_are_waited_out_and_makes_no_dead_letter(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.ingestion.apply_chunk._DELAYS", (0.0,))
    storm = itertools.cycle([AutoReconnect("gone"), NotPrimaryError("election"), OSError("network")])
    failures = 0

    async def stormy(work: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures < 20:
            # Some commits have happened all the same: the answer was lost.
            if failures % 5 == 0:
                await resources.in_transaction(work)
            raise next(storm)
        return await resources.in_transaction(work)

    ingestion = await send(resources, ORDERS, [order(n) for n in range(10)])
    assert ingestion.id is not None
    await apply_chunk(ObjectId(ingestion.id), 0, transact=stormy, bus=resources.bus, clock=resources.clock)
    assert await figures(ingestion) == (10, 0, 0, 0)
    assert await spend_of_all(resources) == 10
    assert await resources.database.dead_letters.count_documents({}) == 0
    (chunk,) = await resources.database.ingestion_chunks.find().to_list()
    assert chunk["starts"] == 1


@pytest.mark.parametrize("starts", [0, 5])
async def test_a_transient_error_while_going_step_by_step_is_no_death(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, starts: int
) -> None:
    monkeypatch.setattr("crm_graphql.ingestion.apply_chunk._DELAYS", (0.0,))
    ingestion = await send(resources, ORDERS, [order(n, "666" if n == 7 else "1") for n in range(12)])
    chunks = resources.database.ingestion_chunks
    await chunks.update_one({}, {"$set": {"starts": starts}})
    chance = random.Random(starts)

    async def stormy(work: Any) -> Any:
        if chance.random() < 0.5:
            raise AutoReconnect("gone")
        return await resources.in_transaction(work)

    async with database_refusing_poison(resources):
        parts: dict[str, Any] = {"transact": stormy, "bus": resources.bus, "clock": resources.clock}
        await apply_chunk(ObjectId(ingestion.id), 0, **parts)
    (chunk,) = await chunks.find().to_list()
    assert (chunk["state"], chunk["starts"]) == ("APPLIED", starts + 1)
    assert await figures(ingestion) == (11, 0, 0, 1)
    (letter,) = (await list_dead_letters(ADMIN, PageRequest.of())).rows
    assert letter.row == 7
    assert "killed" not in letter.error


async def test_two_partitions_at_once_on_the_same_orders_and_customers(resources: Resources) -> None:
    """Orders that move between customers of different partitions meet in conflicts; none is lost."""
    ingestions = [
        await send(resources, ORDERS, [order(n, str(number), f"c{(n + number) % 5}") for n in range(40)])
        for number in range(1, 5)
    ]
    chunks = await resources.database.ingestion_chunks.find().to_list()
    await asyncio.gather(
        *(
            apply_chunk(
                chunk["ingestion_id"],
                chunk["number"],
                transact=resources.in_transaction,
                bus=resources.bus,
                clock=resources.clock,
            )
            for chunk in chunks
        )
    )
    assert await spend_of_all(resources) == 4 * 40
    visits = [row["visit_count"] async for row in resources.database.customers.find()]
    assert sum(visits) == 40
    sums = [await figures(ingestion) for ingestion in ingestions]
    assert sum(created for created, *_ in sums) == 40
    assert all(sum(each) == 40 for each in sums)


async def test_a_chunk_that_took_two_processes_down_goes_record_by_record(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, [order(n) for n in range(6)])
    chunks = resources.database.ingestion_chunks
    await chunks.update_one({}, {"$set": {"starts": 2}})
    deadly = 3

    class Killed(BaseException):
        """The process is gone."""

    async def transact(work: Any) -> Any:
        (chunk,) = await chunks.find().to_list()
        if chunk["next_record"] == deadly and chunk["deaths"] < 2:
            raise Killed
        return await resources.in_transaction(work)

    parts: dict[str, Any] = {"transact": transact, "bus": resources.bus, "clock": resources.clock}
    for _ in range(3):
        with pytest.raises(Killed):
            await apply_chunk(ObjectId(ingestion.id), 0, **parts)
        assert await spend_of_all(resources) == deadly
    await apply_chunk(ObjectId(ingestion.id), 0, **parts)
    assert await figures(ingestion) == (5, 0, 0, 1)
    (letter,) = (await list_dead_letters(ADMIN, PageRequest.of())).rows
    assert letter.row == deadly
    assert "killed" in letter.error


@pytest.mark.parametrize("starts", [0, 5], ids=["as a whole", "record by record"])
async def test_orderly_stops_are_no_deaths(resources: Resources, starts: int) -> None:
    ingestion = await send(resources, ORDERS, [order(n) for n in range(3)])
    chunks = resources.database.ingestion_chunks
    await chunks.update_one({}, {"$set": {"starts": starts}})
    begun = asyncio.Event()

    async def stuck(_work: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    parts: dict[str, Any] = {"transact": stuck, "bus": resources.bus, "clock": resources.clock}
    for _ in range(5):
        begun.clear()
        applying = asyncio.create_task(apply_chunk(ObjectId(ingestion.id), 0, **parts))
        await begun.wait()
        await end_tasks([applying])
    # Starts are counted without waiting for the majority.
    (chunk,) = await chunks.with_options(read_concern=ReadConcern("local")).find().to_list()
    assert chunk["starts"] == starts
    await apply_pending(resources)
    assert await figures(ingestion) == (3, 0, 0, 0)


async def test_replay_changes_nothing_when_nothing_has_changed(resources: Resources) -> None:
    customers = await send(resources, CUSTOMERS, [{"external_id": f"c{n}", "name": "N"} for n in range(5)])
    orders = await send(resources, ORDERS, [order(n, "2", f"c{n % 5}") for n in range(20)])
    await apply_pending(resources)
    await send(resources, ORDERS, [order(1, "9", "c1")])
    await apply_pending(resources)
    before = await snapshot(resources)
    for ingestion, count in ((customers, 5), (orders, 20)):
        assert ingestion.id is not None
        replayed = await replay_ingestion(
            ADMIN,
            ObjectId(ingestion.id),
            transact=resources.in_transaction,
            bus=resources.bus,
        )
        assert (replayed.created, replayed.updated, replayed.unchanged) == (0, 0, count)
    assert await snapshot(resources) == before
    await resources.database.orders.delete_many({"external_id": {"$in": ["o4", "o5"]}})
    replayed = await replay_ingestion(
        ADMIN,
        ObjectId(orders.id),
        transact=resources.in_transaction,
        bus=resources.bus,
    )
    assert (replayed.created, replayed.unchanged) == (2, 18)


async def test_what_is_not_kept_cannot_be_replayed(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, [])
    parts: dict[str, Any] = {
        "transact": resources.in_transaction,
        "bus": resources.bus,
    }
    with pytest.raises(WrongState):
        await replay_ingestion(ADMIN, ObjectId(ingestion.id), **parts)
    with pytest.raises(NotFound):
        await replay_ingestion(ADMIN, ObjectId(), **parts)


async def snapshot(resources: Resources) -> list[Any]:
    """Everything that ingestion writes to."""
    names = ("customers", "orders", "ingestions", "ingestion_chunks", "row_errors", "dead_letters")
    return [await resources.database[name].find().sort("_id").to_list() for name in names]
