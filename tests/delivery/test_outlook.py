"""The outlook of a campaign: how fast it goes, until when it waits, when it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.outlook import Outlook, outlooks_of
from crm_graphql.delivery.speed import messages_per_second, speed_after
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.resources import Resources
from tests.delivery.factories import LONG_AGO, campaign_row, make_ledger

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def send(resources: Resources, key: ObjectId, ids: list[str]) -> None:
    writer = LedgerWriter(
        transact=resources.in_transaction, bus=resources.bus, clock=resources.clock, locks=CampaignLocks()
    )
    await writer.submit(key, [Receipt(one, ReceiptStatus.SENT) for one in ids])


async def put_aside(key: ObjectId, count: int, first: datetime, last: datetime) -> None:
    """So many of the campaign's messages wait, from the last number on."""
    deliveries = Delivery.get_pymongo_collection()
    rows = await deliveries.find({"campaign_id": key}).sort("number", -1).limit(count).to_list()
    for row, moment in zip(rows, [first, *[last] * (count - 1)], strict=True):
        await deliveries.update_one({"_id": row["_id"]}, {"$set": {"not_before": moment}})
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"stats.deferred": count}})


async def outlook(key: ObjectId) -> Outlook:
    return (await outlooks_of([key]))[key]


def test_the_seconds_that_count_are_the_last_ten() -> None:
    campaign: dict[str, Any] = {"updated_at": NOW, "handed_over": []}
    for seconds, count in ((0, 50), (3, 20), (3.9, 10), (12, 40)):
        campaign["updated_at"] = after(seconds)
        campaign.update(speed_after(campaign, count)["$set"])
    assert [count for _, count in campaign["handed_over"]] == [30, 40]
    speed = messages_per_second(campaign["handed_over"], since=LONG_AGO, now=after(12.5))
    assert speed == pytest.approx(7)
    assert messages_per_second(campaign["handed_over"], since=LONG_AGO, now=after(30)) is None


def test_a_campaign_that_just_began_is_judged_by_its_own_seconds() -> None:
    counts = [[int(NOW.timestamp()), 100]]
    assert messages_per_second(counts, since=after(-2), now=after(2)) == pytest.approx(25)
    assert messages_per_second(counts, since=NOW, now=after(0.1)) == pytest.approx(100)


def test_what_sends_nothing_changes_no_figure() -> None:
    assert speed_after({"updated_at": NOW, "handed_over": [[1, 2]]}, 0) == {}


async def test_the_end_follows_from_what_is_left_and_the_speed(resources: Resources) -> None:
    key, ids = await make_ledger(100)
    await send(resources, key, ids[:40])
    # Once more is not sent once more.
    await send(resources, key, ids[:40])
    found = await outlook(key)
    assert found.messages_per_second == pytest.approx(4)
    assert found.waiting_until is None
    assert found.estimated_end_at is not None
    assert found.estimated_end_at - datetime.now(UTC) == pytest.approx(
        timedelta(seconds=15), abs=timedelta(seconds=3)
    )


async def test_a_campaign_all_of_which_waits_says_until_when_and_when_it_ends(resources: Resources) -> None:
    key, _ = await make_ledger(3)
    first, last = datetime(2090, 1, 1, tzinfo=UTC), datetime(2091, 1, 1, tzinfo=UTC)
    await put_aside(key, 3, first, last)
    assert await outlook(key) == Outlook(first, None, last)
    end = datetime(2090, 6, 1, tzinfo=UTC)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"send_before": end}})
    assert await outlook(key) == Outlook(first, None, end)


async def test_a_campaign_some_of_which_can_be_sent_does_not_wait(resources: Resources) -> None:
    key, _ = await make_ledger(3)
    await put_aside(key, 2, LONG_AGO, LONG_AGO)
    # Nothing was sent yet, so nobody knows when the third will be.
    assert await outlook(key) == Outlook()


@pytest.mark.parametrize("change", [{"status": "PAUSED"}, {"planning.done": False, "stats.deferred": 0}])
async def test_nothing_is_foretold_of_what_is_paused_or_not_all_known(
    resources: Resources, change: dict[str, Any]
) -> None:
    key, ids = await make_ledger(5)
    await send(resources, key, ids[:2])
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": change})
    found = (await outlooks_of([key])).get(key, Outlook())
    assert (found.waiting_until, found.estimated_end_at) == (None, None)
    assert (await campaign_row(key))["handed_over"]
