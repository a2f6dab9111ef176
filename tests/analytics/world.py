"""A small world for tests of figures, made through the product, and its recount in plain Python."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId

from crm_graphql.analytics.metrics import METRICS, ReportDimension, ReportMetric, Source
from crm_graphql.analytics.questions import Question
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import Rule
from crm_graphql.core.channels import Channel, may_reach
from crm_graphql.core.versions import NUMBERS
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.erasure.service import erase_customer
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.chunk_work import apply_records
from crm_graphql.merging import service as merging
from crm_graphql.mongo.leases import next_number
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Resources
from tests.customers.edits import MARKETER

NOW = datetime(2024, 6, 15, 12, 0, tzinfo=UTC)
COUNTRIES = ("IN", "DE", "US", "Atlantis", None)
CITIES = ("Pune", "PUNE", "Berlin", "Lima", None)
TAGS: tuple[list[str], ...] = (["vip"], ["VIP", "b2b"], ["b2b"], [])
STATUSES = ("QUEUED", "SENT", "DELIVERED", "DELIVERED", "FAILED", "SKIPPED")
DIMENSIONS = ReportDimension


@dataclass
class World:
    """Makes customers, orders and campaigns; `number` orders what comes in."""

    resources: Resources
    source: random.Random = field(default_factory=lambda: random.Random(7))
    number: int = 0
    living: list[str] = field(default_factory=list)

    async def apply(self, kind: IngestionKind, records: Sequence[Any], now: datetime = NOW) -> None:
        """Apply records as an ingestion of their own does."""
        self.number = number = await next_number(NUMBERS)
        work = partial(_apply, kind, records, number, now)
        await self.resources.in_transaction(work)

    async def customers(self, names: Iterable[str], now: datetime, **changes: Any) -> None:
        """Customers of these external ids, made at a moment."""
        given = list(names)
        await self.apply(
            IngestionKind.CUSTOMERS,
            [CustomerRecord(row=row, external_id=name, changes=changes) for row, name in enumerate(given)],
            now,
        )

    async def orders(self, *orders: tuple[str, str, int, datetime]) -> None:
        """Orders by external id, customer, amount in ten-thousandths and moment."""
        await self.apply(IngestionKind.ORDERS, [order(row, *one) for row, one in enumerate(orders)])

    async def erase(self, name: str) -> None:
        """Erase a customer."""
        await erase_customer(
            MARKETER,
            CustomerReference(external_id=name),
            transact=self.resources.in_transaction,
            bus=self.resources.bus,
            clock=self.resources.clock,
        )

    async def merge(self, name: str, into: str, *, moves: bool = True) -> None:
        """Make one customer part of another; without `moves` orders and deliveries have not followed yet."""
        references = (CustomerReference(external_id=one) for one in (into, name))
        with pytest.MonkeyPatch.context() as patch:
            if not moves:
                patch.setattr(merging, "move_all", _stay)
            await merging.merge_customers(
                MARKETER, *references, transact=self.resources.in_transaction, bus=self.resources.bus
            )

    async def campaign(self, name: str, launched_at: datetime, channel: str = "EMAIL") -> ObjectId:
        """A campaign with a delivery to each customer that there is, in some status."""
        statuses: Counter[str] = Counter()
        key = ObjectId()
        rows: list[dict[str, Any]] = []
        async for customer in self.resources.database.customers.find({}, {"_id": 1}):
            status = self.source.choice(STATUSES)
            statuses[status.lower()] += 1
            rows.append(
                {
                    "campaign_id": key,
                    "number": len(rows),
                    "customer_id": customer["_id"],
                    "channel": channel,
                    "status": status,
                    "attempt": 1,
                    "revision": 1,
                }
            )
        names = ("queued", "sent", "delivered", "failed", "skipped")
        await self.resources.database.campaigns.insert_one(
            {
                "_id": key,
                "name": name,
                "channel": channel,
                "status": "COMPLETED",
                "revision": 1,
                "planning": {"done": True},
                "launched_at": launched_at,
                "created_at": launched_at,
                "stats": {"total": len(rows), **{one: statuses[one] for one in names}},
            }
        )
        if rows:
            await self.resources.database.deliveries.insert_many(rows)
        return key


async def _stay(*_: Any, **__: Any) -> bool:
    return False


async def _apply(
    kind: IngestionKind, records: Sequence[Any], number: int, now: datetime, session: Any
) -> None:
    await apply_records(kind, records, ingestion_number=number, now=now, session=session)


def order(row: int, key: str, customer: str, amount: int, at: datetime) -> OrderRecord:
    """An order as a record."""
    return OrderRecord(row, key, customer, amount, "USD", at)


async def random_world(resources: Resources, *, customers: int = 60, orders: int = 400) -> World:
    """Customers of all sorts over two years, orders that are replaced, moved, refunded; some are erased."""
    world = World(resources)
    pick = world.source.choice
    names = [f"c{number}" for number in range(customers)]
    for name in names:
        made = NOW - timedelta(seconds=world.source.randrange(700 * 86_400))
        changes: dict[str, Any] = {
            "country": pick(COUNTRIES),
            "city": pick(CITIES),
            "tags": pick(TAGS),
            "email": None,
        }
        changes = {key: value for key, value in changes.items() if value is not None}
        if world.source.random() < 0.3:
            changes |= {"total_spend": world.source.randrange(10**7), "visit_count": 3}
        if world.source.random() < 0.7:
            changes["email"] = f"{name}@example.com"
        await world.customers([name], made, **changes)
    keys = [f"o{number}" for number in range(orders)]
    for start in range(0, orders, 100):
        await world.orders(*(_random_order(world, key, names) for key in keys[start : start + 100]))
    for name in names[:3]:
        await world.erase(name)
    # Again, with other content: replaced, moved, also from and to people who were erased.
    await world.orders(*(_random_order(world, pick(keys), names) for _ in range(150)))
    for number, days in enumerate((400, 100, 100, 20, 1)):
        channel = ("EMAIL", "SMS", "WHATSAPP")[number % 3]
        await world.campaign(f"Campaign {number}", NOW - timedelta(days=days, hours=5), channel)
    await world.erase(names[4])
    await world.merge(names[10], names[11])
    await world.merge(names[12], names[13], moves=False)
    await world.merge(names[13], names[14], moves=False)
    await world.orders(*(_random_order(world, pick(keys), names[10:15]) for _ in range(20)))
    await world.merge(names[15], names[16], moves=False)
    await world.erase(names[16])
    return world


def _random_order(world: World, key: str, names: Sequence[str]) -> tuple[str, str, int, datetime]:
    amount = world.source.choice((1, 1, 1, -1)) * world.source.randrange(10**6)
    at = NOW - timedelta(milliseconds=world.source.randrange(800 * 86_400_000))
    return key, world.source.choice(names), amount, at


async def recount(question: Question, resources: Resources) -> dict[Any, list[Any]]:
    """The report's values by key, out of the documents, in plain Python; by time without what is empty."""
    return recounted(question, await documents(resources))


