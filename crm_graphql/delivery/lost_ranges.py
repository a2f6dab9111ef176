"""Ranges whose outcomes were lost on the way to the writer, put back to work."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bson import ObjectId
from pymongo import UpdateMany, UpdateOne

from crm_graphql.delivery.documents import Delivery, DeliveryStatus, RangeState, SendRange

Numbers = Mapping[ObjectId, Sequence[int]]
"""By campaign."""


async def reopen_ranges(campaigns: Sequence[ObjectId], *, limit: int, some_wait: bool = False) -> int:
    """Put ranges back to work that are done and yet hold rows that wait to be sent.

    They keep their claims, so the next sender knows that the vendor has had them. Looks at the first `limit`
    waiting rows of each campaign at most; how many ranges it found. `some_wait`: of these campaigns there are
    rows that wait until a moment of their own, which are not lost.
    """
    count = 0
    left = sorted(campaigns)
    while left and (waiting := await _waiting(left, limit, some_wait=some_wait)):
        ranges = SendRange.get_pymongo_collection()
        updates = list(_reopenings(waiting, await _firsts(waiting)))
        if updates:
            count += (await ranges.bulk_write(updates, ordered=False)).modified_count
        left = [campaign_id for campaign_id in left if campaign_id > max(waiting)]
    return count


async def _waiting(campaigns: Sequence[ObjectId], limit: int, *, some_wait: bool) -> Numbers:
    """The numbers of the first rows that wait to be sent, by campaign; from the index alone unless some wait
    by themselves."""
    rows = Delivery.get_pymongo_collection().find(
        {
            "campaign_id": {"$in": campaigns},
            "status": DeliveryStatus.QUEUED.value,
            **({"not_before": None} if some_wait else {}),
        },
        {"_id": 0, "campaign_id": 1, "number": 1},
        hint="by_status",
        sort=[("campaign_id", 1), ("number", 1)],
        limit=limit,
    )
    found: dict[ObjectId, list[int]] = defaultdict(list)
    async for row in rows:
        found[row["campaign_id"]].append(row["number"])
    return found


class _Firsts(NamedTuple):
    """Where the ranges of a campaign's plan begin, ascending, and whether there are waves beside it."""

    of_plan: list[int]
    waves: list[ObjectId]


async def _firsts(waiting: Numbers) -> Mapping[ObjectId, _Firsts]:
    """By campaign, from the index alone."""
    rows = SendRange.get_pymongo_collection().find(
        {"campaign_id": {"$in": list(waiting)}},
        {"_id": 0, "campaign_id": 1, "wave": 1, "first": 1},
        hint="first_of_wave",
        sort=[("campaign_id", 1), ("wave", 1), ("first", 1)],
    )
    found: dict[ObjectId, _Firsts] = defaultdict(lambda: _Firsts([], []))
    async for row in rows:
        firsts = found[row["campaign_id"]]
        if row.get("wave") is None:
            firsts.of_plan.append(row["first"])
        else:
            firsts.waves.append(row["wave"])
    return found


def _reopenings(waiting: Numbers, firsts: Mapping[ObjectId, _Firsts]) -> Iterator[UpdateOne | UpdateMany]:
    """An update for each range that a waiting number may lie in; its filter knows whether it does.

    A row of a wave lies in a range of the plan, too, whose sender finds nothing to send there.
    """
    reopened = {"$set": {"state": RangeState.PENDING.value, "lease_until": None, "token": None}}
    for campaign_id, numbers in waiting.items():
        if campaign_id not in firsts:
            continue
        done = {"campaign_id": campaign_id, "state": RangeState.DONE.value}
        starts, waves = firsts[campaign_id]
        if waves:
            of_waves = {"wave": {"$in": list(set(waves))}, "numbers": {"$in": list(numbers)}}
            yield UpdateMany({**done, **of_waves}, reopened)
        least: dict[int, int] = {}
        for number in numbers:
            if place := bisect_right(starts, number):
                least.setdefault(starts[place - 1], number)
        for first, number in least.items():
            yield UpdateOne({**done, "wave": None, "first": first, "last": {"$gte": number}}, reopened)
