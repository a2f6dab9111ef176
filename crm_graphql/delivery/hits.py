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
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import announce_results
from crm_graphql.core.gathering import Gathering
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.merged import survivors
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
_ROW_FIELDS = dict.fromkeys(
    ("number", "customer_id", "variant", "status", "sent_at", "finished_at", "erased", "is_tracked"), 1
)
_MOMENTS = {Kind.OPEN: "opened_at", Kind.CLICK: "clicked_at"}
_EVENTS = {Kind.OPEN: "opens", Kind.CLICK: "clicks"}


class HitWriter:
    """Writes the hits of one process. Several processes at once stay exact, only slower."""

    def __init__(self, *, transact: Transact, bus: Bus) -> None:
        self._transact = transact
        self._bus = bus
        self._untold: dict[ObjectId, bool] = {}
        """Campaigns of which it is being told that their results moved; True: they have since, too."""
        self._writes = Gathering(self._commit, at_once=FLUSH_HITS, name="hits")
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, hits: Sequence[Hit]) -> None:
        """Return once the hits are committed, or found to change nothing. Raises what the database raised;
        then the same may be submitted again."""
        by_campaign: dict[ObjectId, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_campaign[ObjectId(hit.campaign_id)].append(hit)
        await asyncio.gather(*(self._writes.submit(key, some) for key, some in by_campaign.items()))

    async def close(self, *, grace_seconds: float = 5.0) -> None:
        """Let the transactions under way end, for so long. Call it when nobody submits any more."""
        await self._writes.close(grace_seconds=grace_seconds)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        await end_tasks(self._tasks)

    async def _commit(self, campaign_id: ObjectId, hits: Sequence[Hit]) -> None:
        async def work(session: AsyncClientSession) -> bool:
            return await write_hits(campaign_id, hits, session)

        if await self._transact(work):
            self._tell(campaign_id)

    def _tell(self, campaign_id: ObjectId) -> None:
        """Have whoever watches the campaign told, a few times a second, however often it is asked."""
        is_being_told = campaign_id in self._untold
        self._untold[campaign_id] = True
        if not is_being_told:
            task = asyncio.create_task(self._tell_all(campaign_id), name=f"results of {campaign_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell_all(self, campaign_id: ObjectId) -> None:
        try:
            while self._untold[campaign_id]:
                self._untold[campaign_id] = False
                await announce_results(campaign_id, bus=self._bus)
        finally:
            del self._untold[campaign_id]


async def write_hits(campaign_id: ObjectId, hits: Sequence[Hit], session: AsyncClientSession) -> bool:
    """Write hits of a campaign's deliveries in the session's transaction. True where they change something.

    Without the campaign's document, with which the ledger's transactions begin: neither waits for the other.
    Of two at once that write about the same delivery one begins anew.
    """
    campaign = await Campaign.get_pymongo_collection().find_one(
        {"_id": campaign_id}, {"launched_at": 1, "links": 1}, session=session
    )
    if campaign is None:
        return False
    rows = await _rows_of(campaign_id, {hit.number for hit in hits}, session)
    changes = list(_changes(await _standings(rows, campaign, session), rows, hits))
    if changes:
        await _store(campaign_id, changes, session)
        await _count(campaign, changes, session)
    return bool(changes)


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


async def _store(campaign_id: ObjectId, changes: Sequence[_Change], session: AsyncClientSession) -> None:
    tracked: list[InsertOne[Any] | UpdateOne] = []
    moved: list[UpdateOne] = []
    for change in changes:
        delivery, kind, after = change.row["_id"], change.kind, change.after
        always = {"delivery_id": delivery, "campaign_id": campaign_id, "kind": kind.value}
        key = {"_id": _id_of(delivery, kind)}
        tracked.append(
            UpdateOne(key, {"$set": after.stored()})
            if change.before.kept
            else InsertOne({**key, **always, **after.stored()})
        )
        # Also where it is the first of it: so an erasure at the same moment is met, and one of the two begins
        # again.
        if after.human_at != change.before.human_at or not change.before.kept:
            moved.append(UpdateOne({"_id": delivery}, {"$set": {_MOMENTS[kind]: after.human_at}}))
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
        await count_results(campaign["_id"], variant, counts, session, source=PEOPLE)
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
