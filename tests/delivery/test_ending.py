"""Ends of campaigns: what is queued is skipped at any pace, and what a vendor may have had is not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bus.port import BusError
from crm_graphql.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.vendors.port import OutgoingMessage, VendorUnavailable, VendorUncertain
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, campaign_row, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor


async def ends(key: ObjectId) -> Counter[tuple[str, str | None]]:
    return Counter((row["status"], row["reason"]) for row in await ledger(key))


async def set_campaign(key: ObjectId, **values: Any) -> None:
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": values})


async def test_a_cancelled_campaign_ends_at_once_whatever_its_pace_was(resources: Resources) -> None:
    vendor = StandInVendor(sends_receipts=False)
    await make_customers(500)
    key = await launch(resources, terms=Terms(rate_per_second=1))
    async with running(resources, vendor):
        await until_stats(key, total=500)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        await until_stats(key, queued=0)
    assert (await ends(key))["SKIPPED", "CANCELLED"] >= 480


async def test_a_cancelled_campaign_ends_while_its_vendor_is_away(resources: Resources) -> None:
    vendor = StandInVendor()

    async def away(messages: Sequence[OutgoingMessage]) -> None:
        raise VendorUnavailable("status 503", retry_after_seconds=30.0)

    vendor.before = away
    await make_customers(50)
    key = await launch(resources)
    async with running(resources, vendor):
        await until_stats(key, total=50)
        await asyncio.sleep(0.3)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        # Less than the vendor asked for.
        await until_stats(key, skipped=50, seconds=25)
    assert vendor.keys == Counter()


@pytest.mark.parametrize("can_look_up", [True, False])
async def test_what_a_vendor_may_have_had_is_not_called_skipped(
    resources: Resources, *, can_look_up: bool
) -> None:
    vendor = StandInVendor(can_look_up=can_look_up, sends_receipts=False)

    is_cancelled = asyncio.Event()

    async def cut_off(messages: Sequence[OutgoingMessage]) -> None:
        await is_cancelled.wait()
        raise VendorUncertain("the connection broke")

    vendor.after = cut_off
    await make_customers(20)
    key = await launch(resources)
    # Where it cannot be asked, the sender itself would end what was in doubt.
    async with running(resources, vendor, delivery_batch=20, lease_seconds=20.0):
        await until_stats(key, total=20)

        async def handed_over() -> bool:
            return len(vendor.keys) == 20

        await until(handed_over)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        is_cancelled.set()
        await SendRange.get_pymongo_collection().update_many({}, {"$set": {"lease_until": None}})
        await until_stats(key, queued=0)
    expected = ("DELIVERED", None) if can_look_up else ("FAILED", "OUTCOME_UNKNOWN")
    assert await ends(key) == {expected: 20}


async def test_what_waits_for_a_moment_of_its_own_is_skipped_too(resources: Resources) -> None:
    vendor = StandInVendor()
    await make_customers(20)
    now = await database_now()
    began, ends_at = now - timedelta(hours=1), now + timedelta(hours=1)
    hours = {"from": f"{began:%H:%M}", "until": f"{ends_at:%H:%M}"}
    key = await launch(resources, terms=Terms(quiet_hours=hours))
    async with running(resources, vendor):
        await until_stats(key, deferred=20)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        row = await until_stats(key, skipped=20, queued=0)
    assert row["stats"]["deferred"] == 0
    assert await ends(key) == {("SKIPPED", "CANCELLED"): 20}


async def test_a_cancel_of_which_nobody_was_told_is_found(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(30)
    key = await launch(resources)
    vendor = StandInVendor()
    async with running(resources, vendor):
        await until_stats(key, sent=30)
    await Delivery.get_pymongo_collection().update_many({}, {"$set": {"status": "QUEUED", "sent_at": None}})
    await set_campaign(key, **{"stats.queued": 30, "stats.sent": 0})
    fresh = {"state": "PENDING", "claims": 0, "first_claimed_at": None}
    await SendRange.get_pymongo_collection().update_many({}, {"$set": fresh})

    async def lost(*_: object) -> None:
        raise BusError("away")

    monkeypatch.setattr(resources.bus, "publish", lost)
    await cancel_campaign(MARKETER, key, bus=resources.bus)
    monkeypatch.undo()
    await Turn.get_pymongo_collection().delete_many({})
    async with running(resources, vendor):
        await until_stats(key, skipped=30)


@pytest.mark.parametrize("rate", [None, 1])
async def test_after_its_end_what_is_left_expires_and_the_campaign_completes(
    resources: Resources, rate: int | None
) -> None:
    vendor = StandInVendor(sends_receipts=False)
    await make_customers(300)
    key = await launch(resources, terms=Terms(rate_per_second=rate))
    over = await database_now() - timedelta(seconds=1)
    await set_campaign(key, send_before=over)
    async with running(resources, vendor):
        await until_status(key, "COMPLETED")
    assert await ends(key) == {("SKIPPED", "EXPIRED"): 300}


async def test_a_pause_over_its_end_expires_the_rest_at_the_resume(resources: Resources) -> None:
    vendor = StandInVendor(sends_receipts=False)
    await make_customers(30)
    key = await launch(resources)
    await pause_campaign(MARKETER, key, bus=resources.bus)
    await set_campaign(key, send_before=await database_now())
    async with running(resources, vendor):
        await asyncio.sleep(0.3)
        assert (await campaign_row(key))["status"] == "PAUSED"
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await until_status(key, "COMPLETED")
    assert await ends(key) == {("SKIPPED", "EXPIRED"): 30}


@pytest.mark.parametrize("stop", [pause_campaign, cancel_campaign])
async def test_receipts_that_never_come_are_given_up_in_a_stopped_campaign_too(
    resources: Resources, stop: Any
) -> None:
    vendor = StandInVendor()
    await make_customers(10)
    key = await launch(resources)
    async with running(resources, vendor, receipt_timeout_seconds=1) as runner:
        await until_stats(key, sent=10)
        await stop(MARKETER, key, bus=resources.bus)
        arrived = Receipt(next(iter(vendor.keys)).rpartition("-")[0], ReceiptStatus.DELIVERED, attempt=1)
        await runner.work.writer.submit(key, [arrived])
        await until_stats(key, failed=9, delivered=1)
    assert (await ends(key))["FAILED", "NO_RECEIPT"] == 9
