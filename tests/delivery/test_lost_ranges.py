"""Ranges whose outcomes were lost are found by their waiting rows, in however many campaigns."""

from __future__ import annotations

import pytest
from bson import ObjectId

from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.lost_ranges import reopen_ranges
from crm_graphql.resources import Resources
from tests.consumers.rounds import lose_outcomes
from tests.delivery.ledgers import ranges

SIZE = 2


async def states(key: ObjectId) -> list[str]:
    return [row["state"] for row in await ranges(key)]


@pytest.mark.parametrize("limit", [1, 3, 1_000])
async def test_every_campaign_gets_its_share_of_a_step(resources: Resources, limit: int) -> None:
    keys = [await lose_outcomes(4, size=SIZE) for _ in range(3)]
    count = await reopen_ranges(keys, limit=limit)
    reopened = [sum(state == "PENDING" for state in await states(key)) for key in keys]
    assert count == sum(reopened)
    assert all(reopened)
    assert max(reopened) <= min(2, limit)


async def test_only_ranges_that_hold_waiting_rows_are_reopened(resources: Resources) -> None:
    lost, other = await lose_outcomes(3, size=SIZE), await lose_outcomes(3, size=SIZE)
    assert await reopen_ranges([lost], limit=1_000) == 2
    assert await states(lost) == ["PENDING", "PENDING", "DONE"]
    assert await states(other) == ["DONE", "DONE", "DONE"]
    assert await reopen_ranges([lost], limit=1_000) == 0


async def test_a_range_keeps_its_claims(resources: Resources) -> None:
    key = await lose_outcomes(1, size=SIZE)
    claimed = {"$set": {"claims": 3, "token": "old"}}
    await SendRange.get_pymongo_collection().update_many({"campaign_id": key}, claimed)
    await reopen_ranges([key], limit=1_000)
    first, *_ = await ranges(key)
    assert (first["claims"], first["token"], first["lease_until"]) == (3, None, None)


async def test_a_row_that_lies_in_no_range_reopens_none(resources: Resources) -> None:
    key = await lose_outcomes(6, size=SIZE)
    of_campaign = {"campaign_id": key}
    await SendRange.get_pymongo_collection().delete_many({**of_campaign, "first": 4})
    sent = {**of_campaign, "number": {"$lt": 4}}
    await Delivery.get_pymongo_collection().update_many(sent, {"$set": {"status": "SENT"}})
    assert await reopen_ranges([key], limit=1_000) == 0
    assert await states(key) == ["DONE", "DONE"]
