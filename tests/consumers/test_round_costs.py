"""A round of the reconciler costs what it changes, however much there is, as MongoDB's profiler witnesses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.messages import PLAN_QUEUE
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, SendRange
from crm_graphql.delivery.messages import SEND_QUEUE, SEND_TURNS
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.ingestion import retention
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk
from crm_graphql.ingestion.messages import chunk_queue
from crm_graphql.ingestion.retention import delete_old_chunks
from crm_graphql.ingestion.states import Lane
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from tests.consumers.rounds import (
    LONG,
    PARTITION,
    busy_campaigns,
    busy_ingestions,
    insert_ingestion,
    lose_outcomes,
    make_sent,
    one_round,
)
from tests.delivery.factories import make_ledger
from tests.profiling import documents_examined, profiled

BUS = "bus_messages"
OWN = frozenset(
    {
        *("campaigns", "turns", "deliveries", "ingestion_chunks", "ingestions", "parked_receipts"),
        "send_ranges",
    }
)
"""The collections that a round asks, but for the embedded bus, which another broker would be spared."""


async def commands_of_a_round(resources: Resources) -> list[Mapping[str, Any]]:
    """Those on its own collections, whatever else the database is asked meanwhile."""
    async with profiled(resources.database) as commands:
        await one_round(resources)
    return [one for one in commands if one["ns"].partition(".")[2] in OWN]


async def test_a_round_with_nothing_to_change_reads_no_document(resources: Resources) -> None:
    await busy_ingestions(resources, 5)
    await busy_campaigns(resources, 5)
    commands = await commands_of_a_round(resources)
    assert documents_examined(commands) == {}
    assert not [one for one in commands if one["op"] in ("update", "insert", "remove")]


async def test_a_round_asks_for_all_at_once(resources: Resources) -> None:
    await busy_ingestions(resources, 1)
    await busy_campaigns(resources, 1)
    few = await commands_of_a_round(resources)
    await busy_ingestions(resources, 20)
    await busy_campaigns(resources, 20)
    many = await commands_of_a_round(resources)
    assert sorted(one["ns"] for one in many) == sorted(one["ns"] for one in few)


async def test_the_keys_of_a_round_are_those_of_what_is_under_way(resources: Resources) -> None:
    await busy_campaigns(resources, 3)
    await insert_ingestion(2_000)
    await make_ledger(2_000, status=DeliveryStatus.DELIVERED)
    commands = await commands_of_a_round(resources)
    assert sum(one.get("keysExamined", 0) for one in commands) < 300


async def test_places_of_many_campaigns_are_filled_at_once(resources: Resources) -> None:
    keys = await busy_campaigns(resources, 10)
    await Turn.get_pymongo_collection().delete_many({})
    await resources.database[BUS].delete_many({"queue": SEND_QUEUE})
    commands = await commands_of_a_round(resources)
    assert len(keys) == 30
    assert await resources.bus.depth(SEND_QUEUE) == 10 * SEND_TURNS.places
    assert await resources.bus.depth(PLAN_QUEUE) == 0
    # Each upsert of the one bulk write is written down by itself.
    turns = [one for one in commands if one["ns"].endswith("turns")]
    assert [one["op"] for one in turns if one["op"] != "update"] == ["command", "query"]
    assert documents_examined(turns) == {}


async def test_lost_outcomes_cost_the_ranges_that_are_reopened(resources: Resources) -> None:
    await lose_outcomes(2)
    await lose_outcomes(4)
    commands = await commands_of_a_round(resources)
    examined = documents_examined(commands)
    assert examined.pop("send_ranges update") == 3
    assert examined == {}


async def test_receipts_that_are_late_cost_their_own_rows(resources: Resources) -> None:
    now = datetime.now(UTC)
    # The ranges that came later, and campaigns that did, are not looked at.
    for late, other in ((5, 95), (20, 80)):
        key = await make_sent(late, claimed_at=now - 2 * LONG, late=late)
        more = [{**row, "first_claimed_at": now} for row in ranges_of(key, range(late, late + other), 10)]
        await SendRange.get_pymongo_collection().insert_many(more)
        row = {"campaign_id": key, "status": "SENT", "updated_at": now}
        await Delivery.get_pymongo_collection().insert_many(
            [{**row, "number": one["first"], "customer_id": ObjectId()} for one in more]
        )
    await make_sent(100, claimed_at=now)
    commands = await commands_of_a_round(resources)
    failed = {"status": "FAILED", "reason": "NO_RECEIPT"}
    assert await Delivery.get_pymongo_collection().count_documents(failed) == 25
    # To find them, and to write them down.
    assert documents_examined(commands)["deliveries query"] == 2 * 25


async def test_the_end_of_an_abandoned_ingestion_reads_no_payload(resources: Resources) -> None:
    open_one: dict[str, Any] = {"status": "RUNNING", "counters": None}
    key = await insert_ingestion(50, **open_one, sealed=False)
    await busy_ingestions(resources, 5)
    commands = await commands_of_a_round(resources)
    row = await Ingestion.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    assert (row["status"], row["chunk_count"]) == ("FAILED", 50)
    assert documents_examined(commands) == {"ingestions update": 1}


@pytest.mark.parametrize("payload", [b"", b"x" * 100_000], ids=["small", "large"])
async def test_old_chunks_go_by_their_keys(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> None:
    monkeypatch.setattr(retention, "DELETED_AT_ONCE", 10)
    for _ in range(5):
        await insert_ingestion(9)
    chunks = IngestionChunk.get_pymongo_collection()
    await chunks.update_many({}, {"$set": {"payload": payload}})
    async with profiled(resources.database) as commands:
        await delete_old_chunks(datetime.now(UTC) - timedelta(days=1))
    assert await chunks.count_documents({}) == 0
    assert documents_examined(commands) == {"ingestion_chunks remove": 45}


async def test_chunks_that_are_published_again_cost_their_own_documents(resources: Resources) -> None:
    await busy_ingestions(resources, 5)
    await insert_ingestion(7, partition=PARTITION + 1, status="RUNNING", counters=None)
    commands = await commands_of_a_round(resources)
    assert await resources.bus.depth(chunk_queue(PARTITION + 1, Lane.BULK)) == 7
    assert documents_examined(commands) == {"ingestion_chunks update": 7}
