"""How long do statistics and reports take at 1,000,000 customers and 5,000,000 orders, beside the driver?

Run: python -m benchmarks.reports [--customers 1000000] [--orders 5000000] [--deliveries 500000] [--rounds 3]

Each figure is what the query does below GraphQL, nothing remembered; the orders were counted by time before,
as consumers do it. Beside it stands the raw limit: the driver's own aggregation of the same figure over the
documents. What passes its time is told as such. Last, what noting the counts costs an order that is ingested:
the processor time of a transaction's notes, and of folding them. Private MongoDB, with a cache of 2 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from beanie import init_beanie
from pymongo import AsyncMongoClient

from benchmarks.audience_preview import NOW, fill
from benchmarks.report_data import YEARS, fill_deliveries, fill_orders
from crm_graphql.analytics.answers import Answers
from crm_graphql.analytics.figures import FiguresKeeper
from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.analytics.queries import Asked, customer_statistics, report
from crm_graphql.analytics.reading import TooSlow
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.documents import all_documents
from crm_graphql.orders.count_keeping import fold_counts, note_counts, walk_orders
from crm_graphql.orders.counts import Counts
from tests.clocks import FixedClock

NOTE = 2_000
"""Orders of one transaction."""
ACTOR = Actor(Role.VIEWER, "benchmark")
SETTINGS = load_settings(_env_file=None, time_zone="Europe/Berlin")

Rule = Mapping[str, Any]
NARROW: Rule = {
    "all": [
        {"where": {"field": "city", "operator": "EQ", "value": "Lima"}},
        {"where": {"field": "visitCount", "operator": "GTE", "value": 12}},
    ]
}
BROAD: Rule = {"where": {"field": "country", "operator": "EQ", "value": "Germany"}}

Pipeline = list[dict[str, Any]]
_ORDERS = {"orders": {"$sum": {"$cond": [{"$gte": ["$amount", 0]}, 1, 0]}}, "amount": {"$sum": "$amount"}}


def _by_zone(field: str, unit: str) -> dict[str, Any]:
    return {"$dateTrunc": {"date": f"${field}", "unit": unit, "timezone": "Europe/Berlin"}}


def _of_customers(group: Any, match: Mapping[str, Any], customer: Mapping[str, Any]) -> Pipeline:
    """Orders joined with their customers, as one writes it down first."""
    lookup = {"from": "customers", "localField": "customer_id", "foreignField": "_id", "as": "customer"}
    return [
        {"$match": match},
        {"$lookup": lookup},
        {"$unwind": "$customer"},
        {"$match": customer},
        {"$group": {"_id": group, **_ORDERS}},
    ]


async def milliseconds(rounds: int, call: Callable[[], Awaitable[Any]]) -> float | None:
    """The median time of a call; None where it takes longer than it may."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        try:
            await call()
        except TooSlow:
            return None
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


