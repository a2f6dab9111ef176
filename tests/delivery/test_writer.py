"""The writer: exact under concurrency, in few transactions, each change once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from bson import ObjectId

from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.core.clock import SystemClock
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, make_ledger

clock = SystemClock()


def sent(key: str) -> Receipt:
    return Receipt(key, ReceiptStatus.SENT, clock.now(), 1, vendor_message_id=f"v-{key}")


def delivered(key: str) -> Receipt:
    return Receipt(key, ReceiptStatus.DELIVERED, clock.now(), 1)


def bounced(key: str) -> Receipt:
    return Receipt(key, ReceiptStatus.FAILED, clock.now(), 1, DeliveryReason.BOUNCED, "550")


@pytest.fixture
async def writer(resources: Resources) -> AsyncIterator[LedgerWriter]:
    writer = make_writer(resources)
    yield writer
    await writer.close()


def make_writer(resources: Resources) -> LedgerWriter:
    return LedgerWriter(
        transact=resources.in_transaction, bus=resources.bus, clock=resources.clock, locks=CampaignLocks()
    )


async def test_outcomes_move_rows_counts_and_revision_together(writer: LedgerWriter) -> None:
    key, ids = await make_ledger(3)
    await writer.submit(key, [sent(ids[0]), bounced(ids[1])])
    row = await assert_exact(key)
    assert row["revision"] == 2
    assert (row["stats"]["queued"], row["stats"]["sent"], row["stats"]["failed"]) == (1, 1, 1)
    first = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[0])})
    assert first is not None
    assert (first["status"], first["revision"], first["vendor_message_id"]) == ("SENT", 2, f"v-{ids[0]}")


async def test_what_changes_nothing_writes_nothing(writer: LedgerWriter) -> None:
    key, ids = await make_ledger(2)
    await writer.submit(key, [delivered(ids[0])])
    await writer.submit(key, [sent(ids[0]), delivered(ids[0]), delivered("f" * 24)])
    row = await assert_exact(key)
    assert row["revision"] == 2


async def test_a_delivery_of_another_campaign_is_left_alone(writer: LedgerWriter) -> None:
    key, _ = await make_ledger(1)
    other, ids = await make_ledger(1)
    await writer.submit(key, [delivered(ids[0])])
    assert (await assert_exact(other))["stats"]["delivered"] == 0


async def test_the_last_outcome_completes_the_campaign(writer: LedgerWriter, resources: Resources) -> None:
    key, ids = await make_ledger(2)
    watch = await resources.bus.watch()
    await watch.bind(campaign_topic(key))
    await writer.submit(key, [delivered(ids[0])])
    assert (await assert_exact(key))["status"] == "SENDING"
    await writer.submit(key, [bounced(ids[1])])
    row = await assert_exact(key)
    assert (row["status"], row["revision"]) == ("COMPLETED", 4)
    assert row["completed_at"] is not None
    events = aiter(watch)
    revisions = [(await anext(events)).revision for _ in range(3)]
    assert revisions == [2, 3, 4]
    await watch.close()


async def test_a_late_receipt_corrects_a_completed_campaign(writer: LedgerWriter) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    no_receipt = Receipt(ids[0], ReceiptStatus.FAILED, clock.now(), 1, DeliveryReason.NO_RECEIPT)
    await writer.submit(key, [no_receipt])
    assert (await assert_exact(key))["status"] == "COMPLETED"
    await writer.submit(key, [delivered(ids[0])])
    row = await assert_exact(key)
    assert (row["status"], row["stats"]["delivered"], row["stats"]["failed"]) == ("COMPLETED", 1, 0)


async def test_what_waits_goes_into_one_transaction(writer: LedgerWriter) -> None:
    key, ids = await make_ledger(200)
    await asyncio.gather(*(writer.submit(key, [sent(one)]) for one in ids))
    row = await assert_exact(key)
    assert row["stats"]["sent"] == 200
    # The first alone, the rest together.
    assert row["revision"] <= 1 + 3
    stored = await Delivery.get_pymongo_collection().find({"campaign_id": key}).to_list()
    assert all(one["vendor_message_id"] == f"v-{one['_id']}" for one in stored)


async def test_several_writers_at_once_stay_exact(resources: Resources) -> None:
    key, ids = await make_ledger(300)
    writers = [make_writer(resources) for _ in range(4)]
    news = [one for each in ids for one in (sent(each), delivered(each), delivered(each), bounced(each))]
    random.Random(7).shuffle(news)
    parts = [news[start : start + 20] for start in range(0, len(news), 20)]
    await asyncio.gather(*(random.choice(writers).submit(key, part) for part in parts))
    row = await assert_exact(key)
    assert row["stats"]["queued"] == row["stats"]["sent"] == 0
    assert row["stats"]["delivered"] + row["stats"]["failed"] == 300
    assert row["status"] == "COMPLETED"
    for writer in writers:
        await writer.close()


async def test_a_failed_flush_tells_those_who_wait_and_nothing_is_written(resources: Resources) -> None:
    key, ids = await make_ledger(1)

    async def failing(work: object) -> None:
        raise ConnectionError("away")

    writer = LedgerWriter(
        transact=failing,  # type: ignore[arg-type]
        bus=resources.bus,
        clock=resources.clock,
        locks=CampaignLocks(),
    )
    with pytest.raises(ConnectionError):
        await writer.submit(key, [sent(ids[0])])
    assert (await assert_exact(key))["revision"] == 1
