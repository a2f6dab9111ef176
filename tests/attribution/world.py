"""A shop's life in small: campaigns, orders, refunds, edits, merges, erasures; and a count by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bson import ObjectId

from crm_graphql.attribution.documents import CampaignOrders
from crm_graphql.attribution.following import Follower
from crm_graphql.campaigns.documents import Campaign, MessageTemplate, Variant
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.campaigns.variants import Experiment
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.retrying import Retries, retry_campaign
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.erasure.service import erase_customer
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.customers.merges import merge
from tests.delivery.factories import ADMIN, MARKETER, make_customers, make_draft
from tests.ingestion.doors import ORDERS, apply_pending, send

DAYS = 3
"""Of attribution."""
MESSAGE = MessageTemplate(subject="s", body="Hi")
VARIANTS = [Variant(key="a", weight=1, message=MESSAGE), Variant(key="b", weight=2, message=MESSAGE)]
OFTEN = {"launch": 1, "send": 2, "buy": 3, "edit": 2, "merge": 1, "erase": 1, "retry": 1, "follow": 1}
"""How often what happens."""
EXPERIMENTS = (Experiment(VARIANTS, 0.3), Experiment(None, 0.4), Experiment(None, None), Experiment(VARIANTS))


@dataclass
class World:
    """What a test does to a deployment."""

    resources: Resources
    random: Random = field(default_factory=lambda: Random(0))
    orders: list[str] = field(default_factory=list)
    campaigns: list[ObjectId] = field(default_factory=list)

    async def launch(self, experiment: Experiment) -> ObjectId:
        """A campaign to everybody whose ledger is written, and of which nothing was sent."""
        message = None if experiment.variants else MESSAGE
        key = await make_draft(self.resources, message=message, experiment=experiment)
        await launch_campaign(MARKETER, key, bus=self.resources.bus, attribution_days=DAYS)
        locks = CampaignLocks()
        planner = Planner(
            transact=self.resources.in_transaction,
            bus=self.resources.bus,
            clock=self.resources.clock,
            locks=locks,
            lease_seconds=5.0,
            range_rows=50,
            public_url="https://crm.example",
        )
        while not await planner.plan(key):
            pass
        await self._long_ago(key, datetime.now(UTC) - timedelta(hours=self.random.uniform(100, 180)))
        self.campaigns.append(key)
        return key

    async def _long_ago(self, key: ObjectId, moment: datetime) -> None:
        """As if it had been launched then: orders of days to come are not taken."""
        launched = {"launched_at": moment}
        await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": launched})
        planned = {"created_at": moment}
        await Delivery.get_pymongo_collection().update_many({"campaign_id": key}, {"$set": planned})

    async def news(
        self,
        key: ObjectId,
        rows: list[dict[str, Any]],
        status: ReceiptStatus,
        at: datetime | None = None,
        **also: Any,
    ) -> None:
        """Something happens to these deliveries, at a moment of each unless it is given."""
        receipts = [
            Receipt(
                str(row["_id"]),
                status,
                at or row["created_at"] + timedelta(hours=self.random.uniform(-5, 60)),
                row["attempt"],
                **also,
            )
            for row in rows
        ]
        resources = self.resources
        writer = LedgerWriter(
            transact=resources.in_transaction, bus=resources.bus, clock=resources.clock, locks=CampaignLocks()
        )
        await writer.submit(key, receipts)

    async def buy(self, *records: dict[str, Any]) -> None:
        """Orders come in, or changes of them."""
        await send(self.resources, ORDERS, list(records))
        await apply_pending(self.resources)
        self.orders += [one["external_id"] for one in records]

    async def follow(self) -> None:
        """Count what changed, to the end."""
        while not await Follower(self.resources.in_transaction, self.resources.bus).run(for_seconds=5):
            pass

    def some_order(self, key: str | None = None) -> dict[str, Any]:
        """An order of anybody, around the time of the campaigns; every fifth is a refund."""
        moment = datetime.now(UTC) - timedelta(hours=self.random.uniform(0, 200))
        amount = self.random.randint(1, 50_000) / 100
        return {
            "external_id": key or f"o{len(self.orders)}-{self.random.randint(0, 10**9)}",
            "customer_external_id": f"c{self.random.randint(0, 24)}",
            "amount": str(-amount if self.random.random() < 0.2 else amount),
            "ordered_at": moment.isoformat(),
        }

    async def step(self) -> None:
        """Anything that can happen."""
        (kind,) = self.random.choices(list(OFTEN), list(OFTEN.values()))
        await getattr(self, f"_{kind}")()

    async def _launch(self) -> None:
        if len(self.campaigns) < 4:
            await self.launch(EXPERIMENTS[len(self.campaigns)])

    async def _send(self) -> None:
        if self.campaigns:
            key = self.random.choice(self.campaigns)
            rows = await Delivery.get_pymongo_collection().find({"campaign_id": key}).to_list()
            some = self.random.sample(rows, len(rows) // 3)
            await self.news(key, some, ReceiptStatus.SENT)
            failed = self.random.sample(some, len(some) // 4)
            await self.news(key, failed, ReceiptStatus.FAILED, reason=DeliveryReason.OTHER)

    async def _buy(self) -> None:
        await self.buy(*(self.some_order() for _ in range(self.random.randint(1, 8))))

    async def _edit(self) -> None:
        if self.orders:
            keys = {self.random.choice(self.orders) for _ in range(3)}
            await self.buy(*(self.some_order(key) for key in sorted(keys)))

    async def _merge(self) -> None:
        there = [row["external_id"] async for row in Customer.get_pymongo_collection().find().sort("_id")]
        if len(there) > 12:
            await merge(self.resources, *self.random.sample(there, 2))

    async def _erase(self) -> None:
        there = [row["external_id"] async for row in Customer.get_pymongo_collection().find().sort("_id")]
        if len(there) > 12 and self.random.random() < 0.4:
            await erase_customer(
                ADMIN,
                CustomerReference(external_id=self.random.choice(there)),
                transact=self.resources.in_transaction,
                bus=self.resources.bus,
                clock=self.resources.clock,
            )

    async def _retry(self) -> None:
        failed = {"status": "FAILED", "reason": "OTHER", "erased": {"$ne": True}}
        row = await Delivery.get_pymongo_collection().find_one(failed)
        if row is not None:
            resources = self.resources
            await retry_campaign(MARKETER, row["campaign_id"], None, bus=resources.bus)
            retries = Retries(resources.in_transaction, resources.bus, CampaignLocks(), 5.0, 50)
            while not await retries.run(row["campaign_id"]):
                pass

    async def _follow(self) -> None:
        await Follower(self.resources.in_transaction, self.resources.bus).run(for_seconds=0)


async def new_world(resources: Resources, seed: int = 0) -> World:
    """Twenty-five customers who have bought nothing."""
    await make_customers(25, without_address=2)
    return World(resources, Random(seed))


Sums = dict[tuple[ObjectId, str | None], tuple[int, ...]]


async def kept_sums() -> Sums:
    """What is kept: of each arm orders, amount, those that are compared, and the squares."""
    rows = await CampaignOrders.get_pymongo_collection().find().to_list()
    names = ("orders", "amount", "compared_orders", "compared_amount", "order_squares", "amount_squares")
    sums = {(row["campaign_id"], row["arm"]): tuple(int(row[name]) for name in names) for row in rows}
    return {arm: figures for arm, figures in sums.items() if any(figures)}


async def counted_sums() -> Sums:
    """The same, counted by hand from all orders, people and deliveries."""
    campaigns = {row["_id"]: row async for row in Campaign.get_pymongo_collection().find()}
    people: dict[ObjectId, ObjectId] = {}
    async for row in Customer.get_pymongo_collection().find():
        people[row["_id"]] = row["_id"]
        people |= {one["customer_id"]: row["_id"] for one in row.get("former") or ()}
    messages: defaultdict[ObjectId, list[dict[str, Any]]] = defaultdict(list)
    async for row in Delivery.get_pymongo_collection().find().sort("number"):
        if row["customer_id"] in people:
            messages[people[row["customer_id"]]].append(row)
    credited: defaultdict[Any, list[int]] = defaultdict(list)
    bought: defaultdict[Any, defaultdict[ObjectId, list[int]]] = defaultdict(lambda: defaultdict(list))
    async for order in Order.get_pymongo_collection().find():
        mine = messages[people[order["customer_id"]]] if order["customer_id"] in people else []
        _count(order, mine, campaigns, credited, bought)
    sums: Sums = {}
    for arm in {*credited, *bought}:
        of_people = [(sum(a >= 0 for a in one), sum(one)) for one in bought[arm].values()]
        sums[arm] = (
            sum(a >= 0 for a in credited[arm]),
            sum(credited[arm]),
            sum(count for count, _ in of_people),
            sum(amount for _, amount in of_people),
            sum(count**2 for count, _ in of_people),
            sum(amount**2 for _, amount in of_people),
        )
    return {arm: figures for arm, figures in sums.items() if any(figures)}


def _count(order: Any, messages: list[Any], campaigns: Any, credited: Any, bought: Any) -> None:
    at, window = order["ordered_at"], timedelta(days=DAYS)
    before = [one for one in messages if one["sent_at"] and one["sent_at"] <= at < one["sent_at"] + window]
    if before:
        last = max(
            before, key=lambda one: (one["sent_at"], campaigns[one["campaign_id"]]["launched_at"], one["_id"])
        )
        credited[last["campaign_id"], last.get("variant")].append(order["amount"])
    seen = set()
    for one in messages:
        key = one["campaign_id"]
        held_out = one["reason"] == "HOLDOUT"
        if campaigns[key].get("holdout") and key not in seen and (held_out or one.get("drawn")):
            seen.add(key)
            if one["created_at"] <= at < one["created_at"] + window:
                arm = "/held-out" if held_out else one.get("variant")
                bought[key, arm][one["_id"]].append(order["amount"])
