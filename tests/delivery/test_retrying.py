"""Retries page by page: each failed row once, whoever dies at which step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import BusError
from crm_graphql.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import complete_if_ended
from crm_graphql.delivery import retrying
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.retrying import Retries, free_retries, retry_campaign
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, assert_exact, campaign_row, make_ledger
from tests.delivery.ledgers import ledger, ranges
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor

FAILED = 95


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PAGE_ROWS", 10)


async def failed_campaign(count: int = FAILED) -> ObjectId:
    """One that is over, all of whose deliveries failed; every fifth bounced."""
    key, _ = await make_ledger(count, status=DeliveryStatus.FAILED)
    await Delivery.get_pymongo_collection().update_many(
        {"campaign_id": key},
        [
            {
                "$set": {
                    "reason": {"$cond": [{"$mod": ["$number", 5]}, "OTHER", "BOUNCED"]},
                    "reason_text": "no",
                }
            }
        ],
    )
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": "COMPLETED"}})
    return key


def retries(resources: Resources, transact: Any = None, *, lease_seconds: float = 5.0) -> Retries:
    return Retries(
        transact or resources.in_transaction, resources.bus, CampaignLocks(), lease_seconds, range_rows=7
    )


async def assert_all_put_back(key: ObjectId) -> None:
    """Each that did not bounce has its second attempt, in one range; the others are as they were."""
    row = await assert_exact(key)
    rows = await ledger(key)
    back = [one["number"] for one in rows if one["number"] % 5]
    assert row["retrying"] is None
    assert row["stats"]["queued"] == len(back)
    assert {one["attempt"] for one in rows if one["number"] % 5} == {2}
    assert {(one["attempt"], one["reason"]) for one in rows if not one["number"] % 5} == {(1, "BOUNCED")}
    assert {one["reason_text"] for one in rows if one["number"] % 5} == {None}
    found = await ranges(key)
    assert sorted(number for one in found for number in one["numbers"]) == back
    waves = {one["number"]: one.get("wave") for one in rows}
    assert all(waves[number] == one["wave"] for one in found for number in one["numbers"])


Work = Callable[[AsyncClientSession], Awaitable[Any]]


@pytest.mark.parametrize("when", ["before", "within", "after"])
async def test_a_retry_that_dies_at_every_page_puts_each_row_back_once(
    resources: Resources, when: str
) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)

    class Died(Exception):
        pass

    async def dying(work: Work) -> Any:
        if when == "before":
            raise Died

        async def cut_short(session: AsyncClientSession) -> Any:
            await work(session)
            raise Died

        await resources.in_transaction(cut_short if when == "within" else work)
        raise Died

    for _ in range(30):
        if (await campaign_row(key))["retrying"] is None:
            break
        with pytest.raises(Died):
            await retries(resources, dying).run(key)
        if when != "after":
            await retries(resources).run(key)
    await assert_all_put_back(key)


async def test_two_at_once_put_each_row_back_once(resources: Resources) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    await asyncio.gather(*(retries(resources).run(key) for _ in range(5)))
    while not await retries(resources).run(key):
        pass
    await assert_all_put_back(key)


async def test_a_receipt_that_comes_just_before_a_page_is_committed_keeps_its_row(
    resources: Resources,
) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)

    async def corrected(work: Work) -> Any:
        delivered = {"$set": {"status": "DELIVERED", "reason": None}}
        row = {"campaign_id": key, "number": 1, "status": "FAILED"}
        moved = await Delivery.get_pymongo_collection().update_one(row, delivered)
        counts = {"stats.failed": -moved.modified_count, "stats.delivered": moved.modified_count}
        await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$inc": counts})
        return await resources.in_transaction(work)

    while not await retries(resources, corrected).run(key):
        pass
    assert (await assert_exact(key))["stats"]["delivered"] == 1
    assert [(row["status"], row["attempt"]) for row in await ledger(key)][1] == ("DELIVERED", 1)


async def test_one_that_has_lost_its_lease_changes_nothing_more(resources: Resources) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    pages = 0

    async def overtaken(work: Work) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            taken = {"retrying.token": "another"}
            await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": taken})
        return await resources.in_transaction(work)

    assert await retries(resources, overtaken).run(key)
    assert pages == 3
    assert (await assert_exact(key))["stats"]["queued"] == 20


@pytest.mark.parametrize("stop", [pause_campaign, cancel_campaign])
async def test_one_that_is_stopped_changes_nothing_more(resources: Resources, stop: Any) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    pages = 0

    async def stopped(work: Work) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            await stop(MARKETER, key, bus=resources.bus)
        return await resources.in_transaction(work)

    assert await retries(resources, stopped).run(key)
    assert (await assert_exact(key))["stats"]["queued"] == 20
    if stop is pause_campaign:
        await resume_campaign(MARKETER, key, bus=resources.bus)
        while not await retries(resources).run(key):
            pass
        await assert_all_put_back(key)


async def test_a_campaign_does_not_complete_while_something_is_still_put_back(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    assert not await complete_if_ended(key, bus=resources.bus, clock=resources.clock)
    monkeypatch.setattr(retrying, "TURN_SECONDS", 0.0)
    assert not await retries(resources).run(key)
    assert (await campaign_row(key))["status"] == "SENDING"


async def test_a_retry_of_which_nobody_was_told_is_found_and_ends(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await failed_campaign()

    async def lost(*_: object) -> None:
        raise BusError("away")

    monkeypatch.setattr(resources.bus, "publish", lost)
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    monkeypatch.undo()
    assert await Turn.count() == 0
    assert await free_retries() == [key]
    async with running(resources, StandInVendor(sends_receipts=False)):
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (76, 19)
    assert await free_retries() == []


async def test_what_failed_since_the_retry_passed_it_is_left_for_the_next(resources: Resources) -> None:
    key = await failed_campaign()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    pages = 0

    async def failing(work: Work) -> Any:
        nonlocal pages
        done = await resources.in_transaction(work)
        pages += 1
        if pages == 2:
            again = {"campaign_id": key, "attempt": 2, "status": "QUEUED"}
            failed = {"status": "FAILED", "reason": "OTHER"}
            moved = await Delivery.get_pymongo_collection().update_many(again, {"$set": failed})
            counts = {"stats.queued": -moved.modified_count, "stats.failed": moved.modified_count}
            await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$inc": counts})
        return done

    while not await retries(resources, failing).run(key):
        pass
    assert {row["attempt"] for row in await ledger(key)} == {1, 2}
    await assert_exact(key)
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    await retries(resources).run(key)
    assert sum(row["attempt"] == 3 for row in await ledger(key)) == 20
