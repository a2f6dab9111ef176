"""Erasing people while campaigns are planned and sent: exact sums, and nobody erased gets a message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.errors import Unavailable
from crm_graphql.customers.documents import Customer, ErasedCustomer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.ranges import claim_range
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.erasure import service
from crm_graphql.erasure.service import erase_customer
from crm_graphql.resources import Resources
from tests.customers.edits import MARKETER
from tests.delivery.factories import assert_exact, campaign_row, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until, until_status
from tests.delivery.stand_in import StandInVendor
from tests.delivery.test_planner import make_planner


async def erase(resources: Resources, key: ObjectId) -> None:
    await erase_customer(
        MARKETER,
        CustomerReference(key=key),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )


async def test_what_waits_is_skipped_in_the_transaction_that_erases(resources: Resources) -> None:
    keys = await make_customers(5)
    campaigns = [await launch(resources) for _ in range(3)]
    for campaign in campaigns:
        await make_planner(resources).plan(campaign)
    await erase(resources, keys[1])
    for campaign in campaigns:
        row = await assert_exact(campaign)
        assert (row["stats"]["queued"], row["stats"]["skipped"]) == (4, 1)
        (skipped,) = [one for one in await ledger(campaign) if one["status"] == "SKIPPED"]
        assert (skipped["reason"], skipped["revision"]) == ("ERASED", row["revision"])
        assert (skipped["address"], skipped["values"], skipped.get("address_key")) == (None, {}, None)


async def test_a_campaign_whose_last_recipient_is_erased_is_completed(resources: Resources) -> None:
    (key,) = await make_customers(1)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    await erase(resources, key)
    assert (await campaign_row(campaign))["status"] == "COMPLETED"


@pytest.mark.slow
async def test_nobody_erased_during_a_campaign_gets_a_message_after_the_answer(resources: Resources) -> None:
    keys = await make_customers(300)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    erased_addresses: set[str] = set()
    late: list[str] = []

    async def look(messages: Sequence[OutgoingMessage]) -> None:
        await asyncio.sleep(0.3)
        late.extend(message.address for message in messages if message.address in erased_addresses)

    vendor = StandInVendor(sends_receipts=False, batch_limit=5)
    vendor.before = look

    async def forget(number: int) -> None:
        await erase(resources, keys[number])
        erased_addresses.add(f"c{number}@example.com")

    async with running(resources, vendor, lease_seconds=5.0):
        # The last ones first: those still wait.
        for number in range(290, -10, -30):
            await asyncio.gather(*(forget(one) for one in (number, number - 10, number - 20)))
        row = await until_status(campaign, "COMPLETED", seconds=150)
    assert not late
    assert row["stats"]["total"] == 300
    assert row["stats"]["skipped"] >= 3
    assert row["stats"]["skipped"] + row["stats"]["delivered"] == 300
    assert await ErasedCustomer.get_pymongo_collection().count_documents({}) == 30
    gone = Delivery.get_pymongo_collection().find({"customer_id": {"$in": keys[::10]}})
    assert {(one["address"], str(one["values"])) async for one in gone} == {(None, "{}")}


async def test_who_is_erased_while_a_sender_has_the_message_waits_for_it(resources: Resources) -> None:
    keys = await make_customers(1)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    in_hand, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: Sequence[OutgoingMessage]) -> None:
        in_hand.set()
        await go_on.wait()

    vendor = StandInVendor(sends_receipts=False)
    vendor.before = hold
    async with running(resources, vendor, lease_seconds=10.0, vendor_deadline_seconds=8.0):
        await in_hand.wait()
        erasing = asyncio.create_task(erase(resources, keys[0]))

        async def is_hidden() -> bool:
            return await Customer.get_pymongo_collection().count_documents({}) == 0

        await until(is_hidden)
        await asyncio.sleep(0.2)
        assert not erasing.done()
        go_on.set()
        await erasing
        assert len(vendor.keys) == 1
        row = await until_status(campaign, "COMPLETED")
    assert row["stats"]["skipped"] == 1


async def test_a_sender_that_holds_a_message_for_too_long_is_told_of(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SENDERS_SECONDS", 0.2)
    (key,) = await make_customers(1)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    assert await claim_range(campaign, lease_seconds=1.0) is not None
    for _ in range(2):
        with pytest.raises(Unavailable, match="may still go out"):
            await erase(resources, key)
    assert await Customer.get_pymongo_collection().count_documents({}) == 0
    await asyncio.sleep(1.0)
    await erase(resources, key)


async def test_who_is_erased_between_reading_and_writing_a_page_is_not_written_down(
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
        for key in [keys[1], keys[4]] if pages == 1 else keys[5:]:
            await erase(resources, key)
        await whole(walk, page)

    monkeypatch.setattr(planner_module._Walk, "_write_page", late)
    await make_planner(resources).plan(campaign)
    row = await assert_exact(campaign)
    rows = await ledger(campaign)
    assert [one["customer_id"] for one in rows] == [keys[0], *keys[2:4]]
    assert [one["number"] for one in rows] == [0, 1, 2]
    assert row["planning"]["done"]
    assert row["stats"]["queued"] == 3


async def test_a_row_of_an_erased_person_that_was_written_late_is_not_sent(resources: Resources) -> None:
    """As a planner writes it whose transaction had begun before the erasure."""
    (key, *_) = await make_customers(3)
    campaign = await launch(resources)
    await erase(resources, key)
    await Customer.get_pymongo_collection().insert_one(
        {"_id": key, "external_id": "c0", "name": "Late", "email": "c0@example.com", "visit_count": 1}
        | {"created_at": (await campaign_row(campaign))["created_at"]}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner_module, "absent_since", _nobody)
        await make_planner(resources).plan(campaign)
    assert len(await ledger(campaign)) == 3
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        row = await until_status(campaign, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["skipped"]) == (2, 1)
    assert "ERASED" in [one["reason"] for one in await ledger(campaign)]
    assert len(vendor.keys) == 2


async def _nobody(*_: object, **__: object) -> set[ObjectId]:
    return set()
