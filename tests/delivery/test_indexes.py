"""The hot queries of delivery use their indexes, and look at little more than they return."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.resources import Resources
from tests.delivery.factories import LONG_AGO, make_ledger

CLAIM = {"state": "PENDING", "$expr": {"$lt": ["$lease_until", "$$NOW"]}}
QUERIES: list[tuple[str, Any, dict[str, Any], list[tuple[str, int]]]] = [
    ("number", Delivery, {"number": {"$gte": 10, "$lte": 19}, "status": "QUEUED"}, [("number", 1)]),
    ("by_status", Delivery, {"status": "SENT"}, [("number", 1)]),
    ("by_reason", Delivery, {"reason": {"$in": ["BOUNCED", "NO_ADDRESS"]}}, [("number", 1)]),
    ("revision", Delivery, {"revision": {"$gt": 5, "$lte": 9}}, [("revision", 1), ("_id", 1)]),
    ("free", SendRange, CLAIM, [("lease_until", 1), ("first", 1)]),
    ("claimed", SendRange, {"first_claimed_at": {"$lte": LONG_AGO}}, [("first_claimed_at", 1)]),
    ("first_of_wave", SendRange, {"wave": None, "first": {"$lte": 70}}, [("first", -1)]),
    ("due", Delivery, {"not_before": {"$lte": LONG_AGO, "$type": "date"}}, [("not_before", 1)]),
]


@pytest.fixture
async def key(resources: Resources) -> ObjectId:
    key, _ = await make_ledger(200)
    await make_ledger(200)
    ranges = [
        {"campaign_id": key, "first": first, "last": first + 9, "state": "PENDING", "lease_until": None}
        for first in range(0, 200, 10)
    ]
    await SendRange.get_pymongo_collection().insert_many(ranges)
    waits = {"campaign_id": key, "number": {"$lt": 9}}
    await Delivery.get_pymongo_collection().update_many(waits, {"$set": {"not_before": LONG_AGO}})
    return key


@pytest.mark.parametrize(("index", "document", "filter_", "sort"), QUERIES, ids=[one[0] for one in QUERIES])
async def test_a_hot_query_uses_its_index_and_sorts_by_it(
    key: ObjectId, index: str, document: Any, filter_: dict[str, Any], sort: list[tuple[str, int]]
) -> None:
    collection = document.get_pymongo_collection()
    plan = await collection.find({"campaign_id": key, **filter_}).sort(sort).limit(10).explain()
    stages = list(_stages(plan["queryPlanner"]["winningPlan"]))
    assert {stage["indexName"] for stage in stages if stage["stage"] == "IXSCAN"} == {index}
    assert "SORT" not in [stage["stage"] for stage in stages]
    executed = plan["executionStats"]
    assert executed["totalDocsExamined"] <= max(executed["nReturned"], 1) + 1


def _stages(stage: dict[str, Any]) -> Any:
    yield stage
    for inner in (stage.get("inputStage"), *stage.get("inputStages", [])):
        if inner:
            yield from _stages(inner)
