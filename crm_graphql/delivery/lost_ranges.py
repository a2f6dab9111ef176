"""Ranges whose outcomes were lost on the way to the writer, put back to work."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bson import ObjectId
from pymongo import UpdateOne

from crm_graphql.delivery.documents import Delivery, DeliveryStatus, RangeState, SendRange

Numbers = Mapping[ObjectId, Sequence[int]]


async def reopen_ranges(campaigns: Sequence[ObjectId], *, limit: int) -> int:
    """Put ranges back to work that are done and yet hold rows that wait.

    They keep their claims, so the next sender knows that the vendor has had them. Looks at the first `limit`
    waiting rows of each campaign at most; how many ranges it found.
    """
    count = 0
    left = sorted(campaigns)
    while left and (waiting := await _waiting(left, limit)):
        ranges = SendRange.get_pymongo_collection()
        updates = list(_reopenings(waiting, await _firsts(waiting)))
        if updates:
            count += (await ranges.bulk_write(updates, ordered=False)).modified_count
        left = [campaign_id for campaign_id in left if campaign_id > max(waiting)]
    return count


async def _waiting(campaigns: Sequence[ObjectId], limit: int) -> Numbers:
    """The numbers of the first waiting rows, by campaign, from the index alone."""
    rows = Delivery.get_pymongo_collection().find(
        {"campaign_id": {"$in": campaigns}, "status": DeliveryStatus.QUEUED.value},
        {"_id": 0, "campaign_id": 1, "number": 1},
        hint="by_status",
        sort=[("campaign_id", 1), ("number", 1)],
        limit=limit,
    )
    found: dict[ObjectId, list[int]] = defaultdict(list)
    async for row in rows:
        found[row["campaign_id"]].append(row["number"])
    return found


async def _firsts(waiting: Numbers) -> Numbers:
    """Where the ranges of these campaigns begin, ascending, from the index alone."""
    rows = SendRange.get_pymongo_collection().find(
        {"campaign_id": {"$in": list(waiting)}},
        {"_id": 0, "campaign_id": 1, "first": 1},
        hint="first",
        sort=[("campaign_id", 1), ("first", 1)],
    )
    found: dict[ObjectId, list[int]] = defaultdict(list)
    async for row in rows:
        found[row["campaign_id"]].append(row["first"])
    return found


def _reopenings(waiting: Numbers, firsts: Numbers) -> Iterator[UpdateOne]:
    """An update for each range that a waiting number may lie in; its filter knows whether it does."""
    for campaign_id, numbers in waiting.items():
        starts = firsts.get(campaign_id, ())
        least: dict[int, int] = {}
        for number in numbers:
            if place := bisect_right(starts, number):
                least.setdefault(starts[place - 1], number)
        for first, number in least.items():
            yield UpdateOne(
                {
                    "campaign_id": campaign_id,
                    "first": first,
                    "last": {"$gte": number},
                    "state": RangeState.DONE.value,
                },
                {"$set": {"state": RangeState.PENDING.value, "lease_until": None, "token": None}},
            )