def recounted(question: Question, stored: Mapping[str, Any]) -> dict[Any, list[Any]]:
    """The same out of documents that were read before."""
    world = {**stored, "customers": selected(stored, question.rule, question.at)}
    sums: dict[Any, Counter[str]] = defaultdict(Counter)
    for source in {METRICS[metric].source for metric in question.metrics}:
        _RECOUNTS[source](question, world, sums)
    return {
        key: [METRICS[metric].value(one) for metric in question.metrics]
        for key, one in sums.items()
        if any(one.values())
    }


async def documents(resources: Resources) -> dict[str, Any]:
    """All that there is."""
    database = resources.database
    return {
        "customers": {row["_id"]: row async for row in database.customers.find()},
        "orders": await database.orders.find().to_list(),
        "campaigns": {row["_id"]: row async for row in database.campaigns.find()},
        "deliveries": await database.deliveries.find().to_list(),
        "merged": {row["_id"]: row["customer_id"] async for row in database.merged_customers.find()},
    }


def selected(stored: Mapping[str, Any], rule: Rule | None, at: datetime) -> dict[Any, Any]:
    """The customers of the rule, by id."""
    customers = stored["customers"].items()
    return {key: row for key, row in customers if rule is None or evaluate(rule, row, at)}


def _owner(world: Mapping[str, Any], fact: Mapping[str, Any]) -> Any:
    """The customer of an order or a delivery, whoever that is by now; None where erased or left out."""
    key = fact["customer_id"]
    return world["customers"].get(world["merged"].get(key, key))


