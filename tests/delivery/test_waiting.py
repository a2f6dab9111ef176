"""Messages that wait by themselves: they keep nothing back, are found again when due, and go out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.delivery import handover as handover_module
from crm_graphql.delivery import not_taken as not_taken_module
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.messages import SEND_QUEUE, Receipt, ReceiptStatus
from crm_graphql.delivery.ranges import claim_range, finish_range, queued_rows, ranges_of
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorAccountFault,
    VendorUnavailable,
)
from crm_graphql.delivery.waiting import Deferral, Waiting
from crm_graphql.delivery.waking import wake_due
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, campaign_row, launch, make_customers, make_ledger
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor
from tests.profiling import documents_examined, profiled

SOON = timedelta(seconds=0.5)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def tools(resources: Resources) -> Waiting:
    return Waiting(resources.in_transaction, resources.bus, CampaignLocks(), 200)


def puts_off(
    who: Callable[[OutgoingMessage], bool], *, times: int = 1, seconds: float = 0.5
) -> Callable[[OutgoingMessage], Outcome | None]:
    """The vendor takes these only after so many tries."""
    tries: dict[str, int] = {}

    def refuse(message: OutgoingMessage) -> Outcome | None:
        tries[message.key] = tries.get(message.key, 0) + 1
        if not who(message) or tries[message.key] > times:
            return None
        return Outcome(
            message.key,
            OutcomeStatus.DEFERRED,
            reason_text="451 later",
            fault=Fault.TRANSIENT,
            retry_after_seconds=seconds,
        )

    return refuse


def faulty(message: OutgoingMessage, text: str = "The sender is blocked.") -> Outcome:
    return Outcome(message.key, OutcomeStatus.DEFERRED, reason_text=text, fault=Fault.ACCOUNT)


async def resume(key: ObjectId) -> None:
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": "SENDING"}})


async def defer_all(resources: Resources, count: int, not_before: datetime) -> tuple[ObjectId, list[str]]:
    """A campaign all of whose messages wait."""
    key, ids = await make_ledger(count)
    await SendRange.get_pymongo_collection().insert_many(ranges_of(key, range(count), count))
    claim = await claim_range(key, lease_seconds=30)
    assert claim is not None
    deferrals = [Deferral(ObjectId(one), not_before) for one in ids]
    await tools(resources).defer(claim, deferrals, doubtful_since=None)
    await finish_range(claim)
    return key, ids


async def test_a_message_that_waits_keeps_no_other_back_and_goes_out_once(resources: Resources) -> None:
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = puts_off(lambda message: message.address == "c4@example.com", seconds=1.5)
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_stats(key, delivered=29, queued=1, deferred=1)
        waiting = next(one for one in await ledger(key) if one["status"] == "QUEUED")
        assert waiting["not_before"] > row["updated_at"]
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["deferred"]) == (30, 0)
    assert set(vendor.keys.values()) == {1}
    assert {one["attempt"] for one in await ledger(key)} == {1}


async def test_what_is_put_off_too_often_fails_with_the_vendors_words(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(not_taken_module, "PUT_OFF_LIMIT", 2)
    await make_customers(3)
    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = puts_off(lambda message: message.address == "c1@example.com", times=99, seconds=0.1)
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (2, 1)
    failed = next(one for one in await ledger(key) if one["status"] == "FAILED")
    assert (failed["reason"], failed["put_off"]) == ("VENDOR_REJECTED", 2)
    assert "451 later" in failed["reason_text"]


@pytest.mark.parametrize("whole_call", [True, False], ids=["of the call", "in the middle of a batch"])
async def test_a_fault_of_the_account_pauses_the_campaign_and_burns_nobody(
    resources: Resources, whole_call: bool
) -> None:
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False)
    is_blocked = True

    async def refuse_call(_messages: Sequence[OutgoingMessage]) -> None:
        if is_blocked:
            raise VendorAccountFault("The key is not good any more.")

    if whole_call:
        vendor.before = refuse_call
    else:
        vendor.refuse = lambda one: faulty(one) if is_blocked and one.address[1] in "234" else None
    async with running(resources, vendor):
        key = await launch(resources)

        async def paused() -> bool:
            held = {"campaign_id": key, "state": "PENDING", "token": {"$ne": None}}
            is_held = await SendRange.get_pymongo_collection().find_one(held) is not None
            return bool((await campaign_row(key))["status"] == "PAUSED" and not is_held)

        await until(paused)
        row = await campaign_row(key)
        assert row["pause_reason"] in ("The key is not good any more.", "The sender is blocked.")
        assert row["stats"]["failed"] + row["stats"]["skipped"] == 0
        is_blocked = False
        await resume(key)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 30
    assert set(vendor.keys.values()) == {1}


async def test_an_outage_in_the_middle_of_a_range_leaves_no_doubt_about_the_rest(
    resources: Resources,
) -> None:
    """The vendor neither dedupes nor can be asked: what it never had must not end as unknown."""
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False, batch_limit=3)
    calls = iter(range(100))

    async def away(_messages: Sequence[OutgoingMessage]) -> None:
        if next(calls) in (2, 7):
            raise VendorUnavailable("503", retry_after_seconds=0.1)

    vendor.before = away
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (30, 0)
    assert set(vendor.keys.values()) == {1}


async def test_a_campaign_that_is_paused_is_not_called_for_any_more_and_doubts_nothing(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(40)
    vendor = StandInVendor(sends_receipts=False, batch_limit=1)
    monkeypatch.setattr("crm_graphql.delivery.calls.LOOK_SECONDS", 0.0)
    key = ObjectId()

    async def pause(_messages: Sequence[OutgoingMessage]) -> None:
        if len(vendor.keys) == 4:
            await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": "PAUSED"}})

    vendor.before = pause
    async with running(resources, vendor, senders=1, delivery_batch=40):
        key = await launch(resources)
        await until_stats(key, delivered=5)
        vendor.before = None
        assert len(vendor.keys) == 5
        await resume(key)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (40, 0)
    assert set(vendor.keys.values()) == {1}


async def test_who_dies_after_putting_messages_off_sends_nothing_twice_and_forgets_none(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end comes between the answer that puts some off, and the end of the range."""
    await make_customers(30)
    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = puts_off(lambda message: message.address[1] in "23", seconds=0.2)
    deaths = iter(range(2))

    async def finish_or_die(claim: Any) -> bool:
        if next(deaths, None) is not None:
            raise RuntimeError("the process ends here")
        return await finish_range(claim)

    monkeypatch.setattr(handover_module, "finish_range", finish_or_die)
    # So long that nobody loses a range but who died.
    async with running(resources, vendor, lease_seconds=8.0):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (30, 0)
    assert set(vendor.keys.values()) == {1}


