"""Vendors that may take minutes for a call, and those of which nobody knows anything after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.delivery.calls import HandoverLimits
from crm_graphql.delivery.documents import SendRange
from crm_graphql.delivery.range_pieces import claim_piece
from crm_graphql.delivery.ranges import claim_range, release_range
from crm_graphql.delivery.vendors.carrier import Carrier
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.resources import Resources
from tests.delivery.factories import launch, make_customers
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor
from tests.delivery.test_ranges import claimed, hand_over, stored

PATIENT = HandoverLimits(lease_seconds=0.3, deadline_seconds=30.0, partitions=8)


async def test_a_call_that_is_longer_than_a_lease_keeps_it(resources: Resources) -> None:
    claim = await claimed(3)
    vendor = StandInVendor(sends_receipts=False)
    others: list[bool] = []

    async def slow(_messages: Sequence[OutgoingMessage]) -> None:
        for _ in range(10):
            await asyncio.sleep(0.12)
            others.append(await claim_range(claim.campaign_id, lease_seconds=1) is not None)

    vendor.after = slow
    await hand_over(resources, claim, vendor, limits=PATIENT)
    assert others == [False] * 10
    assert (await stored(claim))["state"] == "DONE"
    assert set(vendor.keys.values()) == {1}


async def test_a_lease_that_is_lost_in_a_call_ends_the_range_after_it(resources: Resources) -> None:
    claim = await claimed(3)
    vendor = StandInVendor(sends_receipts=False, batch_limit=1)

    async def lose(_messages: Sequence[OutgoingMessage]) -> None:
        taken = {"$set": {"token": "somebody else's"}}
        await SendRange.get_pymongo_collection().update_one({"_id": claim.key}, taken)
        # Until it was found out, and not until the lease would have to be looked at again.
        await asyncio.sleep(1.3)

    vendor.after = lose
    await hand_over(resources, claim, vendor, limits=replace(PATIENT, lease_seconds=3.0))
    assert len(vendor.keys) == 1
    row = await stored(claim)
    assert (row["state"], row["token"]) == ("PENDING", "somebody else's")


def test_only_a_vendor_that_can_never_tell_is_given_few_at_once() -> None:
    assert Carrier(StandInVendor(batch_limit=3)).piece_size == 3
    assert Carrier(StandInVendor(batch_limit=3, can_look_up=True)).piece_size is None


async def test_few_are_claimed_in_one_step(resources: Resources) -> None:
    """Whoever dies in between would leave the whole range claimed, and all of it unknown."""
    whole = await claimed(10)
    await release_range(whole, delay_seconds=-1, untouched=True)

    async def dies(work: Callable[[AsyncClientSession], Awaitable[Any]]) -> Any:
        async def to_the_end(session: AsyncClientSession) -> None:
            await work(session)
            raise ConnectionAbortedError

        await resources.in_transaction(to_the_end)

    with pytest.raises(ConnectionAbortedError):
        await claim_piece(whole.campaign_id, 3, lease_seconds=30, transact=dies)
    claim = await claim_piece(whole.campaign_id, 3, lease_seconds=30, transact=resources.in_transaction)
    assert claim is not None
    assert (claim.first, claim.last, claim.is_repeat) == (0, 2, False)
    rest = [await claim_range(whole.campaign_id, lease_seconds=30) for _ in range(4)]
    assert [one and (one.first, one.last, one.is_repeat) for one in rest] == [
        (3, 5, False),
        (6, 8, False),
        (9, 9, False),
        None,
    ]


async def test_of_a_vendor_that_cannot_tell_few_are_unknown_after_a_crash(resources: Resources) -> None:
    await make_customers(60)
    vendor = StandInVendor(sends_receipts=False, batch_limit=4)
    stuck = asyncio.Event()

    async def hang(_messages: Sequence[OutgoingMessage]) -> None:
        if len(vendor.keys) >= 12:
            stuck.set()
            await asyncio.Event().wait()

    vendor.after = hang
    async with running(resources, vendor, delivery_batch=20, senders=1, shutdown_grace_seconds=0.1):
        key = await launch(resources)
        await stuck.wait()
    vendor.after = None
    async with running(resources, vendor, delivery_batch=20, senders=1):
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (56, 4)
    assert set(vendor.keys.values()) == {1}


async def test_a_process_that_stops_gives_back_what_it_did_not_hand_over(resources: Resources) -> None:
    await make_customers(20)
    vendor = StandInVendor(sends_receipts=False, batch_limit=2, dedupes_for=timedelta(days=1))

    async def slow(_messages: Sequence[OutgoingMessage]) -> None:
        await asyncio.sleep(0.15)

    vendor.after = slow
    async with running(resources, vendor, delivery_batch=20, senders=1):
        key = await launch(resources)

        async def began() -> bool:
            return bool(vendor.keys)

        await until(began)
    assert len(vendor.keys) < 20
    vendor.after = None
    async with running(resources, vendor, delivery_batch=20, senders=1):
        await until_stats(key, delivered=20)
    assert set(vendor.keys.values()) == {1}
