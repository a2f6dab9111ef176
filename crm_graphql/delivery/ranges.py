"""Ranges of the ledger as senders claim them: guarded updates with a lease and a token."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.delivery.documents import Delivery, DeliveryStatus, RangeState, SendRange
from crm_graphql.mongo.leases import until


@dataclass(frozen=True, slots=True)
class Claim:
    """A range that is ours until its lease ends.

    `is_repeat` says that somebody else claimed it before and may have sent it; `first_claimed_at` is when, by
    the database's clock. `doubts` and `strikes` are what earlier claims noted.
    """

    key: ObjectId
    campaign_id: ObjectId
    first: int
    last: int
    token: str
    is_repeat: bool
    first_claimed_at: datetime
    claimed_at: datetime
    doubts: int
    strikes: Mapping[str, int]
    wave: ObjectId | None = None
    numbers: Sequence[int] | None = None
    """Of a wave: which rows it holds, ascending."""


def ranges_of(
    campaign_id: ObjectId,
    queued: Iterable[int],
    size: int,
    *,
    wave: ObjectId | None = None,
    claimed_since: datetime | None = None,
) -> list[dict[str, Any]]:
    """The documents of the ranges that hold these numbers, at most `size` of them each, in order.

    Numbers in between that are not queued fall into a range without counting; in one of a `wave` nothing is
    in between. `claimed_since`: when a vendor may first have had the messages; None for new ones.
    """
    numbers = list(queued)
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [
        {
            "campaign_id": campaign_id,
            "first": part[0],
            "last": part[-1],
            "wave": wave,
            "numbers": None if wave is None else part,
            "state": RangeState.PENDING.value,
            "claims": int(claimed_since is not None),
            "token": None,
            "lease_until": None,
            "first_claimed_at": claimed_since,
            "doubts": 0,
            "strikes": {},
        }
        for part in parts
    ]


async def claim_range(
    campaign_id: ObjectId,
    *,
    lease_seconds: float,
    at_most: int | None = None,
    session: AsyncClientSession | None = None,
) -> Claim | None:
    """Claim the first free range of a campaign, of those with `at_most` so many messages; None when all are
    done or held."""
    token = uuid.uuid4().hex
    taken = {
        "token": token,
        "lease_until": until(lease_seconds),
        "claims": {"$add": ["$claims", 1]},
        "claimed_at": "$$NOW",
        "first_claimed_at": {"$cond": ["$claims", "$first_claimed_at", "$$NOW"]},
    }
    row = await SendRange.get_pymongo_collection().find_one_and_update(
        {"$and": [_free(campaign_id), {} if at_most is None else {"$expr": {"$lte": [_SIZE, at_most]}}]},
        [{"$set": taken}],
        # By the index: those that nobody held yet come first, then the longest out of lease.
        sort=[("lease_until", 1), ("first", 1)],
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if row is None:
        return None
    return Claim(
        row["_id"],
        campaign_id,
        row["first"],
        row["last"],
        token,
        row["claims"] > 1,
        row["first_claimed_at"],
        row["claimed_at"],
        row.get("doubts", 0),
        row.get("strikes") or {},
        row.get("wave"),
        row.get("numbers"),
    )


async def has_free_range(campaign_id: ObjectId) -> bool:
    """Whether there is a range that nobody holds."""
    row = await SendRange.get_pymongo_collection().find_one(_free(campaign_id), {"_id": 1}, hint="free")
    return row is not None


async def next_leases(campaigns: Sequence[ObjectId]) -> dict[ObjectId, datetime | None]:
    """For each of the campaigns that have ranges to send, the end of the lease that is over first; None where
    a range has none. One query for all, a step of the index for each."""
    cursor = await SendRange.get_pymongo_collection().aggregate(
        [
            {"$match": {"state": RangeState.PENDING.value, "campaign_id": {"$in": list(campaigns)}}},
            {"$sort": {"state": 1, "campaign_id": 1, "lease_until": 1}},
            {"$group": {"_id": "$campaign_id", "lease_until": {"$first": "$lease_until"}}},
        ],
        hint="free",
    )
    return {row["_id"]: row["lease_until"] async for row in cursor}


async def spans_claimed_before(
    campaigns: Sequence[ObjectId], before: datetime
) -> dict[ObjectId, tuple[int, int]]:
    """For each of the campaigns of which something was claimed by then, between which numbers that lies. One
    query for all; a row outside cannot have been sent by then."""
    cursor = await SendRange.get_pymongo_collection().aggregate(
        [
            {"$match": {"campaign_id": {"$in": list(campaigns)}, "first_claimed_at": {"$lte": before}}},
            {"$group": {"_id": "$campaign_id", "first": {"$min": "$first"}, "last": {"$max": "$last"}}},
        ],
        hint="claimed",
    )
    return {row["_id"]: (row["first"], row["last"]) async for row in cursor}


async def renew_range(claim: Claim, *, lease_seconds: float) -> bool:
    """Begin the lease anew. False when it is no longer ours: then send nothing."""
    result = await SendRange.get_pymongo_collection().update_one(
        ours(claim), [{"$set": {"lease_until": until(lease_seconds)}}]
    )
    return result.matched_count == 1


async def hold_range(claim: Claim, *, session: AsyncClientSession) -> bool:
    """Whether it is still ours, and stays so until the session's transaction is committed."""
    result = await SendRange.get_pymongo_collection().update_one(
        ours(claim), {"$inc": {"holds": 1}}, session=session
    )
    return result.matched_count == 1


