"""Results and timelines against what can be counted: after any sequence of news, retries and opt-outs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.consents.choices import ONE_CLICK, leave
from crm_graphql.consents.links import Link, Purpose
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import WrongState
from crm_graphql.customers.documents import ConsentWord
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.delivery.unsubscribes import UnsubscribeCount
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.resources import Resources
from crm_graphql.results.counting import count_results
from crm_graphql.results.points import note_points, timeline_of
from crm_graphql.results.queries import results_of
from tests.consents.factories import make_people, make_topic, said
from tests.delivery.factories import MARKETER, assert_exact, campaign_row, make_ledger
from tests.delivery.ledgers import ledger
from tests.delivery.test_retrying import retries
from tests.delivery.test_writer import make_writer

ROWS = 12
VARIANTS = (None, "a", "b")
NEWS = (
    (ReceiptStatus.SENT, None),
    (ReceiptStatus.DELIVERED, None),
    *(
        (ReceiptStatus.FAILED, reason)
        for reason in (None, *DeliveryReason)
        if reason is not DeliveryReason.HOLDOUT
    ),
)


@pytest.fixture
async def writer(resources: Resources) -> AsyncIterator[LedgerWriter]:
    writer = make_writer(resources)
    yield writer
    await writer.close()


async def campaign_of_people() -> tuple[ObjectId, list[str]]:
    """A campaign whose recipients are customers, a third of them of each variant."""
    key, ids = await make_ledger(ROWS)
    people = await make_people(*({"email": f"c{number}@example.com"} for number in range(ROWS)))
    await Delivery.get_pymongo_collection().bulk_write(
        [
            UpdateOne(
                {"_id": ObjectId(one)}, {"$set": {"customer_id": person, "variant": VARIANTS[number % 3]}}
            )
            for number, (one, person) in enumerate(zip(ids, people, strict=True))
        ]
    )
    sums = Counter(VARIANTS[number % 3] for number in range(ROWS))
    stats = {one: {"total": count, "queued": count} for one, count in sums.items() if one is not None}
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"variant_stats": stats}})
    return key, ids


class Recount:
    """What is counted by hand: of the rows as they are seen before and after each step."""

    def __init__(self, key: ObjectId, rows: list[dict[str, Any]]) -> None:
        self.key = key
        self.rows = {row["_id"]: row for row in rows}
        self.events: Counter[str] = Counter()
        self.complained: set[ObjectId] = set()

    async def look(self) -> None:
        """Compare the rows with those of before."""
        for row in await ledger(self.key):
            old = self.rows[row["_id"]]
            self.events["sent"] += row["sent_at"] is not None and old["sent_at"] is None
            for status in ("DELIVERED", "FAILED"):
                self.events[status.lower()] += row["status"] == status != old["status"]
            self.rows[row["_id"]] = row

    def note_complaint(self, receipt: Receipt) -> None:
        """What the person called spam, an attempt that was made."""
        row = self.rows[ObjectId(receipt.delivery_id)]
        if receipt.reason is DeliveryReason.COMPLAINED and (receipt.attempt or 1) <= row["attempt"]:
            self.complained.add(row["_id"])

    async def assert_counted(self) -> None:
        """Results and timeline say the same."""
        results = await results_of([self.key])
        said_no = await ConsentWord.get_pymongo_collection().distinct(
            "customer_id", {"source": ONE_CLICK, "status": "UNSUBSCRIBED"}
        )
        expected: dict[str | None, Counter[str]] = {variant: Counter() for variant in VARIANTS}
        for row in self.rows.values():
            counts = expected[row["variant"]]
            counts["bounces"] += row.get("reason") == "BOUNCED"
            counts["complaints"] += row["_id"] in self.complained
            counts["unsubscribes"] += row["customer_id"] in said_no
        found = results.get(self.key, {})
        for variant, counts in expected.items():
            assert {name: found.get(variant, {}).get(name, 0) for name in counts} == counts
        timeline = await timeline_of(self.key, (await campaign_row(self.key))["launched_at"])
        for event in ("sent", "delivered", "failed"):
            assert sum(point.counts[event] for point in timeline) == self.events[event]


async def retry(resources: Resources, key: ObjectId) -> None:
    try:
        await retry_campaign(MARKETER, key, None, bus=resources.bus)
    except WrongState:
        return
    assert await retries(resources).run(key)


async def test_after_any_sequence_everything_is_what_a_recount_says(
    resources: Resources, writer: LedgerWriter
) -> None:
    chance = random.Random(16)
    key, ids = await campaign_of_people()
    topic = await make_topic(resources)
    recount = Recount(key, await ledger(key))
    kept: list[Receipt] = []
    for _ in range(120):
        one = chance.choice(ids)
        person = recount.rows[ObjectId(one)]["customer_id"]
        match chance.choice(("news", "news", "news", "again", "retry", "no", "yes")):
            case "retry":
                await retry(resources, key)
            case "no":
                link = Link(Purpose.UNSUBSCRIBE, Channel.EMAIL, person, topic["_id"], datetime.now(UTC), key)
                count = UnsubscribeCount(key)
                transact = resources.in_transaction
                await leave(link, transact=transact, clock=resources.clock, on_no=count.note)
            case "yes":
                await said(resources, person, topic, ConsentStatus.SUBSCRIBED)
            case what:
                if what == "news" or not kept:
                    status, reason = chance.choice(NEWS)
                    at = datetime.now(UTC) - timedelta(hours=chance.randrange(900))
                    kept.append(Receipt(one, status, at, chance.choice((None, 1, 2)), reason))
                receipt = kept[-1] if what == "news" else chance.choice(kept)
                recount.note_complaint(receipt)
                await writer.submit(key, [receipt, receipt])
        await recount.look()
        await assert_exact(key)
        await recount.assert_counted()
    assert all(recount.events.values())
    assert recount.complained


async def test_points_are_those_of_the_ledgers_own_moments_and_sum_up_to_its_stats(
    resources: Resources, writer: LedgerWriter
) -> None:
    key, ids = await make_ledger(60)
    launched_at = (await campaign_row(key))["launched_at"]
    for number, one in enumerate(ids):
        sent = Receipt(one, ReceiptStatus.SENT, launched_at + timedelta(minutes=number), 1)
        end = ReceiptStatus.FAILED if number % 3 == 0 else ReceiptStatus.DELIVERED
        done = Receipt(one, end, launched_at + timedelta(hours=number), 1)
        await writer.submit(key, [sent, done] if number % 2 else [sent])
    row = await assert_exact(key)
    timeline = await timeline_of(key, launched_at)
    sums = {event: sum(point.counts[event] for point in timeline) for event in timeline[0].counts}
    assert sums == {"sent": 60, "delivered": 20, "failed": 10, "opens": 0, "clicks": 0}
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (20, 10)
    length = timeline[1].at - timeline[0].at
    for point in timeline:
        rows = [
            one
            for one in await ledger(key)
            if one.get("finished_at") and point.at <= one["finished_at"] < point.at + length
        ]
        ends = Counter(one["status"].lower() for one in rows)
        assert {name: point.counts[name] for name in ("delivered", "failed")} == {
            "delivered": 0,
            "failed": 0,
        } | ends


async def test_what_arrived_and_bounced_in_one_flush_happened_both(
    resources: Resources, writer: LedgerWriter
) -> None:
    key, (one, *_) = await make_ledger(1)
    now = datetime.now(UTC)
    bounced = Receipt(one, ReceiptStatus.FAILED, now, 1, DeliveryReason.BOUNCED)
    await writer.submit(key, [Receipt(one, ReceiptStatus.DELIVERED, now, 1), bounced, bounced])
    (row,) = [
        point.counts
        for point in await timeline_of(key, now - timedelta(days=30))
        if any(point.counts.values())
    ]
    assert (row["sent"], row["delivered"], row["failed"]) == (1, 1, 1)
    assert (await results_of([key]))[key][None]["bounces"] == 1


async def test_who_complains_about_what_arrived_and_bounces_later_counts_once_in_each(
    resources: Resources, writer: LedgerWriter
) -> None:
    key, (one, *_) = await make_ledger(1)
    complained = Receipt(one, ReceiptStatus.FAILED, None, 1, DeliveryReason.COMPLAINED)
    bounced = Receipt(one, ReceiptStatus.FAILED, None, 1, DeliveryReason.BOUNCED)
    for receipt in (Receipt(one, ReceiptStatus.DELIVERED, None, 1), complained, bounced, complained, bounced):
        await writer.submit(key, [receipt])
    counts = (await results_of([key]))[key][None]
    assert (counts["complaints"], counts["bounces"]) == (1, 1)
    assert (await assert_exact(key))["stats"]["failed"] == 1


async def test_the_ledger_waits_for_nobody_who_counts_what_people_do(
    resources: Resources, writer: LedgerWriter
) -> None:
    key, (one, *_) = await make_ledger(1)
    launched_at, now = (await campaign_row(key))["launched_at"], datetime.now(UTC)
    bounced = Receipt(one, ReceiptStatus.FAILED, now, 1, DeliveryReason.BOUNCED)

    async def work(session: AsyncClientSession) -> None:
        await count_results(key, None, {"opens": 1}, session)
        await note_points(key, now, {"opens": 1}, session, launched_at=launched_at)
        async with asyncio.timeout(30):
            await writer.submit(key, [bounced])

    await resources.in_transaction(work)
    counts = (await results_of([key]))[key][None]
    assert (counts["opens"], counts["bounces"]) == (1, 1)
    assert (await timeline_of(key, launched_at))[-1].counts == {
        **dict.fromkeys(("sent", "failed", "opens"), 1),
        **dict.fromkeys(("delivered", "clicks"), 0),
    }


async def test_many_writers_at_once_count_each_once(resources: Resources) -> None:
    key, ids = await make_ledger(200)
    writers = [make_writer(resources) for _ in range(3)]
    news = [
        Receipt(one, ReceiptStatus.FAILED, None, 1, reason)
        for one in ids
        for reason in (DeliveryReason.BOUNCED, DeliveryReason.COMPLAINED)
        for _ in range(2)
    ]
    random.Random(3).shuffle(news)
    parts = [news[start : start + 40] for start in range(0, len(news), 40)]
    await asyncio.gather(*(writers[number % 3].submit(key, part) for number, part in enumerate(parts)))
    counts = (await results_of([key]))[key][None]
    bounced = await Delivery.get_pymongo_collection().count_documents(
        {"campaign_id": key, "reason": "BOUNCED"}
    )
    assert (counts["bounces"], counts["complaints"]) == (bounced, 200)
    launched_at = (await campaign_row(key))["launched_at"]
    timeline = await timeline_of(key, launched_at)
    assert sum(point.counts["failed"] for point in timeline) == 200
    assert (await Campaign.get_pymongo_collection().count_documents({"_id": key, "stats.failed": 200})) == 1
    for writer in writers:
        await writer.close()
