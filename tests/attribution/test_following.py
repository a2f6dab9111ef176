"""Following: orders that commit late, deliveries that are known late, two at once, what is left alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from consumers.attribution import follow_for_ever
from crm_graphql.attribution.documents import HELD_OUT, LedgerPlace
from crm_graphql.attribution.following import Follower
from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.retrying import Retries, retry_campaign
from crm_graphql.erasure.service import erase_customer
from crm_graphql.orders.apply_records import apply_orders
from crm_graphql.orders.changes import noted_orders
from crm_graphql.orders.documents import Order, OrderChanges
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Resources
from tests.attribution.world import DAYS, EXPERIMENTS, World, counted_sums, kept_sums, new_world
from tests.customers.merges import merge
from tests.delivery.factories import ADMIN, MARKETER
from tests.delivery.running import until
from tests.profiling import profiled

PLAIN, HELD = EXPERIMENTS[2], EXPERIMENTS[1]


async def sent(world: World, experiment: Any = PLAIN) -> tuple[ObjectId, list[dict[str, Any]]]:
    """A campaign that was handed over to all who get it; its rows."""
    key = await world.launch(experiment)
    rows = await Delivery.get_pymongo_collection().find({"campaign_id": key, "status": "QUEUED"}).to_list()
    await world.news(key, rows, ReceiptStatus.SENT)
    return key, await Delivery.get_pymongo_collection().find({"campaign_id": key}).sort("number").to_list()


def order(
    row: dict[str, Any], key: str = "o", *, amount: str = "5", after_hours: float = 1
) -> dict[str, Any]:
    """Of the recipient, so long after they were written to, or drawn."""
    begins = row["sent_at"] or row["created_at"]
    return {
        "external_id": key,
        "customer_external_id": row["address"].split("@")[0],
        "amount": amount,
        "ordered_at": (begins + timedelta(hours=after_hours)).isoformat(),
    }


async def figures(world: World, key: ObjectId, arm: str | None = None) -> tuple[int, ...]:
    """Orders, amount, and what is compared of both, once everything is followed."""
    await world.follow()
    assert await kept_sums() == await counted_sums()
    return (await kept_sums()).get((key, arm), (0,) * 6)[:4]


async def test_an_order_counts_from_the_hand_over_until_its_days_are_over(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    row = next(row for row in rows if row["sent_at"])
    for hours, count in ((-0.001, 0), (0, 1), (DAYS * 24 - 0.001, 1), (DAYS * 24, 0)):
        await world.buy(order(row, after_hours=hours))
        assert (await figures(world, key))[0] == count


async def test_a_refund_is_no_order_and_lowers_the_revenue(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    row = next(row for row in rows if row["sent_at"])
    await world.buy(order(row, amount="20"))
    assert await figures(world, key) == (1, 20_0000, 0, 0)
    await world.buy(order(row, "refund", amount="-7.5", after_hours=2))
    assert await figures(world, key) == (1, 12_5000, 0, 0)
    # The shop corrects the order itself.
    await world.buy(order(row, amount="8"))
    assert await figures(world, key) == (1, 5000, 0, 0)


async def test_the_newest_message_has_the_order_and_the_comparison_has_it_all_the_same(
    resources: Resources,
) -> None:
    world = await new_world(resources)
    first, rows = await sent(world, HELD)
    row = next(row for row in rows if row["sent_at"])
    # All had the first one by then.
    await world.buy(order({**row, "sent_at": None}, after_hours=70))
    assert await figures(world, first) == (1, 5_0000, 1, 5_0000)
    second = await world.launch(PLAIN)
    again = await Delivery.get_pymongo_collection().find_one(
        {"campaign_id": second, "address": row["address"]}
    )
    assert again is not None
    await world.news(second, [again], ReceiptStatus.SENT, row["created_at"] + timedelta(hours=65))
    assert await figures(world, first) == (0, 0, 1, 5_0000)
    assert await figures(world, second) == (1, 5_0000, 0, 0)


async def test_who_was_held_out_is_counted_beside_the_others_and_credited_to_nobody(
    resources: Resources,
) -> None:
    world = await new_world(resources)
    key, rows = await sent(world, HELD)
    row = next(row for row in rows if row["reason"] == "HOLDOUT")
    await world.buy(order(row), order(row, "o2", after_hours=DAYS * 24))
    assert await figures(world, key, HELD_OUT) == (0, 0, 1, 5_0000)
    # Who could not be written to anyway is in no arm.
    refused = next(row for row in rows if row["reason"] == "NO_ADDRESS")
    await world.buy({**order(row, "o3"), "customer_external_id": await external_id(refused)})
    assert await figures(world, key, HELD_OUT) == (0, 0, 1, 5_0000)
    assert await figures(world, key) == (0, 0, 0, 0)


async def external_id(row: dict[str, Any]) -> str:
    found = await Customer.get_pymongo_collection().find_one({"_id": row["customer_id"]})
    assert found is not None
    return str(found["external_id"])


async def test_a_delivery_that_is_known_after_the_order_counts(resources: Resources) -> None:
    world = await new_world(resources)
    key = await world.launch(PLAIN)
    row = await Delivery.get_pymongo_collection().find_one({"campaign_id": key, "status": "QUEUED"})
    assert row is not None
    await world.buy(order(row, after_hours=20))
    assert await figures(world, key) == (0, 0, 0, 0)
    await world.news(key, [row], ReceiptStatus.SENT, row["created_at"] + timedelta(hours=1))
    assert await figures(world, key) == (1, 5_0000, 0, 0)


async def test_an_order_that_commits_late_is_not_missed(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    row = next(row for row in rows if row["sent_at"])
    moment = row["sent_at"] + timedelta(hours=1)
    customer = row["address"].split("@")[0]

    async def work(session: AsyncClientSession) -> None:
        record = OrderRecord(0, "late", customer, 9_0000, "USD", moment)
        await apply_orders(
            [record], ingestion_number=1, now=moment, suppressed_on=suppressed_on, session=session
        )
        # Meanwhile others are written, committed and followed.
        await world.buy(order(rows[-1], "early"))
        await world.follow()

    await resources.in_transaction(work)
    assert await OrderChanges.count() == 1
    assert (await figures(world, key))[:2] == (2, 14_0000)


async def test_a_merge_brings_orders_to_the_message_and_an_erasure_takes_them_away(
    resources: Resources,
) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    row, other = [row for row in rows if row["sent_at"]][:2]
    stranger = {**order(row), "customer_external_id": "stranger"}
    await world.buy(stranger)
    assert await figures(world, key) == (0, 0, 0, 0)
    name = row["address"].split("@")[0]
    await merge(resources, name, "stranger")
    assert await figures(world, key) == (1, 5_0000, 0, 0)
    await world.buy(order(other, "o2", amount="1"))
    await erase_customer(
        ADMIN,
        CustomerReference(external_id=name),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )
    assert await figures(world, key) == (1, 1_0000, 0, 0)


async def test_two_followers_at_once_count_each_order_once(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world, EXPERIMENTS[0])
    some = [row for row in rows if row["sent_at"]]
    for number in range(30):
        await world.buy(order(some[number % len(some)], f"o{number}", after_hours=1 + number / 10))
    followers = [Follower(resources.in_transaction, resources.bus) for _ in range(3)]
    await asyncio.gather(*(one.run(for_seconds=5) for one in followers), return_exceptions=True)
    await world.follow()
    assert await kept_sums() == await counted_sums()
    assert sum(one[0] for arm, one in (await kept_sums()).items() if arm[0] == key) == 30


async def test_a_campaign_of_a_release_before_counts_no_orders(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    await resources.database.campaigns.update_one({"_id": key}, {"$unset": {"attribution_days": ""}})
    await world.buy(order(next(row for row in rows if row["sent_at"])))
    await world.follow()
    assert await kept_sums() == {}
    assert await OrderChanges.count() == 0
    assert await LedgerPlace.count() == 0


async def test_a_ledger_that_was_followed_is_not_read_again(resources: Resources) -> None:
    world = await new_world(resources)
    key, _ = await sent(world)
    await world.follow()
    async with profiled(resources.database) as profile:
        await world.follow()
    assert [one for one in profile if one["ns"].endswith(".deliveries")] == []
    place = await LedgerPlace.get_pymongo_collection().find_one({"_id": key})
    campaign = await resources.database.campaigns.find_one({"_id": key})
    assert place is not None
    assert campaign is not None
    assert place["revision"] == campaign["revision"]


async def test_consumers_follow_by_themselves(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    quick = resources.with_settings(
        resources.settings.model_copy(update={"reconcile_interval_seconds": 0.05})
    )
    await quick.deployment.read()
    task = asyncio.create_task(follow_for_ever(quick))
    try:
        await world.buy(order(next(row for row in rows if row["sent_at"])))

        async def is_counted() -> bool:
            return (key, None) in await kept_sums()

        await until(is_counted)
    finally:
        await end_tasks([task])


async def test_what_comes_again_as_it_was_is_not_counted_again(resources: Resources) -> None:
    world = await new_world(resources)
    _, rows = await sent(world)
    some = [order(row, f"o{number}") for number, row in enumerate(rows) if row["sent_at"]]
    await world.buy(*some)
    noted = [
        key
        async for note in OrderChanges.get_pymongo_collection().find()
        for key in noted_orders(note["orders"])
    ]
    ids = [row["_id"] async for row in Order.get_pymongo_collection().find({}, {"_id": 1})]
    # Each once, and one note for each chunk.
    assert sorted(noted) == sorted(ids)
    chunks = await resources.database.ingestion_chunks.count_documents({})
    assert await OrderChanges.count() == chunks
    await world.follow()
    await world.buy(*some)
    assert await OrderChanges.count() == 0


async def test_who_watches_a_campaign_hears_that_its_orders_moved(resources: Resources) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    await world.follow()
    watch = await resources.bus.watch()
    try:
        await watch.bind(campaign_topic(key))
        await world.buy(order(next(row for row in rows if row["sent_at"])))
        before = await resources.database.campaigns.find_one({"_id": key})
        await world.follow()
        event = await asyncio.wait_for(anext(aiter(watch)), 60)
        assert before is not None
        assert event.revision == before["revision"] + 1
        # Nothing moved: nothing is told.
        await world.follow()
        after = await resources.database.campaigns.find_one({"_id": key})
        assert after is not None
        assert after["revision"] == event.revision
    finally:
        await watch.close()


async def test_a_delivery_that_is_tried_again_has_no_order_until_it_is_handed_over(
    resources: Resources,
) -> None:
    world = await new_world(resources)
    key, rows = await sent(world)
    row = next(row for row in rows if row["sent_at"])
    await world.buy(order(row))
    assert (await figures(world, key))[0] == 1
    await world.news(key, [row], ReceiptStatus.FAILED, reason=DeliveryReason.OTHER)
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    retries = Retries(resources.in_transaction, resources.bus, CampaignLocks(), 5.0, 50)
    while not await retries.run(key):
        pass
    assert (await figures(world, key))[0] == 0