async def test_two_thousand_that_are_due_at_one_moment_all_go_back_to_work(resources: Resources) -> None:
    key, _ = await defer_all(resources, 2_300, datetime.now(UTC) - SOON)
    assert (await assert_exact(key))["stats"]["deferred"] == 2_300
    waiting = tools(resources)
    assert [await waiting.release_due(key) for _ in range(3)] == [2_000, 300, 0]
    assert (await assert_exact(key))["stats"]["deferred"] == 0
    numbers: list[int] = []
    while claim := await claim_range(key, lease_seconds=30):
        assert not claim.is_repeat
        numbers += [row["number"] for row in await queued_rows(claim, ("number",))]
    assert sorted(numbers) == list(range(2_300))


async def test_what_is_not_due_or_paused_is_not_released(resources: Resources) -> None:
    later, _ = await defer_all(resources, 3, LATER)
    paused, _ = await defer_all(resources, 3, datetime.now(UTC) - SOON)
    await Campaign.get_pymongo_collection().update_one({"_id": paused}, {"$set": {"status": "PAUSED"}})
    before = [await campaign_row(later), await campaign_row(paused)]
    assert await tools(resources).release_due(later) == await tools(resources).release_due(paused) == 0
    assert [await campaign_row(later), await campaign_row(paused)] == before


async def test_a_look_for_what_is_due_reads_no_document_where_nothing_is(resources: Resources) -> None:
    for _ in range(3):
        await defer_all(resources, 3, LATER)
    async with profiled(resources.database) as commands:
        await wake_due(tools(resources), bus=resources.bus)
    ours = [one for one in commands if one["ns"].partition(".")[2] in ("campaigns", "deliveries")]
    assert len(ours) == 1 + 3
    assert documents_examined(ours) == {}


async def test_senders_are_told_of_what_is_due(resources: Resources) -> None:
    key, _ = await defer_all(resources, 3, datetime.now(UTC) - SOON)
    later, _ = await defer_all(resources, 3, LATER)
    await wake_due(tools(resources), bus=resources.bus)
    turns = await resources.database.turns.find({"queue": SEND_QUEUE}).to_list()
    assert {row["work_id"] for row in turns} == {key}
    assert [(await campaign_row(one))["stats"]["deferred"] for one in (key, later)] == [0, 3]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_receipt_for_a_message_that_waits_ends_its_waiting(resources: Resources, times: int) -> None:
    key, ids = await defer_all(resources, 3, datetime.now(UTC) + timedelta(hours=1))
    writer = LedgerWriter(
        transact=resources.in_transaction, bus=resources.bus, clock=resources.clock, locks=CampaignLocks()
    )
    early = Receipt(ids[1], ReceiptStatus.DELIVERED, attempt=1)
    for _ in range(times):
        await writer.submit(key, [early])
    stats = (await assert_exact(key))["stats"]
    assert (stats["delivered"], stats["queued"], stats["deferred"]) == (1, 2, 2)
    rows = await Delivery.get_pymongo_collection().find({"not_before": {"$ne": None}}).to_list()
    assert {str(row["_id"]) for row in rows} == {ids[0], ids[2]}


async def test_who_has_lost_a_range_puts_nothing_of_it_off(resources: Resources) -> None:
    key, ids = await make_ledger(3)
    await SendRange.get_pymongo_collection().insert_many(ranges_of(key, range(3), 3))
    claim = await claim_range(key, lease_seconds=-1)
    assert claim is not None
    other = await claim_range(key, lease_seconds=30)
    assert other is not None
    with pytest.raises(LeaseLost):
        await tools(resources).defer(claim, [Deferral(ObjectId(ids[0]), LATER)], doubtful_since=None)
    assert len(await queued_rows(other, ())) == 3
    assert (await assert_exact(key))["stats"].get("deferred", 0) == 0


async def test_doubt_outlives_the_waiting(resources: Resources) -> None:
    """A vendor may have had it before it was put off: whoever sends it next must know."""
    key, ids = await make_ledger(2)
    await SendRange.get_pymongo_collection().insert_many(ranges_of(key, range(2), 2))
    claim = await claim_range(key, lease_seconds=30)
    assert claim is not None
    since = claim.first_claimed_at - timedelta(hours=2)
    due = datetime.now(UTC) - SOON
    await tools(resources).defer(claim, [Deferral(ObjectId(ids[0]), due)], doubtful_since=since)
    await tools(resources).defer(claim, [Deferral(ObjectId(ids[1]), due)], doubtful_since=None)
    await tools(resources).release_due(key)
    claims = [await claim_range(key, lease_seconds=30) for _ in range(2)]
    found = {one.first: (one.is_repeat, one.first_claimed_at == since) for one in claims if one}
    assert found == {0: (True, True), 1: (False, False)}
