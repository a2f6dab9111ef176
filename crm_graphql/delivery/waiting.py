"""Messages that wait by themselves: put aside by the sender that holds them, and back to work when due.

A message that waits is QUEUED and has `not_before`. It is part of no range meanwhile, so it keeps no other
message back; when it is due it gets into a range of a new wave. Both are one transaction each that begins
with the campaign, as all of the ledger's: the stats are exact at every moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument, UpdateMany
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import HAS_WORK_FOR_SENDERS, announce
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, SendRange
from crm_graphql.delivery.ledger import stats_moves
from crm_graphql.delivery.ranges import Claim, hold_range, ranges_of
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.mongo.transactions import Transact

RELEASED_AT_ONCE = 2_000
"""Rows of one transaction; more are released by the next one."""

_QUEUED = DeliveryStatus.QUEUED.value
_WAITS = {"$type": "date"}
"""As the index says it."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """A message that is to wait. `by_vendor`: the vendor put it off."""

    delivery_id: ObjectId
    not_before: datetime
    by_vendor: bool = False
    variant: str | None = None
    """The row's."""

    @classmethod
    def of(cls, row: Mapping[str, Any], not_before: datetime, *, by_vendor: bool = False) -> Deferral:
        """Of a row of the ledger."""
        return cls(row["_id"], not_before, by_vendor, row.get("variant"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What putting messages aside, and back to work, needs. `range_rows`: as the planner's."""

    transact: Transact
    bus: Bus
    locks: CampaignLocks
    range_rows: int

    async def defer(
        self, claim: Claim, deferrals: Sequence[Deferral], *, doubtful_since: datetime | None
    ) -> None:
        """Put the messages of a claimed range aside, each until its moment.

        Under the claim: nobody else can have taken them meanwhile, and whoever claims the range afterwards
        does not find them. `doubtful_since`: when a vendor may first have had them; None: surely none did.
        Raises LeaseLost when the range is no longer ours: then nothing is put aside.
        """
        by_variant: dict[str | None, list[Deferral]] = defaultdict(list)
        for one in deferrals:
            by_variant[one.variant].append(one)

        async def work(session: AsyncClientSession) -> Mapping[str, Any] | None:
            campaign = await _next_revision({"_id": claim.campaign_id}, session)
            if campaign is None or not await hold_range(claim, session=session):
                raise LeaseLost
            common = {"doubtful_since": doubtful_since, **_stamp(campaign)}
            deferred: Counter[str | None] = Counter()
            for variant, alike in by_variant.items():
                written = await Delivery.get_pymongo_collection().bulk_write(
                    [
                        UpdateMany(filter_, {**change, "$set": {**change["$set"], **common}})
                        for filter_, change in _updates_of(alike)
                    ],
                    ordered=False,
                    session=session,
                )
                deferred[variant] = written.modified_count
            await _count(claim.campaign_id, deferred, session)
            return campaign

        if deferrals:
            await self._commit(claim.campaign_id, work)

    async def release_due(self, campaign_id: ObjectId) -> int:
        """Put what is due back to work, at most 2,000 messages; how many. Nothing of a campaign that is not
        being sent; all of one that was cancelled, to be skipped."""
        count = 0

        async def work(session: AsyncClientSession) -> Mapping[str, Any] | None:
            nonlocal count
            campaign = await _next_revision({"_id": campaign_id, **HAS_WORK_FOR_SENDERS}, session)
            rows = await _due_rows(campaign, session) if campaign else []
            count = len(rows)
            if campaign is None or not rows:
                await session.abort_transaction()
                return None
            await self._range_again(campaign, rows, session)
            released = Counter(row.get("variant") for row in rows)
            await _count(campaign_id, {variant: -due for variant, due in released.items()}, session)
            return campaign

        await self._commit(campaign_id, work)
        return count

    async def _range_again(
        self, campaign: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], session: AsyncClientSession
    ) -> None:
        wave = ObjectId()
        await Delivery.get_pymongo_collection().update_many(
            {"_id": {"$in": [row["_id"] for row in rows]}},
            {"$set": {"not_before": None, "doubtful_since": None, "wave": wave, **_stamp(campaign)}},
            session=session,
        )
        clean = [row["number"] for row in rows if row.get("doubtful_since") is None]
        ranges = ranges_of(campaign["_id"], sorted(clean), self.range_rows, wave=wave)
        for row in rows:
            # Each by itself: how long a vendor dedupes runs from its own first call.
            if since := row.get("doubtful_since"):
                ranges += ranges_of(campaign["_id"], [row["number"]], 1, wave=wave, claimed_since=since)
        await SendRange.get_pymongo_collection().insert_many(ranges, session=session)

    async def _commit(self, campaign_id: ObjectId, work: Any) -> None:
        campaign = await self.locks.transact(campaign_id, work, transact=self.transact)
        if campaign is not None:
            await announce(campaign_id, campaign["revision"], bus=self.bus)


async def due_campaigns(campaigns: Sequence[ObjectId], now: datetime) -> list[ObjectId]:
    """Those of the campaigns of which something waits that is due. A step of the index for each."""
    deliveries = Delivery.get_pymongo_collection()
    due: list[ObjectId] = []
    for campaign_id in campaigns:
        found = {"campaign_id": campaign_id, "not_before": {"$lte": now, **_WAITS}}
        if await deliveries.find_one(found, {"_id": 1}, hint="due") is not None:
            due.append(campaign_id)
    return due


async def first_due(campaign_id: ObjectId) -> datetime | None:
    """When the first of the campaign's messages that wait will be due; None where none waits."""
    return await _moment_at(campaign_id, 1)


async def last_due(campaign_id: ObjectId) -> datetime | None:
    """When the last of the campaign's messages that wait will be due; None where none waits."""
    return await _moment_at(campaign_id, -1)


async def _moment_at(campaign_id: ObjectId, direction: int) -> datetime | None:
    row = await Delivery.get_pymongo_collection().find_one(
        {"campaign_id": campaign_id, "not_before": _WAITS},
        {"_id": 0, "not_before": 1},
        sort=[("not_before", direction)],
        hint="due",
    )
    return None if row is None else row["not_before"]


def _updates_of(deferrals: Sequence[Deferral]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Filter and change for each moment: messages wait for few, so that the updates are few."""
    alike: dict[tuple[datetime, bool], list[ObjectId]] = defaultdict(list)
    for one in deferrals:
        alike[one.not_before, one.by_vendor].append(one.delivery_id)
    return [
        (
            # A receipt may have come meanwhile: then there is nothing to wait for.
            {"_id": {"$in": keys}, "status": _QUEUED, "not_before": None},
            {"$set": {"not_before": not_before}, "$inc": {"put_off": int(by_vendor)}},
        )
        for (not_before, by_vendor), keys in alike.items()
    ]


async def _due_rows(campaign: Mapping[str, Any], session: AsyncClientSession) -> list[Mapping[str, Any]]:
    is_cancelled = campaign["status"] == CampaignStatus.CANCELLED.value
    due = {} if is_cancelled else {"$lte": campaign["updated_at"]}
    rows = Delivery.get_pymongo_collection().find(
        {"campaign_id": campaign["_id"], "not_before": {**due, **_WAITS}},
        {"number": 1, "doubtful_since": 1, "variant": 1},
        hint="due",
        limit=RELEASED_AT_ONCE,
        session=session,
    )
    return await rows.to_list()


async def _next_revision(filter_: Mapping[str, Any], session: AsyncClientSession) -> Mapping[str, Any] | None:
    """The campaign with a revision for what follows: it comes first, so that it orders all there is."""
    campaign: Mapping[str, Any] | None = await Campaign.get_pymongo_collection().find_one_and_update(
        filter_,
        {"$inc": {"revision": 1}, "$currentDate": {"updated_at": True}},
        projection={"revision": 1, "updated_at": 1, "status": 1},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return campaign


def _stamp(campaign: Mapping[str, Any]) -> dict[str, Any]:
    return {"revision": campaign["revision"], "updated_at": campaign["updated_at"]}


async def _count(
    campaign_id: ObjectId, deferred: Mapping[str | None, int], session: AsyncClientSession
) -> None:
    """Move the counts of those that wait, given by variant."""
    moved = stats_moves({"deferred": sum(deferred.values())})
    for variant, count in deferred.items():
        moved |= stats_moves({"deferred": count}, variant) if variant else {}
    await Campaign.get_pymongo_collection().update_one({"_id": campaign_id}, {"$inc": moved}, session=session)
