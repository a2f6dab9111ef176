"""Campaigns take turns: a small one is not kept waiting by a large one that was launched before it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from bson import ObjectId
from pydantic import SecretStr

from crm_graphql.bus.port import BusError
from crm_graphql.bus.queues import all_queues
from crm_graphql.core.settings import BusKind, Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.resources import Resources, make_bus
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.running import running, until, until_stats
from tests.delivery.stand_in import StandInVendor

LARGE, SMALL = 20_000, 200
RANGE_ROWS = 10
CALL_SECONDS = 0.2
FEW = {"where": {"field": "visitCount", "operator": "EQ", "value": 7}}


@pytest.fixture(params=["embedded", "rabbitmq"])
async def deployment(
    request: pytest.FixtureRequest, resources: Resources, settings: Settings
) -> AsyncIterator[Resources]:
    """Resources over each bus in turn, on the same emptied database."""
    if request.param == "embedded":
        yield resources
        return
    node = request.getfixturevalue("rabbitmq")
    changes = {
        "bus": BusKind.RABBITMQ,
        "amqp_url": SecretStr(node.url),
        "queue_prefix": f"fair{time.time_ns()}",
    }
    bus = make_bus(settings.model_copy(update=changes), resources.database)
    await bus.open()
    try:
        await bus.declare(all_queues(settings.partitions))
        yield dataclasses.replace(resources, bus=bus)
    finally:
        await bus.close()


def slow_vendor() -> StandInVendor:
    """Each call takes its time; accepting is delivering."""
    vendor = StandInVendor(sends_receipts=False)

    async def slow(_messages: Sequence[OutgoingMessage]) -> None:
        await asyncio.sleep(CALL_SECONDS)

    vendor.before = slow
    return vendor


async def has_written(campaign: ObjectId, count: int) -> bool:
    return bool((await campaign_row(campaign))["stats"]["total"] == count)


async def some_customers(count: int, few: int) -> None:
    keys = await make_customers(count)
    await Customer.get_pymongo_collection().update_many(
        {"_id": {"$in": keys[:few]}}, {"$set": {"visit_count": 7}}
    )


@pytest.mark.timeout(120)
async def test_a_small_campaign_is_done_while_a_large_one_is_being_sent(deployment: Resources) -> None:
    await some_customers(LARGE, SMALL)
    options: dict[str, Any] = {"delivery_batch": RANGE_ROWS, "senders": 4, "shutdown_grace_seconds": 5.0}
    vendor = slow_vendor()
    async with running(deployment, vendor, **options):
        large = await launch(deployment)
        # All its ranges wait: 2,000 calls, 100 s of the vendor's time.
        await until(lambda: has_written(large, LARGE), seconds=60)
        calls = vendor.calls
        small = await launch(deployment, rule=FEW)
        await until_stats(small, delivered=SMALL, seconds=60)
        calls = vendor.calls - calls
        assert (await campaign_row(large))["stats"]["queued"] > LARGE // 4
    # Its own 20, as many of the large one's in between, and those while it was planned.
    # In calls and not in seconds, so that a busy machine changes nothing.
    assert calls < 500


async def test_a_planner_that_always_fails_keeps_one_message(
    deployment: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reconciler looks ten times a second, and takes what waits for its next try for no lost message."""
    tries = 0

    async def fail(*_: object) -> bool:
        nonlocal tries
        tries += 1
        raise BusError("a failure that passes by itself")

    monkeypatch.setattr(Planner, "plan", fail)
    async with running(deployment, slow_vendor()):
        key = await launch(deployment)
        await asyncio.sleep(3)
    # At 0, 0.2, 0.7 and 1.7 s.
    assert 1 <= tries <= 4
    assert (await campaign_row(key))["status"] == "SENDING"