async def finish_range(claim: Claim) -> bool:
    """All its outcomes are on their way to the writer. False when it is no longer ours."""
    result = await SendRange.get_pymongo_collection().update_one(
        ours(claim), {"$set": {"state": RangeState.DONE.value, "token": None, "lease_until": None}}
    )
    return result.matched_count == 1


async def release_range(claim: Claim, *, delay_seconds: float, untouched: bool) -> None:
    """Give it back for later. `untouched`: surely nothing of it was sent under this claim, so that it does
    not count."""
    await SendRange.get_pymongo_collection().update_one(
        ours(claim),
        [
            {
                "$set": {
                    "token": None,
                    "lease_until": until(delay_seconds),
                    "claims": {"$subtract": ["$claims", int(untouched)]},
                }
            }
        ],
    )


async def release_in_doubt(claim: Claim, *, delay_seconds: float, strikes: Mapping[str, int]) -> None:
    """Give it back for later, because the vendor's answer was missing for some of it: once more in doubt."""
    await SendRange.get_pymongo_collection().update_one(
        ours(claim),
        [
            {
                "$set": {
                    "token": None,
                    "lease_until": until(delay_seconds),
                    "doubts": {"$add": [claim.doubts, 1]},
                    "strikes": {"$literal": dict(strikes)},
                }
            }
        ],
    )


async def queued_rows(claim: Claim, fields: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of the range that still wait to be sent, in order; not those that wait by themselves."""
    span = {"$gte": claim.first, "$lte": claim.last}
    return (
        await Delivery.get_pymongo_collection()
        .find(
            {
                "campaign_id": claim.campaign_id,
                "number": span if claim.numbers is None else {"$in": list(claim.numbers)},
                "status": DeliveryStatus.QUEUED.value,
                "wave": claim.wave,
                "not_before": None,
            },
            dict.fromkeys(fields, 1),
        )
        .sort("number")
        .hint("number")
        .to_list()
    )


_SIZE = {
    "$cond": [
        {"$isArray": "$numbers"},
        {"$size": {"$ifNull": ["$numbers", []]}},
        {"$subtract": [{"$add": ["$last", 1]}, "$first"]},
    ]
}
"""How many messages a range holds, as it was made."""


def _free(campaign_id: ObjectId) -> dict[str, Any]:
    """Before the first claim there is no lease, which compares less than any moment."""
    return {
        "campaign_id": campaign_id,
        "state": RangeState.PENDING.value,
        "$expr": {"$lt": ["$lease_until", "$$NOW"]},
    }


def ours(claim: Claim) -> dict[str, Any]:
    """The condition that the range is still this claim's."""
    return {"_id": claim.key, "state": RangeState.PENDING.value, "token": claim.token}
