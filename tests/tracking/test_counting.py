"""Opens and clicks as they are counted: people once, machines apart, nobody who is erased or not tracked."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery import hits as hits_module
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.erasing import scrub_deliveries
from crm_graphql.resources import Resources
from crm_graphql.results.points import timeline_of
from crm_graphql.tracking.documents import TrackedDelivery
from crm_graphql.tracking.queries import link_counts_of, most_clicked
from tests.tracking.factories import LATER, counts, delivery, hit, launched, opened, writer

PERSON: dict[str, Any] = {}
CURL: dict[str, Any] = {"agent": "curl/8"}


async def links(campaign: Any) -> list[tuple[str, int, int]]:
    found = (await link_counts_of([campaign["_id"]])).get(campaign["_id"], {})
    return list(most_clicked(campaign["links"], found))


async def test_a_person_counts_once_and_the_delivery_says_when(resources: Resources) -> None:
    campaign = await launched(resources)
    await writer(resources).submit(
        [opened(campaign), hit(campaign), hit(campaign, at=LATER + timedelta(hours=1)), opened(campaign, 1)]
    )
    assert await counts(campaign["_id"]) == {"opens": 2, "clicks": 1}
    row = await delivery(campaign)
    assert (row["opened_at"], row["clicked_at"]) == (LATER, LATER)
    assert (await delivery(campaign, 1)).get("clicked_at") is None


async def test_machines_are_counted_apart_and_move_when_a_person_follows(resources: Resources) -> None:
    campaign = await launched(resources)
    hits = writer(resources)
    await hits.submit([hit(campaign, link=1, **CURL), hit(campaign, 1, link=1, **CURL)])
    assert await counts(campaign["_id"]) == {"machine_clicks": 2}
    assert (await links(campaign))[0] == ("https://shop.example/b", 0, 2)
    assert (await delivery(campaign)).get("clicked_at") is None
    await hits.submit([hit(campaign, link=1, at=LATER + timedelta(minutes=1))])
    assert await counts(campaign["_id"]) == {"clicks": 1, "machine_clicks": 1}
    assert (await links(campaign))[0] == ("https://shop.example/b", 1, 1)


async def test_the_same_hits_twice_and_in_any_order_are_the_same(resources: Resources) -> None:
    campaign = await launched(resources, people=6)
    hits = [
        hit(campaign, number, link=link, at=LATER + timedelta(minutes=number, seconds=10 * link), **how)
        for number in range(6)
        for link in range(3)
        for how in (PERSON, CURL)
    ]
    order = random.Random(7)
    told = order.sample(hits + hits + hits[:9], len(hits) * 2 + 9)
    hits_writer = writer(resources)
    for start in range(0, len(told), 5):
        await hits_writer.submit(told[start : start + 5])
    assert await counts(campaign["_id"]) == {"clicks": 6}
    assert [(people, machines) for _, people, machines in await links(campaign)] == [(6, 0)] * 3
    rows = await TrackedDelivery.get_pymongo_collection().find({}).to_list()
    assert [row["times"] for row in rows] == [6] * 6


async def test_variants_are_counted_apart(resources: Resources) -> None:
    campaign = await launched(resources)
    await Delivery.get_pymongo_collection().update_one({"number": 1}, {"$set": {"variant": "b"}})
    await writer(resources).submit([hit(campaign), hit(campaign, 1)])
    rows = await resources.database["campaign_results"].find({}).to_list()
    assert {(row["variant"], row["clicks"]) for row in rows} == {(None, 1), ("b", 1)}


async def test_whoever_watches_the_campaign_is_told_after_the_commit(resources: Resources) -> None:
    campaign = await launched(resources)
    watch = await resources.bus.watch()
    await watch.bind(campaign_topic(campaign["_id"]))
    hits = writer(resources)
    await hits.submit([hit(campaign)])
    event = await asyncio.wait_for(anext(aiter(watch)), 60)
    await watch.close()
    await hits.close()
    row = await Campaign.get_pymongo_collection().find_one({"_id": campaign["_id"]})
    assert row is not None
    assert event.revision == row["revision"] == campaign["revision"] + 1
    assert await counts(campaign["_id"]) == {"clicks": 1}


async def test_what_changes_nothing_moves_no_revision(resources: Resources) -> None:
    campaign = await launched(resources)
    hits, again = writer(resources), hit(campaign)
    await hits.submit([again])
    before = await Campaign.get_pymongo_collection().find_one({"_id": campaign["_id"]})
    await hits.submit([again])
    await hits.submit([hit(campaign, 77)])
    await hits.submit([hit({"_id": campaign["audience_id"]})])
    assert await Campaign.get_pymongo_collection().find_one({"_id": campaign["_id"]}) == before


async def test_many_at_once_share_transactions(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = await launched(resources, people=50)
    hits = writer(resources)
    transactions = 0
    write = hits_module.write_hits

    async def counted(*args: Any) -> bool:
        nonlocal transactions
        transactions += 1
        return await write(*args)

    monkeypatch.setattr(hits_module, "write_hits", counted)
    await asyncio.gather(*(hits.submit([hit(campaign, number % 50)]) for number in range(500)))
    await hits.close()
    assert transactions < 10
    assert await counts(campaign["_id"]) == {"clicks": 50}


async def test_two_writers_at_once_count_each_person_once(resources: Resources) -> None:
    campaign = await launched(resources, people=20)
    hits = [hit(campaign, number % 20) for number in range(60)]
    await asyncio.gather(*(writer(resources).submit(hits) for _ in range(3)))
    assert await counts(campaign["_id"]) == {"clicks": 20}


async def test_what_fails_is_told_to_whoever_waits_and_may_be_told_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await launched(resources)
    hits = writer(resources)

    async def fails(*_: Any) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(hits_module, "write_hits", fails)
        with pytest.raises(ConnectionError):
            await hits.submit([hit(campaign)])
    await hits.submit([hit(campaign)])
    assert await counts(campaign["_id"]) == {"clicks": 1}


async def test_nothing_is_recorded_of_who_was_erased(resources: Resources) -> None:
    campaign = await launched(resources)
    hits = writer(resources)
    await hits.submit([hit(campaign), opened(campaign)])
    customer = (await delivery(campaign))["customer_id"]
    await resources.in_transaction(lambda session: scrub_deliveries(customer, session))
    assert await TrackedDelivery.get_pymongo_collection().count_documents({}) == 0
    row = await delivery(campaign)
    assert (row["opened_at"], row["clicked_at"]) == (None, None)
    await hits.submit([hit(campaign, at=LATER + timedelta(days=1))])
    assert await TrackedDelivery.get_pymongo_collection().count_documents({}) == 0
    assert await counts(campaign["_id"]) == {"opens": 1, "clicks": 1}


async def test_nothing_is_recorded_of_who_is_gone_or_does_not_want_it_any_more(resources: Resources) -> None:
    campaign = await launched(resources, people=3)
    customers = Customer.get_pymongo_collection()
    await customers.delete_one({"_id": (await delivery(campaign, 0))["customer_id"]})
    await customers.update_one(
        {"_id": (await delivery(campaign, 1))["customer_id"]}, {"$set": {"is_tracked": False}}
    )
    await Delivery.get_pymongo_collection().update_one({"number": 2}, {"$set": {"is_tracked": False}})
    await writer(resources).submit([hit(campaign, number) for number in range(3)])
    assert await counts(campaign["_id"]) == {}
    assert await TrackedDelivery.get_pymongo_collection().count_documents({}) == 0


async def test_the_timeline_has_each_person_at_their_first_click(resources: Resources) -> None:
    campaign = await launched(resources)
    now = campaign["launched_at"]
    await Delivery.get_pymongo_collection().update_many({}, {"$set": {"finished_at": now, "sent_at": now}})
    hits = writer(resources)
    await hits.submit([hit(campaign, at=now + timedelta(seconds=95))])
    await hits.submit([hit(campaign, at=now + timedelta(seconds=35))])
    points = await timeline_of(campaign["_id"], now)
    assert [point.counts["clicks"] for point in points if point.counts["clicks"]] == [1]
    assert sum(point.counts["clicks"] for point in points) == 1
