"""The one writer of opens and clicks: what waits for a campaign goes into one transaction, with its figures.

The same hit twice counts once. Hits of people who were erased, or are not tracked, are not written at all.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import announce
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.merged import survivors
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.mongo.transactions import Transact
from crm_graphql.results.counting import count_results
from crm_graphql.results.points import PEOPLE, PointCounts, write_points
from crm_graphql.tracking.documents import LinkResult, TrackedDelivery
from crm_graphql.tracking.hits import Hit
from crm_graphql.tracking.standing import Standing
from crm_graphql.tracking.tokens import Kind

FLUSH_HITS = 2_000
"""About how many hits one transaction takes."""

Row = Mapping[str, Any]
_Key = tuple[ObjectId, Kind]
_Waiting = tuple[Sequence[Hit], "asyncio.Future[None]"]
_ROW_FIELDS = dict.fromkeys(
    ("number", "customer_id", "variant", "status", "sent_at", "finished_at", "erased", "is_tracked"), 1
)
_MOMENTS = {Kind.OPEN: "opened_at", Kind.CLICK: "clicked_at"}
_EVENTS = {Kind.OPEN: "opens", Kind.CLICK: "clicks"}


class HitWriter:
    """Writes the hits of one process. Several processes at once stay exact, only slower."""

    def __init__(self, *, transact: Transact, bus: Bus, locks: CampaignLocks) -> None:
        self._transact = transact
        self._bus = bus
        self._locks = locks
        self._waiting: dict[ObjectId, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, hits: Sequence[Hit]) -> None:
        """Return once the hits are committed, or found to change nothing. Raises what the database raised;
        then the same may be submitted again."""
        by_campaign: dict[ObjectId, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_campaign[ObjectId(hit.campaign_id)].append(hit)
        await asyncio.gather(*(self._write(key, some) for key, some in by_campaign.items()))

    async def close(self, *, grace_seconds: float = 5.0) -> None:
        """Let the transactions under way end, for so long. Call it when nobody submits any more."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        await end_tasks(self._tasks)

    async def _write(self, campaign_id: ObjectId, hits: Sequence[Hit]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if (waiting := self._waiting.get(campaign_id)) is not None:
            waiting.append((hits, done))
        else:
            self._waiting[campaign_id] = [(hits, done)]
            task = asyncio.create_task(self._drain(campaign_id), name=f"hits of {campaign_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await done

    async def _drain(self, campaign_id: ObjectId) -> None:
        """Write until nothing waits: what comes while a transaction is under way goes into the next."""
        waiting = self._waiting[campaign_id]
        try:
            while waiting:
                await self._settle(campaign_id, _take(waiting))
        finally:
            del self._waiting[campaign_id]
            for _, done in waiting:
                done.cancel()

    async def _settle(self, campaign_id: ObjectId, batch: Sequence[_Waiting]) -> None:
        try:
            await self._commit(campaign_id, [hit for hits, _ in batch for hit in hits])
        except Exception as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        else:
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    async def _commit(self, campaign_id: ObjectId, hits: Sequence[Hit]) -> None:
        async def work(session: AsyncClientSession) -> int | None:
            revision = await write_hits(campaign_id, hits, session)
            if revision is None:
                await session.abort_transaction()
            return revision

        revision = await self._locks.transact(campaign_id, work, transact=self._transact)
        if revision is not None:
            await announce(campaign_id, revision, bus=self._bus)


def _take(waiting: list[_Waiting]) -> list[_Waiting]:
    """Remove a transaction's worth from the front, at least one submission."""
    batch, size = [], 0
    while waiting and size < FLUSH_HITS:
        batch.append(waiting.pop(0))
        size += len(batch[-1][0])
    return batch


async def write_hits(campaign_id: ObjectId, hits: Sequence[Hit], session: AsyncClientSession) -> int | None:
    """Write hits of a campaign's deliveries in the session's transaction: the campaign's revision after it,
    or None where they change nothing. Then the transaction is to be aborted."""
    campaign = await Campaign.get_pymongo_collection().find_one_and_update(
        {"_id": campaign_id},
        {"$inc": {"revision": 1}},
        projection={"revision": 1, "launched_at": 1, "links": 1},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    rows = await _rows_of(campaign_id, {hit.number for hit in hits}, session) if campaign else {}
    changes = list(_changes(await _standings(rows, campaign or {}, session), rows, hits))
    if campaign is None or not changes:
        return None
    revision: int = campaign["revision"]
    await _store(campaign_id, changes, revision, session)
    await _count(campaign, changes, session)
    return revision


@dataclass(frozen=True, slots=True)
class _Change:
    """What hits did to what is known of one delivery's opens, or clicks."""

    row: Row
    before: Standing
    after: Standing

    @property
    def kind(self) -> Kind:
        return self.after.kind


async def _rows_of(
    campaign_id: ObjectId, numbers: Iterable[int], session: AsyncClientSession
) -> dict[int, Row]:
    """The deliveries of which something may be recorded, by their numbers."""
    cursor = Delivery.get_pymongo_collection().find(
        {"campaign_id": campaign_id, "number": {"$in": sorted(numbers)}}, _ROW_FIELDS, session=session
    )
    rows = [
        row
        async for row in cursor
        if row.get("customer_id") and not row.get("erased") and row.get("is_tracked") is not False
    ]
    customers = {row["customer_id"] for row in rows}
    now = await survivors(customers, session=session)
    meant = {now.get(key, key) for key in customers}
    tracked = Customer.get_pymongo_collection().find(
        {"_id": {"$in": list(meant)}, "is_tracked": {"$ne": False}}, {"_id": 1}, session=session
    )
    there = {row["_id"] async for row in tracked}
    return {row["number"]: row for row in rows if now.get(row["customer_id"], row["customer_id"]) in there}


async def _standings(
    rows: Mapping[int, Row], campaign: Row, session: AsyncClientSession
) -> Mapping[_Key, Standing]:
    links = len(campaign.get("links") or ())
    found = {(row["_id"], kind): Standing(kind, links) for row in rows.values() for kind in Kind}
    if found:
        keys = [_id_of(*key) for key in found]
        async for row in TrackedDelivery.get_pymongo_collection().find(
            {"_id": {"$in": keys}}, session=session
        ):
            standing = Standing.from_stored(row, links)
            found[row["delivery_id"], standing.kind] = standing
    return found


def _changes(
    standings: Mapping[_Key, Standing], rows: Mapping[int, Row], hits: Iterable[Hit]
) -> Iterator[_Change]:
    grouped: dict[tuple[int, Kind], list[Hit]] = defaultdict(list)
    for hit in hits:
        grouped[hit.number, hit.kind].append(hit)
    for (number, kind), some in grouped.items():
        if (row := rows.get(number)) is not None:
            before = standings[row["_id"], kind]
            after = before.after(some, _delivered_at(row))
            if after is not before:
                yield _Change(row, before, after)


def _delivered_at(row: Row) -> datetime | None:
    """From when on a person may have looked, as far as is known."""
    moments = row["finished_at"], row["sent_at"]
    is_delivered = row["status"] == DeliveryStatus.DELIVERED.value
    found: datetime | None = next(filter(None, moments if is_delivered else reversed(moments)), None)
    return found


async def _store(
    campaign_id: ObjectId, changes: Sequence[_Change], revision: int, session: AsyncClientSession
) -> None:
    tracked, moved = [], []
    for change in changes:
        delivery, kind, after = change.row["_id"], change.kind, change.after
        always = {"delivery_id": delivery, "campaign_id": campaign_id, "kind": kind.value}
        tracked.append(
            UpdateOne(
                {"_id": _id_of(delivery, kind)},
                {"$set": after.stored(), "$setOnInsert": always},
                upsert=True,
            )
        )
        # Also where it is the first of it: so an erasure at the same moment is met, and one of the two begins
        # again.
        if after.human_at != change.before.human_at or not change.before.kept:
            values = {_MOMENTS[kind]: after.human_at, "revision": revision}
            moved.append(UpdateOne({"_id": delivery}, {"$set": values}))
    await TrackedDelivery.get_pymongo_collection().bulk_write(tracked, ordered=False, session=session)
    if moved:
        await Delivery.get_pymongo_collection().bulk_write(moved, ordered=False, session=session)


async def _count(campaign: Row, changes: Sequence[_Change], session: AsyncClientSession) -> None:
    """Move the figures by what has changed: people, links, the timeline."""
    people: dict[str | None, Counter[str]] = defaultdict(Counter)
    links: dict[int, Counter[str]] = defaultdict(Counter)
    points = PointCounts(campaign["launched_at"])
    for change in changes:
        counts = people[change.row.get("variant")]
        for standing, step in ((change.before, -1), (change.after, 1)):
            counts.update({name: step * count for name, count in standing.counts.items()})
            for link, name in standing.link_counts.items():
                links[link][name] += step
            if standing.human_at is not None:
                points.add(standing.human_at, _EVENTS[change.kind], step)
    for variant, counts in people.items():
        await count_results(campaign["_id"], variant, counts, session)
    await _count_links(campaign, links, session)
    await write_points(campaign["_id"], PEOPLE, points, session)


async def _count_links(campaign: Row, links: Mapping[int, Counter[str]], session: AsyncClientSession) -> None:
    key: ObjectId = campaign["_id"]
    updates = [
        UpdateOne(
            {"_id": f"{key}:{link}"},
            {"$inc": more, "$setOnInsert": {"campaign_id": key, "number": link}},
            upsert=True,
        )
        for link, counts in links.items()
        if (more := {name: count for name, count in counts.items() if count})
    ]
    if updates:
        await LinkResult.get_pymongo_collection().bulk_write(updates, ordered=False, session=session)


def _id_of(delivery: ObjectId, kind: Kind) -> str:
    return f"{delivery}:{kind.value}"


async def forget_hits(deliveries: Sequence[ObjectId], session: AsyncClientSession) -> None:
    """Delete what is known of opens and clicks of these deliveries; what was counted stays counted."""
    await TrackedDelivery.get_pymongo_collection().delete_many(
        {"delivery_id": {"$in": list(deliveries)}}, session=session
    )
