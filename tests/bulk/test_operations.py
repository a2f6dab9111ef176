"""Bulk operations: everybody who was meant once and nobody else, side by side, cancelled, and cut off."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.audiences.documents import Audience
from crm_graphql.bulk import worker as worker_module
from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.messages import BULK_QUEUE, BULK_TURNS
from crm_graphql.bulk.reconcile import restore_operations
from crm_graphql.bulk.service import cancel_operation
from crm_graphql.bulk.targets import Target
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.bus.port import BusError
from crm_graphql.core.errors import Forbidden, InvalidInput, WrongState
from crm_graphql.customers.documents import Customer
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from tests.bulk.factories import (
    EVERYONE,
    MARKETER,
    VIEWER,
    assert_counted,
    finish,
    ingest,
    operation,
    people,
    tag,
    tags_of,
    worker_over,
)
from tests.delivery.running import running, until
from tests.delivery.stand_in import StandInVendor

LARGE = {"where": {"field": "totalSpend", "operator": "GTE", "value": 10}}


async def with_tag(tag_: str) -> int:
    return await Customer.get_pymongo_collection().count_documents({"folded.tags": tag_})


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "PAGE_CUSTOMERS", 10)


async def test_named_customers_are_done_when_the_answer_comes(resources: Resources) -> None:
    keys = await people(5, tags=lambda number: ["VIP"] if number == 0 else [])
    row = await tag(resources, Target(keys=keys[:3]), add=["vip", "new"])
    assert (row["status"], row["matched"], row["done"], row["failed"]) == ("COMPLETED", 3, 3, 0)
    assert await tags_of("C0000") == ["VIP", "new"]
    assert await tags_of("C0001") == ["vip", "new"]
    assert await tags_of("C0003") == []
    assert await resources.bus.depth(BULK_QUEUE) == 0
    assert (await operation(row["_id"]))["customer_ids"] is None
    assert await assert_counted(resources) == {"tag:vip": 3, "tag:new": 3}


@pytest.mark.usefixtures("small_pages")
async def test_a_rule_is_walked_in_pages_by_the_consumers(resources: Resources) -> None:
    await people(55)
    row = await tag(resources, Target(rule=LARGE), add=["large"])
    assert (row["status"], row["matched"]) == ("ACCEPTED", 45)
    async with running(resources, StandInVendor()):
        await until(lambda: _has_ended(row["_id"]))
    ended = await operation(row["_id"])
    assert (ended["status"], ended["matched"], ended["done"]) == ("COMPLETED", 45, 45)
    assert await with_tag("large") == 45
    assert await Turn.count() == 0


async def _has_ended(key: ObjectId) -> bool:
    return not (await operation(key))["is_open"]


@pytest.mark.usefixtures("small_pages")
async def test_whoever_comes_later_is_not_meant_and_the_rule_stays_as_it_was(resources: Resources) -> None:
    await people(25)
    now = resources.clock.now()
    audience = Audience(name="All", rule=EVERYONE, created_at=now, updated_at=now)
    await audience.insert()
    row = await tag(resources, Target(audience=audience.id), add=["first"])
    await audience.set({"rule": LARGE})
    await ingest(resources, 1_000, late=[])
    ended = await finish(resources, row["_id"])
    assert (ended["done"], ended["matched"]) == (25, 25)
    assert await with_tag("first") == 25
    assert await tags_of("late") == []


@pytest.mark.usefixtures("small_pages")
async def test_a_page_that_is_cut_off_is_done_once(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(30)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    tries = 0

    async def cut_off(work: Any) -> Any:
        async def cut(session: AsyncClientSession) -> Any:
            nonlocal tries
            result = await work(session)
            tries += 1
            if tries % 2:
                raise ConnectionError("cut off before the commit")
            return result

        return await resources.in_transaction(cut)

    worker = BulkWorker(cut_off, resources.bus, resources.clock, 5.0)
    for _ in range(8):
        try:
            await worker.work(row["_id"])
        except ConnectionError:
            continue
    ended = await operation(row["_id"])
    assert (ended["status"], ended["done"], tries) == ("COMPLETED", 30, 6)
    await assert_counted(resources)


@pytest.mark.usefixtures("small_pages")
async def test_a_page_that_is_written_again_counts_once(resources: Resources) -> None:
    """As when nobody hears of a commit that went through."""
    await people(30)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])

    async def twice(work: Any) -> Any:
        await resources.in_transaction(work)
        return await resources.in_transaction(work)

    worker = BulkWorker(twice, resources.bus, resources.clock, 5.0)
    for _ in range(4):
        await worker.work(row["_id"])
    ended = await operation(row["_id"])
    assert (ended["status"], ended["done"]) == ("COMPLETED", 30)


async def test_a_worker_that_has_lost_its_lease_writes_nothing(resources: Resources) -> None:
    await people(3)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])

    async def too_late(work: Any) -> Any:
        taken = {"$set": {"work.token": "another's"}}
        await BulkOperation.get_pymongo_collection().update_one({"_id": row["_id"]}, taken)
        return await resources.in_transaction(work)

    assert await BulkWorker(too_late, resources.bus, resources.clock, 5.0).work(row["_id"])
    assert (await operation(row["_id"]))["done"] == 0
    assert await with_tag("a") == 0


@pytest.mark.usefixtures("small_pages")
async def test_two_operations_on_the_same_customers_both_reach_everybody(resources: Resources) -> None:
    await people(100)
    rows = [await tag(resources, Target(rule=EVERYONE), add=[name]) for name in ("a", "b")]
    await asyncio.gather(*(finish(resources, row["_id"]) for row in rows))
    for row in rows:
        assert (await operation(row["_id"]))["done"] == 100
    assert await assert_counted(resources) == {"tag:a": 100, "tag:b": 100}


async def test_of_two_on_one_tag_the_older_goes_first(resources: Resources) -> None:
    keys = await people(3)
    adding = await tag(resources, Target(rule=EVERYONE), add=["a"])
    removing = await tag(resources, Target(keys=keys), remove=["A"])
    assert (removing["status"], removing["done"]) == ("ACCEPTED", 0)
    other = await tag(resources, Target(keys=keys), add=["b"])
    assert other["status"] == "COMPLETED"
    await finish(resources, adding["_id"])
    assert await with_tag("a") == 3
    await finish(resources, removing["_id"])
    assert await assert_counted(resources) == {"tag:b": 3}


async def test_the_end_of_one_hands_out_who_waited_for_it(resources: Resources) -> None:
    await people(3)
    adding = await tag(resources, Target(rule=EVERYONE), add=["a"])
    removing = await tag(resources, Target(rule=EVERYONE), remove=["a"])
    # It was taken up, came too early, and was left.
    await Turn.delete_all()
    await resources.database.bus_messages.delete_many({})
    await finish(resources, adding["_id"])
    assert await resources.bus.depth(BULK_QUEUE) == 1
    turn = await Turn.find_one()
    assert turn is not None
    assert turn.work_id == removing["_id"]
    await finish(resources, removing["_id"])
    assert await with_tag("a") == 0


@pytest.mark.usefixtures("small_pages")
async def test_a_cancelled_operation_stops_within_a_page(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(100)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    worker = worker_over(resources)
    pages = 0

    async def transact(work: Any) -> Any:
        nonlocal pages
        result = await resources.in_transaction(work)
        pages += 1
        if pages == 3:
            await cancel_operation(MARKETER, row["_id"], worker=worker)
        return result

    monkeypatch.setattr(worker_module, "TURN_SECONDS", 60.0)
    await BulkWorker(transact, resources.bus, resources.clock, 5.0).work(row["_id"])
    ended = await operation(row["_id"])
    assert (ended["status"], ended["done"]) == ("FAILED", 30)
    assert ended["failure_reason"].startswith("marketer cancelled it.")
    assert await with_tag("a") == 30
    with pytest.raises(WrongState):
        await cancel_operation(MARKETER, row["_id"], worker=worker)
    await assert_counted(resources)


async def test_who_would_have_too_many_tags_is_left_and_told(resources: Resources) -> None:
    full = [f"t{number}" for number in range(100)]
    keys = await people(3, tags=lambda number: full if number == 1 else [])
    row = await tag(resources, Target(keys=keys), add=["one"])
    assert (row["status"], row["done"], row["failed"]) == ("COMPLETED", 2, 1)
    assert row["failure_reason"] == "1 would have more than 100 tags: left as they were."
    assert (await operation(row["_id"]))["failed_ids"] == [keys[1]]
    assert await tags_of("C0001") == full


@pytest.mark.usefixtures("small_pages")
async def test_of_those_who_failed_the_first_are_named_over_all_pages(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "FAILED_KEPT", 12)
    keys = await people(30, tags=[f"t{number}" for number in range(100)])
    row = await tag(resources, Target(rule=EVERYONE), add=["one"])
    ended = await finish(resources, row["_id"])
    assert (ended["failed"], ended["failed_ids"]) == (30, sorted(keys)[:12])


async def test_without_the_bus_the_reconciler_hands_it_out(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(3)

    async def away(*_: object) -> None:
        raise BusError("away")

    with monkeypatch.context() as during:
        during.setattr(resources.bus, "publish", away)
        row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    assert await resources.bus.depth(BULK_QUEUE) == 0
    assert await restore_operations(bus=resources.bus) == 1
    assert await restore_operations(bus=resources.bus) == 0
    await finish(resources, row["_id"])


async def test_a_copy_of_a_message_does_nothing(resources: Resources) -> None:
    await people(3)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    copy = BULK_TURNS.message(work_id=str(row["_id"]), token="another's")
    await worker_over(resources).take_turn(copy)
    assert (await operation(row["_id"]))["done"] == 0


async def test_a_rule_that_this_release_refuses_ends_the_operation(resources: Resources) -> None:
    await people(3)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    gone = {"where": {"field": "nothing", "operator": "IS_SET"}}
    await BulkOperation.get_pymongo_collection().update_one({"_id": row["_id"]}, {"$set": {"rule": gone}})
    ended = await finish(resources, row["_id"])
    assert ended["status"] == "FAILED"
    assert "There is no field" in ended["failure_reason"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, ("add",)),
        ({"add": ["x" * 101]}, ("add",)),
        ({"add": ["a"], "remove": ["A"]}, ("remove",)),
        ({"remove": ["a\0"]}, ("remove",)),
    ],
)
async def test_tags_that_cannot_be_are_refused(
    resources: Resources, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    keys = await people(1)
    with pytest.raises(InvalidInput) as refused:
        await tag(resources, Target(keys=keys), **changes)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert await BulkOperation.count() == 0


async def test_customers_that_are_not_there_are_named(resources: Resources) -> None:
    keys = await people(1)
    with pytest.raises(InvalidInput) as refused:
        await tag(resources, Target(keys=[keys[0], ObjectId()]), add=["a"])
    assert [problem.path for problem in refused.value.problems] == [("target", "ids", "1")]
    with pytest.raises(Forbidden):
        await cancel_operation(VIEWER, ObjectId(), worker=worker_over(resources))


async def test_days_of_a_rule_are_those_of_the_zone_at_the_moment_of_asking(resources: Resources) -> None:
    await people(2)
    late_evening = datetime(2024, 1, 1, 23, 30, tzinfo=UTC)
    await Customer.get_pymongo_collection().update_one(
        {"external_id": "C0001"}, {"$set": {"last_visit_at": late_evening}}
    )
    second = {"where": {"field": "lastVisitAt", "operator": "EQ", "value": "2024-01-02"}}
    berlin = resources.with_settings(resources.settings.model_copy(update={"time_zone": "Europe/Berlin"}))
    row = await tag(berlin, Target(rule=second), add=["second"])
    # Whoever works has another zone by then.
    ended = await finish(resources, row["_id"])
    assert (row["matched"], ended["done"]) == (1, 1)
    assert await tags_of("C0001") == ["second"]
