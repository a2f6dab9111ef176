"""Processes whose clocks are an hour wrong: nobody is left out, nothing is given up or repeated early."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.receipts import park
from crm_graphql.delivery.reconcile import DeliveryReconciler
from crm_graphql.ingestion.documents import IngestionChunk
from crm_graphql.ingestion.reconcile import publish_forgotten
from crm_graphql.resources import Resources
from tests.clocks import FixedClock
from tests.delivery.factories import campaign_row, launch, make_ledger
from tests.delivery.running import QUICK, running, until_status
from tests.delivery.stand_in import StandInVendor
from tests.ingestion.doors import CUSTOMERS, apply_pending, send

HOUR = timedelta(hours=1)


@pytest.fixture(params=[-HOUR, HOUR], ids=["an hour behind", "an hour ahead"])
def wrong(request: pytest.FixtureRequest, resources: Resources) -> Resources:
    """The resources of a process whose clock is wrong."""
    return dataclasses.replace(resources, clock=FixedClock(datetime.now(UTC) + request.param))


async def test_who_was_ingested_before_the_launch_is_in(resources: Resources, wrong: Resources) -> None:
    for applies, launches in ((wrong, resources), (resources, wrong)):
        await Customer.find_all().delete()
        record = {"external_id": "c1", "name": "Anna", "email": "anna@example.com"}
        await send(applies, CUSTOMERS, [record])
        await apply_pending(applies)
        async with running(launches, StandInVendor(sends_receipts=False)):
            row = await until_status(await launch(launches), "COMPLETED")
        assert row["stats"]["delivered"] == 1


async def test_a_parked_receipt_is_kept_its_hour(resources: Resources, wrong: Resources) -> None:
    await park([Receipt(str(ObjectId()), ReceiptStatus.DELIVERED)])
    tried = {"$set": {"tried_at": datetime.now(UTC) - timedelta(seconds=10)}}
    await ParkedReceipt.get_pymongo_collection().update_many({}, tried)
    await _round(wrong)
    assert await ParkedReceipt.count() == 1


async def test_what_waits_for_a_receipt_is_not_given_up_early(resources: Resources, wrong: Resources) -> None:
    key, _ = await make_ledger(3, status=DeliveryStatus.SENT)
    await _round(wrong, receipt_timeout_seconds=1800)
    assert (await campaign_row(key))["stats"]["sent"] == 3


async def test_a_chunk_is_not_published_again_at_once(resources: Resources, wrong: Resources) -> None:
    await send(wrong, CUSTOMERS, [{"external_id": "c1", "name": "Anna"}])
    await resources.database.bus_messages.delete_many({})
    await publish_forgotten(resources.bus)
    assert await resources.database.bus_messages.count_documents({}) == 0
    published = {"$set": {"published_at": datetime.now(UTC) - timedelta(seconds=20)}}
    await IngestionChunk.get_pymongo_collection().update_many({}, published)
    await publish_forgotten(wrong.bus)
    assert await resources.database.bus_messages.count_documents({}) == 1


async def test_a_launch_takes_its_moment_from_the_database(wrong: Resources) -> None:
    key = await launch(wrong)
    row = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    assert abs(row["evaluated_at"] - datetime.now(UTC)) < timedelta(minutes=1)


async def _round(resources: Resources, *, receipt_timeout_seconds: int = 3600) -> None:
    async with running(resources, StandInVendor(), reconcile_interval_seconds=3600) as runner:
        await DeliveryReconciler(
            writer=runner.work.writer,
            bus=resources.bus,
            clock=resources.clock,
            partitions=resources.settings.partitions,
            receipt_timeout_seconds=receipt_timeout_seconds,
            parked_receipt_seconds=int(QUICK["lease_seconds"]) * 1800,
        ).run()
