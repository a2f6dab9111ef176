"""An erasure of much, killed by kill -9 in the middle: hidden at once, and gone on with by others."""

from __future__ import annotations

import asyncio
import multiprocessing
from datetime import UTC, datetime

import pytest
import uvloop
from bson import ObjectId

from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.core.settings import Settings
from crm_graphql.customers import erased
from crm_graphql.customers.documents import Customer, CustomerChange, ErasedCustomer
from crm_graphql.delivery import erasing as delivery_erasing
from crm_graphql.delivery.documents import Delivery
from crm_graphql.erasure import service, steps
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.mongo.leases import database_now
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources, open_resources
from tests.customers.edits import create
from tests.customers.test_erasing import erase
from tests.delivery.factories import assert_exact, make_ledger

DELIVERIES = 2_000
QUEUED = 30
STEP = 10


def _small_steps() -> None:
    for module in (erased, steps, delivery_erasing):
        vars(module)["STEP"] = STEP
    vars(delivery_erasing)["CAMPAIGNS_AT_ONCE"] = vars(service)["CAMPAIGNS_AT_ONCE"] = STEP


async def _erase(settings: Settings) -> None:
    _small_steps()
    async with open_resources(settings) as resources:
        await erase(resources, "ada")


def _run(settings: Settings) -> None:
    uvloop.run(_erase(settings))


async def _named(customer: ObjectId) -> int:
    return await Delivery.get_pymongo_collection().count_documents(
        {"customer_id": customer, "address": {"$ne": None}}
    )


async def _fill(customer: ObjectId, deliveries: int, queued: int) -> list[ObjectId]:
    """Deliveries of many campaigns that have ended, and of some that wait."""
    now = datetime.now(UTC)
    await Delivery.get_pymongo_collection().insert_many(
        [
            {
                "campaign_id": ObjectId(),
                "number": 0,
                "customer_id": customer,
                "channel": "EMAIL",
                "address": "ada@example.com",
                "values": {"customer": {"name": "Ada"}},
                "status": "DELIVERED",
                "attempt": 1,
                "revision": 1,
                "created_at": now,
                "updated_at": now,
            }
            for _ in range(deliveries)
        ]
    )
    waiting = [(await make_ledger(3))[0] for _ in range(queued)]
    for campaign in waiting:
        await Delivery.get_pymongo_collection().update_one(
            {"campaign_id": campaign, "number": 1}, {"$set": {"customer_id": customer}}
        )
    return waiting


@pytest.mark.slow
async def test_an_erasure_that_is_killed_hides_at_once_and_is_gone_on_with(resources: Resources) -> None:
    made = await create(resources, "ada", name="Ada", email="ada@example.com")
    customer: ObjectId = made["_id"]
    waiting = await _fill(customer, DELIVERIES, QUEUED)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    process = processes.Process(target=_run, args=(resources.settings,), daemon=True)
    process.start()
    while await Customer.get_pymongo_collection().count_documents({}):
        assert process.is_alive()
        await asyncio.sleep(0.002)
    while await _named(customer) > DELIVERIES - 5 * STEP:
        assert process.is_alive()
        await asyncio.sleep(0.002)
    process.kill()
    await asyncio.to_thread(process.join)
    left = await _named(customer)
    assert 0 < left < DELIVERIES
    assert (await ErasedCustomer.get_pymongo_collection().find_one({}) or {})["is_scrubbed"] is False

    reconciler = ErasureReconciler(resources.in_transaction, resources.bus, resources.clock)
    async with asyncio.timeout(150):
        # A round gives way to other work after some seconds.
        while await _named(customer):
            await reconciler.run()
    await reconciler.run()
    tombstone = await ErasedCustomer.get_pymongo_collection().find_one({}) or {}
    assert tombstone["is_scrubbed"]
    # What the killed process held may have kept the reconciler for as long as a transaction lives.
    assert tombstone["is_open"] or tombstone["erased_at"] < await database_now() - SETTLED_AFTER
    assert await CustomerChange.get_pymongo_collection().count_documents({}) == 0
    for campaign in waiting:
        row = await assert_exact(campaign)
        assert (row["stats"]["queued"], row["stats"]["skipped"]) == (2, 1)


async def test_what_is_too_much_for_one_transaction_goes_in_several(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (steps, delivery_erasing):
        monkeypatch.setattr(module, "STEP", 7)
    made = await create(resources, "ada", name="Ada")
    await _fill(made["_id"], 40, 2)
    ordered_at = datetime(2024, 6, 15, tzinfo=UTC)
    await Order.get_pymongo_collection().insert_many(
        [
            {"external_id": f"o{number}", "customer_id": made["_id"], "amount": 1, "ordered_at": ordered_at}
            for number in range(100)
        ]
    )
    await erase(resources, "ada")
    assert await _named(made["_id"]) == 0
    assert await Order.get_pymongo_collection().count_documents({"customer_id": made["_id"]}) == 100


async def test_who_waits_in_many_campaigns_is_skipped_in_all(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (service, delivery_erasing):
        monkeypatch.setattr(module, "CAMPAIGNS_AT_ONCE", 3)
    made = await create(resources, "ada", name="Ada")
    waiting = await _fill(made["_id"], 1, 8)
    await erase(resources, "ada")
    assert await _named(made["_id"]) == 0
    for campaign in waiting:
        assert (await assert_exact(campaign))["stats"]["skipped"] == 1
