"""People merged while campaigns are planned and sent: exact sums, and nobody gets a campaign twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.customers.documents import ConsentWord, Customer
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.resources import Resources
from tests.consents.factories import make_topic, said
from tests.customers.merges import merge, reconcile
from tests.customers.test_erasing import erase
from tests.delivery.factories import LONG_AGO, assert_exact, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor
from tests.delivery.test_planner import make_planner


async def planned(resources: Resources, count: int) -> tuple[ObjectId, list[ObjectId]]:
    """A campaign whose ledger is whole, to so many customers."""
    keys = await make_customers(count)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    return campaign, keys


async def sent(resources: Resources, campaign: ObjectId) -> tuple[dict[str, Any], list[str]]:
    """The campaign once it is over, and to which addresses it went."""
    addresses: list[str] = []

    async def look(messages: Sequence[OutgoingMessage]) -> None:
        addresses.extend(message.address for message in messages)

    vendor = StandInVendor(sends_receipts=False, batch_limit=3)
    vendor.before = look
    async with running(resources, vendor):
        await until_status(campaign, "COMPLETED")
    return await assert_exact(campaign), sorted(addresses)


async def test_of_two_messages_that_wait_one_is_sent(resources: Resources) -> None:
    campaign, keys = await planned(resources, 4)
    await merge(resources, keys[3], keys[1])
    row, addresses = await sent(resources, campaign)
    assert addresses == ["c0@example.com", "c1@example.com", "c2@example.com"]
    assert (row["stats"]["delivered"], row["stats"]["skipped"]) == (3, 1)
    (skipped,) = [one for one in await ledger(campaign) if one["status"] == "SKIPPED"]
    assert (skipped["customer_id"], skipped["reason"]) == (keys[3], "DUPLICATE_ADDRESS")
    assert "merged" in skipped["reason_text"]


async def test_who_had_the_message_before_the_merge_gets_no_second_one(resources: Resources) -> None:
    campaign, keys = await planned(resources, 2)
    deliveries = Delivery.get_pymongo_collection()
    await deliveries.update_one({"customer_id": keys[1]}, {"$set": {"status": "DELIVERED"}})
    await merge(resources, keys[0], keys[1])
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await asyncio.sleep(1)
    assert not vendor.keys
    assert [one["status"] for one in await ledger(campaign)] == ["SKIPPED", "DELIVERED"]


async def test_a_chain_of_merges_gets_one_message(resources: Resources) -> None:
    campaign, keys = await planned(resources, 4)
    await merge(resources, keys[1], keys[0])
    await merge(resources, keys[2], keys[1])
    await reconcile(resources)
    row, addresses = await sent(resources, campaign)
    assert addresses == ["c0@example.com", "c3@example.com"]
    assert row["stats"]["skipped"] == 2


async def test_deliveries_move_but_where_both_have_one(resources: Resources) -> None:
    (mine, theirs) = await make_customers(2)
    both = await launch(resources)
    await make_planner(resources).plan(both)
    theirs_alone = await launch(
        resources, rule={"where": {"field": "email", "operator": "EQ", "value": "c1@example.com"}}
    )
    await make_planner(resources).plan(theirs_alone)
    await merge(resources, mine, theirs)
    await reconcile(resources)
    assert [one["customer_id"] for one in await ledger(both)] == [mine, theirs]
    assert [one["customer_id"] for one in await ledger(theirs_alone)] == [mine]
    for campaign in (both, theirs_alone):
        await assert_exact(campaign)


async def test_who_is_merged_between_reading_and_writing_a_page_has_one_row(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await make_customers(10)
    monkeypatch.setattr(planner_module, "PAGE_CUSTOMERS", 5)
    campaign = await launch(resources)
    whole = planner_module._Walk._write_page
    pages = 0

    async def late(walk: Any, page: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == 1:
            # Before anything is written: within the page, and over two pages.
            await merge(resources, keys[0], keys[1])
            await merge(resources, keys[7], keys[2])
        else:
            # Their rows are there: one moves, one is of a survivor who is still to come.
            await merge(resources, keys[8], keys[3])
            await merge(resources, keys[4], keys[9])
        await whole(walk, page)

    monkeypatch.setattr(planner_module._Walk, "_write_page", late)
    await make_planner(resources).plan(campaign)
    rows = await ledger(campaign)
    assert [one["customer_id"] for one in rows] == [keys[0], keys[8], *keys[4:8]]
    assert [one["number"] for one in rows] == list(range(6))
    row, addresses = await sent(resources, campaign)
    assert row["stats"]["delivered"] == len(set(addresses)) == 6


async def test_rows_that_a_planner_wrote_unseen_are_told_apart_by_the_sender(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a planner writes them whose transaction had begun before the merge."""
    campaign, keys = await planned(resources, 3)
    gone = await Customer.get_pymongo_collection().find_one({"_id": keys[2]})
    assert gone is not None
    later = await launch(resources)
    await merge(resources, keys[0], keys[2])
    await Customer.get_pymongo_collection().insert_one(gone)

    async def nobody(*_: object, **__: object) -> set[ObjectId]:
        return set()

    monkeypatch.setattr(planner_module, "absent_since", nobody)
    await make_planner(resources).plan(later)
    await Customer.get_pymongo_collection().delete_one({"_id": keys[2]})
    _, addresses = await sent(resources, later)
    assert addresses == ["c0@example.com"] * 2 + ["c1@example.com"] * 2
    for one in (campaign, later):
        assert (await assert_exact(one))["stats"]["skipped"] == 1


async def test_erasing_the_survivor_skips_what_waits_under_all_ids(resources: Resources) -> None:
    campaign, keys = await planned(resources, 3)
    await merge(resources, keys[0], keys[1])
    row = await Customer.get_pymongo_collection().find_one({"_id": keys[0]})
    assert row is not None
    await erase(resources, row["external_id"])
    rows = await ledger(campaign)
    assert [one["reason"] for one in rows] == ["ERASED", "ERASED", None]
    assert [one["address"] for one in rows] == [None, None, "c2@example.com"]
    assert (await assert_exact(campaign))["stats"]["skipped"] == 2


async def test_a_no_of_the_survivor_long_ago_holds_for_what_waits_for_the_other(resources: Resources) -> None:
    keys = await make_customers(2)
    topic = await make_topic(resources)
    await said(resources, keys[0], topic, ConsentStatus.UNSUBSCRIBED)
    # Heard long before the launch: who speaks later is found by the moment.
    await ConsentWord.get_pymongo_collection().update_many({}, {"$set": {"heard_at": LONG_AGO}})
    campaign = await launch(resources, topic_id=topic["_id"])
    await make_planner(resources).plan(campaign)
    assert [one["status"] for one in await ledger(campaign)] == ["SKIPPED", "QUEUED"]
    await merge(resources, keys[0], keys[1])
    row, addresses = await sent(resources, campaign)
    assert addresses == []
    assert row["stats"]["skipped"] == 2
    assert [one["reason"] for one in await ledger(campaign)] == ["NO_CONSENT", "NO_CONSENT"]
