"""Pause, resume, cancel and retry in the middle of everything, at two thousand recipients: all is exact."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.delivery import planner
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.delivery.vendors.port import OutcomeStatus, OutgoingMessage
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, assert_exact, campaign_row, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

RECIPIENTS = 2_000
SIZES = {"delivery_batch": 50, "lease_seconds": 5.0, "vendor_deadline_seconds": 2.0}


class SlowVendor(StandInVendor):
    """Takes a moment for a call, delivers by accepting, and can be asked nothing: who was handed over twice
    was written to twice."""

    def __init__(self, *, seconds: float = 0.05, **options: Any) -> None:
        super().__init__(sends_receipts=False, **options)
        self.seconds = seconds
        self.before = self._work

    async def _work(self, messages: Sequence[OutgoingMessage]) -> None:
        await asyncio.sleep(self.seconds)

    async def until_sent(self, count: int) -> None:
        async def reached() -> bool:
            return len(self.keys) >= count

        await until(reached)

    async def until_still(self, seconds: float = 0.7) -> None:
        """Return when nothing was handed over for so long."""
        sent = -1
        while len(self.keys) > sent:
            sent = len(self.keys)
            await asyncio.sleep(seconds)


async def begun(resources: Resources, count: int = RECIPIENTS) -> ObjectId:
    await make_customers(count)
    return await launch(resources)


async def all_delivered(key: ObjectId, vendor: StandInVendor, count: int = RECIPIENTS) -> None:
    row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == count
    assert len(vendor.keys) == count
    assert set(vendor.keys.values()) == {1}


async def statuses(key: ObjectId) -> Counter[tuple[str, str | None]]:
    return Counter((row["status"], row["reason"]) for row in await ledger(key))


async def test_paused_before_anything_is_written_down_and_resumed(resources: Resources) -> None:
    vendor = SlowVendor()
    key = await begun(resources)
    await pause_campaign(MARKETER, key, bus=resources.bus)
    async with running(resources, vendor, **SIZES):
        await asyncio.sleep(0.5)
        assert (await campaign_row(key))["stats"]["total"] == 0
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await all_delivered(key, vendor)


async def test_paused_in_the_middle_of_the_planning_and_resumed(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "PAGE_CUSTOMERS", 100)
    vendor = SlowVendor()
    key = await begun(resources)
    async with running(resources, vendor, **SIZES):

        async def written_in_part() -> bool:
            return bool(0 < (await campaign_row(key))["stats"]["total"] < RECIPIENTS)

        await until(written_in_part)
        await pause_campaign(MARKETER, key, bus=resources.bus)
        await asyncio.sleep(0.5)
        total = (await assert_exact(key))["stats"]["total"]
        await asyncio.sleep(0.3)
        assert (await assert_exact(key))["stats"]["total"] == total < RECIPIENTS
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await all_delivered(key, vendor)


async def test_paused_in_the_middle_of_a_range_that_goes_out_one_by_one_and_resumed(
    resources: Resources,
) -> None:
    vendor = SlowVendor(seconds=0.1, batch_limit=1)
    # Each message is a call: two ranges are enough.
    key = await begun(resources, 200)
    async with running(resources, vendor, **{**SIZES, "delivery_batch": 100, "lease_seconds": 30.0}):
        await vendor.until_sent(20)
        await pause_campaign(MARKETER, key, bus=resources.bus)
        await vendor.until_still()
        assert len(vendor.keys) < 200
        vendor.seconds = 0
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await all_delivered(key, vendor, 200)


async def test_paused_and_resumed_twenty_times(resources: Resources) -> None:
    vendor = SlowVendor(seconds=0.3)
    key = await begun(resources)
    async with running(resources, vendor, **SIZES):
        for _ in range(20):
            await pause_campaign(MARKETER, key, bus=resources.bus)
            await asyncio.sleep(0.02)
            await resume_campaign(MARKETER, key, bus=resources.bus)
            await asyncio.sleep(0.01)
        vendor.seconds = 0
        await all_delivered(key, vendor)


async def test_receipts_that_come_in_a_pause_count_and_the_resume_completes(resources: Resources) -> None:
    vendor = StandInVendor()
    key = await begun(resources)
    async with running(resources, vendor, **SIZES) as runner:
        await until_stats(key, sent=RECIPIENTS)
        await pause_campaign(MARKETER, key, bus=resources.bus)
        news = [Receipt(sent.rpartition("-")[0], ReceiptStatus.DELIVERED, attempt=1) for sent in vendor.keys]
        await runner.work.writer.submit(key, news)
        row = await assert_exact(key)
        assert (row["status"], row["stats"]["delivered"]) == ("PAUSED", RECIPIENTS)
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await until_status(key, "COMPLETED")


@pytest.mark.parametrize("paused", [False, True], ids=["sending", "paused"])
async def test_cancelled_in_the_middle(resources: Resources, *, paused: bool) -> None:
    vendor = SlowVendor()
    key = await begun(resources)
    async with running(resources, vendor, **SIZES):
        await vendor.until_sent(300)
        if paused:
            await pause_campaign(MARKETER, key, bus=resources.bus)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        row = await until_stats(key, queued=0)
        ends = await statuses(key)
        assert set(ends) == {("DELIVERED", None), ("SKIPPED", "CANCELLED")}
        assert ends["DELIVERED", None] == len(vendor.keys)
        assert row["status"] == "CANCELLED"
        assert row["stats"]["total"] == RECIPIENTS
        assert set(vendor.keys.values()) == {1}


async def test_cancelled_in_the_middle_of_the_planning(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "PAGE_CUSTOMERS", 100)
    vendor = SlowVendor()
    key = await begun(resources)
    async with running(resources, vendor, **SIZES):

        async def written_in_part() -> bool:
            return bool((await campaign_row(key))["stats"]["total"] >= 200)

        await until(written_in_part)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        row = await until_stats(key, queued=0)
        assert row["planning"]["done"]
        assert row["stats"]["total"] < RECIPIENTS
        assert (await statuses(key))["DELIVERED", None] == len(vendor.keys)


async def refused(resources: Resources, vendor: StandInVendor, count: int) -> set[str]:
    """Let the vendor refuse the first `count`; their addresses."""
    addresses = {f"c{number}@example.com" for number in range(count)}
    vendor.statuses = dict.fromkeys(addresses, OutcomeStatus.REJECTED)
    return addresses


async def test_retried_and_what_failed_again_retried_again(resources: Resources) -> None:
    vendor = SlowVendor(seconds=0)
    key = await begun(resources)
    await refused(resources, vendor, 1_500)
    async with running(resources, vendor, **SIZES):
        await until_status(key, "COMPLETED")
        for left in (700, 0):
            await refused(resources, vendor, left)
            await retry_campaign(MARKETER, key, None, bus=resources.bus)
            row = await until_status(key, "COMPLETED")
            assert (row["stats"]["failed"], row["stats"]["delivered"]) == (left, RECIPIENTS - left)
    attempts = Counter(row["attempt"] for row in await ledger(key))
    assert attempts == {1: 500, 2: 800, 3: 700}
    assert sum(vendor.keys.values()) == len(vendor.keys) == 500 + 2 * 800 + 3 * 700


async def test_a_retry_paused_resumed_and_cancelled(resources: Resources) -> None:
    vendor = SlowVendor(seconds=0)
    key = await begun(resources)
    await refused(resources, vendor, 1_500)
    async with running(resources, vendor, **SIZES):
        await until_status(key, "COMPLETED")
        await refused(resources, vendor, 0)
        vendor.seconds = 0.05
        await retry_campaign(MARKETER, key, None, bus=resources.bus)
        await vendor.until_sent(RECIPIENTS + 200)
        await pause_campaign(MARKETER, key, bus=resources.bus)
        await asyncio.sleep(0.3)
        sent = len(vendor.keys)
        await resume_campaign(MARKETER, key, bus=resources.bus)
        await vendor.until_sent(sent + 200)
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        row = await until_stats(key, queued=0)
    ends = await statuses(key)
    assert row["stats"]["total"] == RECIPIENTS
    assert ends["DELIVERED", None] == len(vendor.keys) - 1_500
    assert ends["SKIPPED", "CANCELLED"] > 0


async def test_receipts_of_an_earlier_attempt_change_nothing_after_a_retry(resources: Resources) -> None:
    vendor = StandInVendor()
    await make_customers(50)
    key = await launch(resources)
    async with running(resources, vendor, **SIZES) as runner:
        await until_stats(key, sent=50)
        first = [sent.rpartition("-")[0] for sent in vendor.keys]
        lost = [
            Receipt(one, ReceiptStatus.FAILED, attempt=1, reason=DeliveryReason.NO_RECEIPT) for one in first
        ]
        await runner.work.writer.submit(key, lost)
        await until_status(key, "COMPLETED")
        await retry_campaign(MARKETER, key, [DeliveryReason.NO_RECEIPT], bus=resources.bus)
        await until_stats(key, sent=50)
        late = [Receipt(one, ReceiptStatus.DELIVERED, attempt=1) for one in first]
        await runner.work.writer.submit(key, late)
        assert (await assert_exact(key))["stats"]["sent"] == 50
        bounced = [
            Receipt(one, ReceiptStatus.FAILED, attempt=2, reason=DeliveryReason.BOUNCED) for one in first
        ]
        await runner.work.writer.submit(key, bounced)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["failed"] == 50
    assert {sent.rpartition("-")[2] for sent in vendor.keys} == {"1", "2"}


async def test_who_was_suppressed_or_erased_since_is_not_written_to_again(resources: Resources) -> None:
    vendor = SlowVendor(seconds=0)
    await make_customers(3)
    key = await launch(resources)
    await refused(resources, vendor, 3)
    async with running(resources, vendor, **SIZES):
        await until_status(key, "COMPLETED")
        await refused(resources, vendor, 0)
        await suppress(Channel.EMAIL, ["c0@example.com"], SuppressionReason.MANUAL, now=resources.clock.now())
        erased = {"campaign_id": key, "address": "c1@example.com"}
        await Delivery.get_pymongo_collection().update_one(erased, {"$set": {"erased": True}})
        await retry_campaign(MARKETER, key, None, bus=resources.bus)
        await until_status(key, "COMPLETED")
    rows = [(row["status"], row["reason"], row["attempt"]) for row in await ledger(key)]
    assert rows == [("SKIPPED", "SUPPRESSED", 2), ("FAILED", "VENDOR_REJECTED", 1), ("DELIVERED", None, 2)]
