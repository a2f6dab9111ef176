"""What a campaign's ledger and ranges hold, and whether they are whole."""

from __future__ import annotations

from typing import Any

from bson import ObjectId

from crm_graphql.delivery.documents import Delivery, SendRange
from tests.delivery.factories import assert_exact


async def ledger(key: ObjectId) -> list[dict[str, Any]]:
    """The rows in the order of their numbers."""
    return await Delivery.get_pymongo_collection().find({"campaign_id": key}).sort("number").to_list()


async def ranges(key: ObjectId) -> list[dict[str, Any]]:
    """The ranges in order."""
    return await SendRange.get_pymongo_collection().find({"campaign_id": key}).sort("first").to_list()


async def assert_whole(key: ObjectId, customers: list[ObjectId]) -> None:
    """Every customer once, numbered without a gap, and every queued row in exactly one range."""
    row = await assert_exact(key)
    rows = await ledger(key)
    assert [one["customer_id"] for one in rows] == sorted(customers)
    assert [one["number"] for one in rows] == list(range(len(customers)))
    assert row["planning"]["done"]
    covered = [
        number
        for one in await ranges(key)
        for number in range(one["first"], one["last"] + 1)
        if rows[number]["status"] == "QUEUED"
    ]
    assert covered == [one["number"] for one in rows if one["status"] == "QUEUED"]
