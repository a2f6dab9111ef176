"""From launch to outcomes with a vendor that fails in every way: each message once, none forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.bus.port import BusError, Queue
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery import handover as handover_module
from crm_graphql.delivery import ranges as ranges_module
from crm_graphql.delivery import reconcile as reconcile_module
from crm_graphql.delivery.documents import Delivery, DeliveryReason, ParkedReceipt, SendRange
from crm_graphql.delivery.vendors.port import (
    OutcomeStatus,
    OutgoingMessage,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.mongo import turns as turns_module
from crm_graphql.resources import Resources
from tests.delivery.factories import launch, make_customers
from tests.delivery.running import running, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

DAY = timedelta(days=1)


async def reasons(key: Any) -> dict[str | None, int]:
    cursor = await Delivery.get_pymongo_collection().aggregate(
        [{"$match": {"campaign_id": key}}, {"$group": {"_id": "$reason", "count": {"$sum": 1}}}]
    )
    return {group["_id"]: group["count"] async for group in cursor}


async def test_a_vendor_without_receipts_delivers_by_accepting(resources: Resources) -> None:
    await make_customers(45, without_address=5)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["skipped"]) == (40, 5)
    assert set(vendor.keys.values()) == {1}
    assert "Hi Name 7" in vendor.bodies.values()


async def test_what_the_vendor_rejects_fails_with_its_reason(resources: Resources) -> None:
    await make_customers(5)
    vendor = StandInVendor(sends_receipts=False)
    vendor.statuses["c3@example.com"] = OutcomeStatus.REJECTED
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (4, 1)
    assert (await reasons(key))[DeliveryReason.VENDOR_REJECTED.value] == 1


async def test_accepted_messages_wait_for_their_receipts(resources: Resources) -> None:
    await make_customers(12)
    async with running(resources, StandInVendor()):
        key = await launch(resources)
        row = await until_stats(key, sent=12)
    assert row["status"] == "SENDING"


async def test_a_template_error_fails_its_row_alone(resources: Resources) -> None:
    customers = await make_customers(6)
    await Customer.get_pymongo_collection().update_one({"_id": customers[2]}, {"$set": {"city": "Nowhere"}})
    body = "{% if customer.city == 'Nowhere' %}{{ 8 | divided_by: 0 }}{% endif %}Hi"
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources, message=MessageTemplate(subject="S", body=body))
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (5, 1)
    assert (await reasons(key))[DeliveryReason.TEMPLATE_ERROR.value] == 1
    assert len(vendor.keys) == 5


async def test_an_outage_is_waited_out(resources: Resources) -> None:
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False)
    failures = iter(range(6))

    async def away(_messages: Sequence[OutgoingMessage]) -> None:
        if next(failures, None) is not None:
            raise VendorUnavailable("503", retry_after_seconds=0.1)

    vendor.before = away
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 30
    assert set(vendor.keys.values()) == {1}


@pytest.mark.parametrize(
    ("dedupes_for", "can_look_up"),
    [(DAY, True), (DAY, False), (None, True)],
    ids=["both", "dedupes", "looks up"],
)
async def test_an_answer_that_is_cut_off_is_sent_once_in_the_end(
    resources: Resources, dedupes_for: timedelta | None, can_look_up: bool
) -> None:
    await make_customers(30)
    vendor = StandInVendor(dedupes_for=dedupes_for, can_look_up=can_look_up, sends_receipts=False)
    cuts = iter(range(3))

    async def cut(_messages: Sequence[OutgoingMessage]) -> None:
        if next(cuts, None) is not None:
            raise VendorUncertain("cut")

    vendor.after = cut
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 30
    assert set(vendor.keys.values()) == {1}
    assert bool(vendor.looked_up) == (dedupes_for is None)


async def test_without_dedupe_or_look_up_a_cut_off_message_is_not_sent_again(resources: Resources) -> None:
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False)
    cuts = iter(range(1))

    async def cut(_messages: Sequence[OutgoingMessage]) -> None:
        if next(cuts, None) is not None:
            raise VendorUncertain("cut")

    vendor.after = cut
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (20, 10)
    assert (await reasons(key))[DeliveryReason.OUTCOME_UNKNOWN.value] == 10
    assert len(vendor.keys) == 30
    assert set(vendor.keys.values()) == {1}


async def test_one_unclear_outcome_concerns_its_message_alone(resources: Resources) -> None:
    await make_customers(10)
    vendor = StandInVendor(sends_receipts=False)
    vendor.statuses["c4@example.com"] = OutcomeStatus.UNKNOWN
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (9, 1)


VENDORS = [(DAY, False, 0), (None, True, 0), (None, False, 10)]


@pytest.mark.parametrize("step", ["claimed", "taken", "published"])
@pytest.mark.parametrize(
    ("dedupes_for", "can_look_up", "unknown"), VENDORS, ids=["dedupes", "looks up", "neither"]
)
async def test_a_sender_that_dies_at_any_step_sends_nothing_twice(
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    dedupes_for: timedelta | None,
    can_look_up: bool,
    unknown: int,
) -> None:
    """The step fails so that nothing after it happens, as in a process that ended there."""
    await make_customers(30)
    vendor = StandInVendor(dedupes_for=dedupes_for, can_look_up=can_look_up, sends_receipts=False)
    deaths = iter(range(1))

    async def die(*_: object, **__: object) -> None:
        if next(deaths, None) is not None:
            raise RuntimeError("the process ends here")

    if step == "claimed":
        vendor.before = die
    elif step == "taken":
        vendor.after = die
    else:
        finish = ranges_module.finish_range

        async def finish_or_die(claim: Any) -> bool:
            await die()
            return await finish(claim)

        monkeypatch.setattr(handover_module, "finish_range", finish_or_die)
    # A busy machine must not end a call that is well: of these vendors it would be unknown for good.
    async with running(resources, vendor, lease_seconds=2.0, vendor_deadline_seconds=0.9):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    # What was published before the death is known, whatever the vendor can do.
    lost = 0 if step == "published" else unknown
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (30 - lost, lost)
    assert (await reasons(key)).get(DeliveryReason.OUTCOME_UNKNOWN.value, 0) == lost
    assert set(vendor.keys.values()) == {1}


async def test_outcomes_outlive_a_bus_that_is_away(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(30)
    publish = resources.bus.publish
    away = iter(range(2))

    async def sometimes(queue: Queue, *messages: Any) -> None:
        if queue.startswith("receipts.") and next(away, None) is not None:
            raise BusError("away")
        await publish(queue, *messages)

    monkeypatch.setattr(resources.bus, "publish", sometimes)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor, parked_receipt_seconds=1):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 30
    assert await ParkedReceipt.count() == 0


async def test_small_vendor_batches_and_late_ranges_stay_exact(resources: Resources) -> None:
    await make_customers(53)
    vendor = StandInVendor(dedupes_for=DAY, sends_receipts=False, batch_limit=3)
    async with running(resources, vendor):
        key = await launch(resources)
        await until_status(key, "COMPLETED")
    assert len(vendor.keys) == 53
    assert await SendRange.find({"state": "PENDING"}).count() == 0


async def test_lost_messages_are_found_again(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_customers(25)
    monkeypatch.setattr(turns_module, "UNHEARD_SECONDS", 0.3)

    async def lost(*_: object) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(resources.bus, "publish", lost)
        key = await launch(resources)
    publish = resources.bus.publish
    hints = iter(range(3))

    async def forgetful(queue: Queue, *messages: Any) -> None:
        if queue == "campaign.send" and next(hints, None) is not None:
            return
        await publish(queue, *messages)

    monkeypatch.setattr(resources.bus, "publish", forgetful)
    async with running(resources, StandInVendor(sends_receipts=False)):
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 25


async def test_no_receipt_in_time_fails(resources: Resources) -> None:
    await make_customers(5)
    async with running(resources, StandInVendor(), receipt_timeout_seconds=1):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["failed"] == 5
    assert (await reasons(key)) == {DeliveryReason.NO_RECEIPT.value: 5}


async def test_a_stop_in_the_middle_is_picked_up_by_the_next(resources: Resources) -> None:
    await make_customers(100)
    vendor = StandInVendor(dedupes_for=DAY, sends_receipts=False)

    async def slow(_messages: Sequence[OutgoingMessage]) -> None:
        await asyncio.sleep(0.05)

    vendor.before = slow
    async with running(resources, vendor, senders=1):
        key = await launch(resources)
        await asyncio.sleep(0.2)
    async with running(resources, vendor):
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 100
    assert set(vendor.keys.values()) == {1}


async def test_outcomes_that_a_broker_lost_are_asked_for_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(30)
    monkeypatch.setattr(reconcile_module, "LOST_SECONDS", 0.3)
    publish = resources.bus.publish
    losses = iter(range(2))

    async def losing(queue: Queue, *messages: Any) -> None:
        if not queue.startswith("receipts.") or next(losses, None) is None:
            await publish(queue, *messages)

    monkeypatch.setattr(resources.bus, "publish", losing)
    vendor = StandInVendor(dedupes_for=DAY, sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 30
    assert set(vendor.keys.values()) == {1}