class Bench:
    """Measures over one database."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], rounds: int) -> None:
        self.client, self.database, self.rounds = client, client.benchmark, rounds
        self.clock = FixedClock(NOW)

    async def transact(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """One transaction."""
        async with self.client.start_session() as session:
            return await session.with_transaction(work)

    async def line(
        self, name: str, call: Callable[[], Awaitable[Any]], collection: str, raw: Pipeline
    ) -> None:
        """One figure beside the driver's."""

        async def driver() -> None:
            await (await self.database[collection].aggregate(raw, allowDiskUse=True)).to_list()

        ours, theirs = await milliseconds(self.rounds, call), await milliseconds(1, driver)
        assert theirs is not None
        shown = "too slow" if ours is None else f"{ours:7,.0f} ms"
        ratio = "" if ours is None else f"{ours / theirs:6.2f} x"
        print(f"{name:52} {shown:>10}   driver {theirs:8,.0f} ms {ratio}", flush=True)

    async def statistics(self, rule: Rule | None = None) -> Any:
        """As `customerStats` has them."""
        return await customer_statistics(ACTOR, rule, answers=Answers(), clock=self.clock, settings=SETTINGS)

    async def report(self, metric: str, by: str, **given: Any) -> Any:
        """As `report` has it."""
        asked = Asked([ReportMetric(metric)], ReportDimension(by), **given)
        return await report(ACTOR, asked, answers=Answers(), clock=self.clock, settings=SETTINGS)

    async def count_all(self) -> None:
        """What consumers do before."""
        began = time.perf_counter()
        while not await walk_orders(self.transact):
            await fold_counts(self.transact)
        await fold_counts(self.transact, least=1)
        print(f"all orders counted by time in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        await FiguresKeeper(self.transact, self.clock).run(SETTINGS)
        print(f"all customers counted in {time.perf_counter() - began:.1f} s")

    async def figures(self) -> None:
        """Each of them."""
        sums = {"total": {"$sum": 1}, "spend": {"$sum": "$total_spend"}}
        await self.line(
            "customerStats", self.statistics, "customers", [{"$group": {"_id": "$folded.country", **sums}}]
        )
        for name, rule, match in (
            ("narrow rule", NARROW, {"folded.city": "lima", "visit_count": {"$gte": 12}}),
            ("broad rule", BROAD, {"folded.country": "germany"}),
        ):
            await self.line(
                f"customerStats, {name}",
                lambda rule=rule: self.statistics(rule),  # type: ignore[misc]
                "customers",
                [{"$match": match}, {"$group": {"_id": None, **sums}}],
            )
        await self._customers()
        await self._orders()
        await self._deliveries()

    async def _customers(self) -> None:
        for by, group in (
            ("DAY", _by_zone("created_at", "day")),
            ("COUNTRY", "$folded.country"),
            ("CHANNEL", "$reach"),
        ):
            await self.line(
                f"CUSTOMERS by {by}",
                lambda by=by: self.report("CUSTOMERS", by),  # type: ignore[misc]
                "customers",
                [{"$group": {"_id": group, "customers": {"$sum": 1}}}],
            )
        tags: Pipeline = [
            {"$unwind": "$folded.tags"},
            {"$group": {"_id": "$folded.tags", "customers": {"$sum": 1}}},
        ]
        await self.line("CUSTOMERS by TAG", lambda: self.report("CUSTOMERS", "TAG"), "customers", tags)

    async def _orders(self) -> None:
        for by in ("DAY", "WEEK", "MONTH"):
            group = _by_zone("ordered_at", by.lower())
            await self.line(
                f"REVENUE by {by}",
                lambda by=by: self.report("REVENUE", by),  # type: ignore[misc]
                "orders",
                [{"$group": {"_id": group, **_ORDERS}}],
            )
        month = NOW - timedelta(days=30, minutes=5)
        span = {"ordered_at": {"$gte": month}}
        await self.line(
            "REVENUE by DAY, a month",
            lambda: self.report("REVENUE", "DAY", first_moment=month),
            "orders",
            [{"$match": span}, {"$group": {"_id": _by_zone("ordered_at", "day"), **_ORDERS}}],
        )
        await self.line(
            "REVENUE by COUNTRY",
            lambda: self.report("REVENUE", "COUNTRY"),
            "customers",
            [{"$group": {"_id": "$folded.country", "amount": {"$sum": "$total_spend"}}}],
        )
        await self.line(
            "REVENUE by COUNTRY, a month",
            lambda: self.report("REVENUE", "COUNTRY", first_moment=month),
            "orders",
            _of_customers("$customer.folded.country", span, {}),
        )
        await self._orders_of_rules(span, month)

    async def _orders_of_rules(self, span: Mapping[str, Any], month: datetime) -> None:
        for name, rule, match in (
            ("narrow rule", NARROW, {"customer.folded.city": "lima", "customer.visit_count": {"$gte": 12}}),
            ("broad rule", BROAD, {"customer.folded.country": "germany"}),
        ):
            await self.line(
                f"REVENUE by MONTH, a month, {name}",
                lambda rule=rule: self.report("REVENUE", "MONTH", first_moment=month, rule=rule),  # type: ignore[misc]
                "orders",
                _of_customers(_by_zone("ordered_at", "month"), span, match),
            )
            await self.line(
                f"REVENUE by MONTH, all time, {name}",
                lambda rule=rule: self.report("REVENUE", "MONTH", rule=rule),  # type: ignore[misc]
                "orders",
                [{"$group": {"_id": _by_zone("ordered_at", "month"), **_ORDERS}}],
            )

    async def _deliveries(self) -> None:
        sums = {"tried": {"$sum": 1}}
        for by, group in (("CAMPAIGN", "$campaign_id"), ("CHANNEL", "$channel"), ("WEEK", "$campaign_id")):
            await self.line(
                f"DELIVERIES by {by}",
                lambda by=by: self.report("DELIVERIES", by),  # type: ignore[misc]
                "deliveries",
                [{"$group": {"_id": group, **sums}}],
            )
        lookup = {"from": "customers", "localField": "customer_id", "foreignField": "_id", "as": "customer"}
        await self.line(
            "DELIVERIES by COUNTRY",
            lambda: self.report("DELIVERIES", "COUNTRY"),
            "deliveries",
            [{"$lookup": lookup}, {"$group": {"_id": "$customer.folded.country", **sums}}],
        )

    async def cost(self) -> None:
        """What an order costs more since it is counted."""
        source = random.Random(9)
        spent = folded = 0.0
        notes = 50
        for _ in range(notes):
            orders = [(source.randrange(10**6), NOW - source.random() * YEARS) for _ in range(NOTE)]
            began = time.process_time()
            counts = Counts()
            for amount, moment in orders:
                counts.add(amount, moment)

            async def note(session: Any, counts: Counts = counts) -> None:
                await note_counts(counts, session)

            await self.transact(note)
            spent += time.process_time() - began
        began = time.process_time()
        await fold_counts(self.transact, least=1)
        folded = time.process_time() - began
        per_order = 1e6 / (notes * NOTE)
        print(
            f"noting an order {spent * per_order:.1f} us of a process, folding it {folded * per_order:.1f} us"
        )


async def main(customers: int, orders: int, deliveries: int, rounds: int) -> None:
    """Start a database, fill it, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            async with AsyncMongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
                await fill(client.benchmark, customers)
                await fill_orders(client.benchmark, orders)
                await fill_deliveries(client.benchmark, deliveries)
                await init_beanie(database=client.benchmark, document_models=all_documents())
                bench = Bench(client, rounds)
                await bench.count_all()
                await bench.figures()
                await bench.cost()
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--deliveries", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.orders, arguments.deliveries, arguments.rounds))
