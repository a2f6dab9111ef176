"""Vendors whose answer stays unclear: it ends, for the message at fault alone, over restarts too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.delivery import doubt as doubt_module
from crm_graphql.delivery import doubtful as doubtful_module
from crm_graphql.delivery.documents import DeliveryReason, SendRange
from crm_graphql.delivery.doubt import SILENT_CALLS, WHOLE_TRIES, CallSizes, delay_seconds
from crm_graphql.delivery.vendors.port import OutcomeStatus, OutgoingMessage, VendorUncertain
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_status
from tests.delivery.stand_in import StandInVendor

DAY = timedelta(days=1)
FAULT = "c7@example.com"
QUICK: dict[str, Any] = {"vendor_deadline_seconds": 0.05, "delivery_batch": 40}


def stumbling(*, dedupes_for: timedelta | None = None, can_look_up: bool = False) -> StandInVendor:
    """Answers nothing clear to a call that holds the message at fault."""
    vendor = StandInVendor(dedupes_for=dedupes_for, can_look_up=can_look_up, sends_receipts=False)

    async def stumble(messages: Sequence[OutgoingMessage]) -> None:
        if any(message.address == FAULT for message in messages):
            raise VendorUncertain("status 500")

    vendor.before = stumble
    return vendor


@pytest.mark.parametrize(
    ("dedupes_for", "can_look_up", "reason"),
    [
        (DAY, True, DeliveryReason.VENDOR_REJECTED),
        (None, True, DeliveryReason.VENDOR_REJECTED),
        (DAY, False, DeliveryReason.OUTCOME_UNKNOWN),
    ],
    ids=["both", "looks up", "dedupes"],
)
async def test_a_message_that_a_vendor_stumbles_over_ends_alone(
    resources: Resources, dedupes_for: timedelta | None, can_look_up: bool, reason: DeliveryReason
) -> None:
    await make_customers(40)
    vendor = stumbling(dedupes_for=dedupes_for, can_look_up=can_look_up)
    async with running(resources, vendor, **QUICK):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (39, 1)
    assert [(one["address"], one["reason"]) for one in await ledger(key) if one["status"] == "FAILED"] == [
        (FAULT, reason.value)
    ]
    assert set(vendor.keys.values()) == {1}


async def test_an_outcome_that_stays_unclear_ends_unknown(resources: Resources) -> None:
    await make_customers(10)
    vendor = StandInVendor(dedupes_for=DAY, sends_receipts=False)
    vendor.statuses[FAULT] = OutcomeStatus.UNKNOWN
    async with running(resources, vendor, **QUICK):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (9, 1)


async def test_a_restart_does_not_begin_to_count_anew(resources: Resources) -> None:
    """No process lives long enough to see more than a doubt or two."""
    await make_customers(8)
    vendor = stumbling(dedupes_for=DAY, can_look_up=True)
    key = await launch(resources)
    for _ in range(40):
        seen = (await _doubts()) + 1
        async with running(resources, vendor, **QUICK):

            async def moved(seen: int = seen) -> bool:
                return (await campaign_row(key))["status"] == "COMPLETED" or await _doubts() >= seen

            await until(moved)
        if (await campaign_row(key))["status"] == "COMPLETED":
            break
    assert await _doubts() > 3
    row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (7, 1)


async def _doubts() -> int:
    row = await SendRange.get_pymongo_collection().find_one({})
    return row["doubts"] if row else 0


async def test_a_vendor_that_answers_nothing_is_waited_for_and_everything_goes(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(40)
    monkeypatch.setattr(doubt_module, "_LONGEST_DELAY", 1)
    vendor = StandInVendor(dedupes_for=DAY, can_look_up=True, sends_receipts=False)
    calls = iter(range(15))

    async def ill(_messages: Sequence[OutgoingMessage]) -> None:
        if next(calls, None) is not None:
            raise VendorUncertain("status 500")

    vendor.before = ill
    async with running(resources, vendor, **QUICK):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["delivered"] == 40
    # Ten calls in which one was alone, at most: after the illness calls grow again.
    assert vendor.calls < 15 + 12


async def test_the_only_message_of_a_vendor_that_answers_nothing_ends_in_the_end(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(1)
    monkeypatch.setattr(doubt_module, "_LONGEST_DELAY", 1)
    monkeypatch.setattr(doubtful_module, "STRIKES", 3)
    vendor = StandInVendor(dedupes_for=DAY, sends_receipts=False)

    async def ill(_messages: Sequence[OutgoingMessage]) -> None:
        raise VendorUncertain("status 500")

    vendor.before = ill
    async with running(resources, vendor, **QUICK):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["failed"], vendor.calls) == (1, 3)


def test_calls_are_whole_then_halves_and_grow_with_what_works() -> None:
    sizes = [CallSizes(200, doubts=doubts, batch_limit=150).size for doubts in range(WHOLE_TRIES + 2)]
    assert sizes == [150, 150, 100, 50]
    calls = CallSizes(200, doubts=20, batch_limit=150)
    assert calls.size == 1
    for _ in range(3):
        calls.note(answered=True)
    assert calls.size == 8
    for _ in range(SILENT_CALLS):
        assert calls.go_on
        calls.note(answered=False)
    assert not calls.go_on


def test_a_range_in_doubt_waits_longer_each_time_but_not_for_ever() -> None:
    delays = [delay_seconds(doubts, 15.0) for doubts in range(60)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (15.0, 480.0)