def _within(question: Question, moment: datetime) -> bool:
    first, end = question.span.first, question.span.end
    return (first is None or moment >= first) and (end is None or moment < end)


def _stretch(by: ReportDimension, moment: datetime, zone: ZoneInfo) -> date:
    day = moment.astimezone(zone).date()
    if by is DIMENSIONS.WEEK:
        return date.fromisocalendar(*day.isocalendar()[:2], 1)
    return day.replace(day=1) if by is DIMENSIONS.MONTH else day


def _places(by: ReportDimension, customer: Mapping[str, Any]) -> Sequence[str]:
    if by is DIMENSIONS.TAG:
        return [tag.casefold() for tag in customer["tags"]] or [""]
    return [(customer[by.value.lower()] or "").casefold()]


def _customers(question: Question, world: Mapping[str, Any], sums: dict[Any, Counter[str]]) -> None:
    for customer in world["customers"].values():
        if not _within(question, customer["created_at"]):
            continue
        if question.by is DIMENSIONS.CHANNEL:
            keys: Sequence[Any] = [
                channel.value for channel in Channel if may_reach(customer["reach"], channel)
            ]
        elif question.by in (DIMENSIONS.COUNTRY, DIMENSIONS.CITY, DIMENSIONS.TAG):
            keys = _places(question.by, customer)
        else:
            keys = [_stretch(question.by, customer["created_at"], question.zone)]
        for key in keys:
            sums[key]["customers"] += 1


def _orders(question: Question, world: Mapping[str, Any], sums: dict[Any, Counter[str]]) -> None:
    for order in world["orders"]:
        customer = _owner(world, order)
        if customer is None or not _within(question, order["ordered_at"]):
            continue
        by_place = question.by in (DIMENSIONS.COUNTRY, DIMENSIONS.CITY, DIMENSIONS.TAG)
        time = _stretch(question.by, order["ordered_at"], question.zone)
        for key in _places(question.by, customer) if by_place else [time]:
            sums[key].update(orders=int(order["amount"] >= 0), amount=order["amount"])


def _deliveries(question: Question, world: Mapping[str, Any], sums: dict[Any, Counter[str]]) -> None:
    for delivery in world["deliveries"]:
        campaign = world["campaigns"][delivery["campaign_id"]]
        tried = delivery["status"] in ("SENT", "DELIVERED", "FAILED")
        customer = _owner(world, delivery)
        by_place = question.by in (DIMENSIONS.COUNTRY, DIMENSIONS.CITY, DIMENSIONS.TAG)
        # What a campaign has sent stays in its figures, whoever was erased since.
        if customer is None and (by_place or question.rule is not None):
            continue
        if not tried or not _within(question, campaign["launched_at"]):
            continue
        if by_place:
            keys: Sequence[Any] = _places(question.by, customer or {})
        elif question.by is DIMENSIONS.CAMPAIGN:
            keys = [campaign["_id"]]
        elif question.by is DIMENSIONS.CHANNEL:
            keys = [campaign["channel"]]
        else:
            keys = [_stretch(question.by, campaign["launched_at"], question.zone)]
        for key in keys:
            sums[key].update(tried=1, delivered=int(delivery["status"] == "DELIVERED"))


_RECOUNTS = {Source.CUSTOMERS: _customers, Source.ORDERS: _orders, Source.DELIVERIES: _deliveries}
ALL_METRICS = tuple(ReportMetric)
