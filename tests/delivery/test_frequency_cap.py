"""The frequency cap holds over all campaigns at once; what is too much waits until there is room."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from bson import ObjectId

from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import Delivery, DeliveryReason, SentLately
from crm_graphql.delivery.frequency_cap import FrequencyCap, Message, give_back, move_sent_lately
from crm_graphql.delivery.vendors.port import OutcomeStatus, OutgoingMessage, VendorUnavailable
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources
from tests.customers.test_erasing_while_sending import erase
from tests.delivery.factories import assert_exact, campaign_row, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

ADMIN = Actor(Role.ADMIN, "admin")
TWO_A_WEEK = FrequencyCap(2, 7)
E = Channel.EMAIL


def messages(customers: Sequence[ObjectId]) -> list[Message]:
    return [Message(ObjectId(), one) for one in customers]


async def age(customer: ObjectId, days: float) -> None:
    """Whatever was sent to them was sent so long ago."""
    then = datetime.now(UTC) - timedelta(days=days)
    await SentLately.get_pymongo_collection().update_many(
        {"customer_id": customer}, {"$set": {"sends.$[].at": then}}
    )


async def cap_at(resources: Resources, count: int, days: int = 7) -> None:
    changes = {"frequency_cap_messages": count, "frequency_cap_days": days}
    await update_settings(ADMIN, changes, live=resources.deployment)


async def test_of_many_that_reserve_at_once_no_more_than_the_cap_get_a_place(resources: Resources) -> None:
    customers = [ObjectId() for _ in range(20)]
    campaigns = [messages(customers) for _ in range(6)]
    late = await asyncio.gather(*(TWO_A_WEEK.reserve(E, one) for one in campaigns))
    places = Counter(
        message.customer_id
        for campaign, refused in zip(campaigns, late, strict=True)
        for message in campaign
        if message.delivery_id not in refused
    )
    assert places == dict.fromkeys(customers, 2)
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    for moment in (moment for refused in late for moment in refused.values()):
        assert abs(moment - in_a_week) < timedelta(minutes=1)


async def test_a_message_that_reserves_again_keeps_its_place_and_takes_no_other(resources: Resources) -> None:
    (one,) = messages([ObjectId()])
    for _ in range(3):
        assert await TWO_A_WEEK.reserve(E, [one]) == {}
    other = Message(ObjectId(), one.customer_id)
    assert await TWO_A_WEEK.reserve(E, [other]) == {}
    assert set(await TWO_A_WEEK.reserve(E, messages([one.customer_id]))) != set()


async def test_a_place_is_free_again_when_it_is_given_back_or_old(resources: Resources) -> None:
    customer = ObjectId()
    first, second = messages([customer, customer])
    cap = FrequencyCap(1, 7)
    assert await cap.reserve(E, [first]) == {}
    assert set(await cap.reserve(E, [second])) == {second.delivery_id}
    await give_back(E, [first])
    assert await cap.reserve(E, [second]) == {}
    await age(customer, 6.9)
    assert set(await cap.reserve(E, [first])) == {first.delivery_id}
    await age(customer, 7.1)
    assert await cap.reserve(E, [first]) == {}


async def test_channels_are_counted_apart(resources: Resources) -> None:
    cap, customer = FrequencyCap(1, 7), ObjectId()
    assert await cap.reserve(E, messages([customer])) == {}
    assert await cap.reserve(Channel.SMS, messages([customer])) == {}
    assert len(await cap.reserve(E, messages([customer]))) == 1


async def test_what_the_ledger_says_of_the_time_without_a_cap_is_counted(resources: Resources) -> None:
    await make_customers(4)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(await launch(resources), "COMPLETED")
        await until_status(await launch(resources), "COMPLETED")
    await cap_at(resources, 2)
    async with running(resources, vendor):
        third = await launch(resources)
        await until_stats(third, queued=4, deferred=4)
    assert len(vendor.keys) == 8


async def test_two_campaigns_at_once_at_the_cap_send_one_message_to_each(resources: Resources) -> None:
    customers = await make_customers(60)
    await cap_at(resources, 1)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        keys = [await launch(resources) for _ in range(2)]

        async def settled() -> bool:
            stats = [(await campaign_row(key))["stats"] for key in keys]
            delivered, deferred = (sum(one[name] for one in stats) for name in ("delivered", "deferred"))
            return bool(delivered == deferred == 60)

        await until(settled)
        for key in keys:
            await assert_exact(key)
    sent = [one for key in keys for one in await ledger(key) if one["status"] == "DELIVERED"]
    assert Counter(one["customer_id"] for one in sent) == dict.fromkeys(customers, 1)


async def test_what_waits_for_room_is_sent_when_there_is_room(resources: Resources) -> None:
    (customer,) = await make_customers(1)
    await cap_at(resources, 1, days=1)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(await launch(resources), "COMPLETED")
        await age(customer, 1 - 3 / 86_400)
        second = await launch(resources)
        await until_stats(second, queued=1, deferred=1)
        row = await until_status(second, "COMPLETED")
    assert row["stats"]["delivered"] == 1


async def test_what_finds_no_room_before_the_end_of_its_campaign_is_skipped(resources: Resources) -> None:
    await make_customers(3)
    await cap_at(resources, 1)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(await launch(resources), "COMPLETED")
        end = datetime.now(UTC) + timedelta(seconds=6)
        key = await launch(resources, terms=Terms(send_before=end))
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["skipped"] == 3
    assert {one["reason"] for one in await ledger(key)} == {DeliveryReason.EXPIRED.value}
    assert len(vendor.keys) == 3


async def test_what_surely_was_not_sent_takes_no_place(resources: Resources) -> None:
    """Refused by the vendor, or the vendor away: neither counts against the person."""
    customers = await make_customers(6)
    await cap_at(resources, 1)
    vendor = StandInVendor(sends_receipts=False)
    vendor.statuses["c1@example.com"] = OutcomeStatus.REJECTED
    failures = iter(range(3))

    async def away(_messages: Sequence[OutgoingMessage]) -> None:
        if next(failures, None) is not None:
            raise VendorUnavailable("503", retry_after_seconds=0.1)

    vendor.before = away
    async with running(resources, vendor):
        row = await until_status(await launch(resources), "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (5, 1)
    kept = await SentLately.get_pymongo_collection().find().to_list()
    assert {one["customer_id"]: len(one["sends"]) for one in kept} == {
        customer: int(number != 1) for number, customer in enumerate(customers)
    }


async def test_nothing_is_kept_of_who_was_erased(resources: Resources) -> None:
    first, second = await make_customers(2)
    await cap_at(resources, 2)
    async with running(resources, StandInVendor(sends_receipts=False)):
        await until_status(await launch(resources), "COMPLETED")
    await erase(resources, first)
    kept = await SentLately.get_pymongo_collection().find().to_list()
    assert [one["customer_id"] for one in kept] == [second]


@pytest.mark.parametrize("count", [0, 3])
async def test_nothing_is_kept_of_people_where_there_is_no_cap(resources: Resources, count: int) -> None:
    await make_customers(count)
    async with running(resources, StandInVendor(sends_receipts=False)):
        await until_status(await launch(resources), "COMPLETED")
    assert await SentLately.count() == 0
    assert await Delivery.count() == count


async def test_what_was_sent_to_who_was_merged_counts_for_who_they_are_by_now(resources: Resources) -> None:
    old, key, other = ObjectId(), ObjectId(), ObjectId()
    await TWO_A_WEEK.reserve(E, messages([old, key, other]))
    for _ in range(2):
        await resources.in_transaction(partial(move_sent_lately, old, key))
    late = await TWO_A_WEEK.reserve(E, third := messages([key, other]))
    assert set(late) == {third[0].delivery_id}
    assert not await SentLately.find({"customer_id": old}).to_list()


async def test_a_merge_takes_over_what_the_ledger_knows_of_one_of_the_two(resources: Resources) -> None:
    old, key = await make_customers(2)
    now = datetime.now(UTC)
    await Delivery.get_pymongo_collection().insert_one(
        {"campaign_id": ObjectId(), "customer_id": key, "channel": E.value, "number": 1, "sent_at": now}
    )
    await TWO_A_WEEK.reserve(E, messages([old]))
    await resources.in_transaction(partial(move_sent_lately, old, key))
    assert await TWO_A_WEEK.reserve(E, messages([key]))
