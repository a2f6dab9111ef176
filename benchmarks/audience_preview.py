"""How long does the preview of a three-clause rule take at 1,000,000 customers, narrow and broad?

Run: python -m benchmarks.audience_preview [--customers 1000000] [--rounds 15] [--plans]

A preview is what `audiencePreview` does below GraphQL: size, reach of each channel, a sample of ten, the
sentence. `size alone` is what saving an audience does. Beside them the raw limit: the driver's
`count_documents` of the same filter. Private MongoDB, with a cache of 2 GiB, in which all indexes fit.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from beanie import init_beanie
from pymongo import AsyncMongoClient

from crm_graphql.audiences.compile import compile_rule, disjoint_filters
from crm_graphql.audiences.counting import BY_REACH, count_matching
from crm_graphql.audiences.queries import preview_rule
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import load_settings
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Database
from tests.clocks import FixedClock

NOW = datetime(2024, 6, 15, tzinfo=UTC)
BATCH = 10_000
PLACES = (
    *(("Mumbai", "India"), ("Delhi", "India"), ("Pune", "India"), ("Berlin", "Germany")),
    *(("London", "United Kingdom"), ("Paris", "France"), ("Oslo", "Norway"), ("Lima", "Peru")),
)


def _where(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    condition = {"field": field, "operator": operator}
    return {"where": condition if value is None else {**condition, "value": value}}


RULES: dict[str, dict[str, Any]] = {
    "narrow: spent > 2,000, visits >= 8, here within 3 days": {
        "all": [
            _where("totalSpend", "GT", "2000"),
            _where("visitCount", "GTE", 8),
            _where("lastVisitAt", "WITHIN_LAST", "P3D"),
        ]
    },
    "narrow: Lima, visits >= 12, not here within 90 days": {
        "all": [
            _where("city", "EQ", "Lima"),
            _where("visitCount", "GTE", 12),
            _where("lastVisitAt", "NOT_WITHIN_LAST", "P90D"),
        ]
    },
    "broad: spent > 1,000, visits >= 2, not here within 90 days": {
        "all": [
            _where("totalSpend", "GT", "1000"),
            _where("visitCount", "GTE", 2),
            _where("lastVisitAt", "NOT_WITHIN_LAST", "P90D"),
        ]
    },
    "broad: India, has email, not here within 90 days": {
        "all": [
            _where("country", "EQ", "India"),
            _where("email", "IS_SET"),
            _where("lastVisitAt", "NOT_WITHIN_LAST", "P90D"),
        ]
    },
    "any of three: spent > 1,000, visits >= 5, not here within 90 days": {
        "any": [
            _where("totalSpend", "GT", "1000"),
            _where("visitCount", "GTE", 5),
            _where("lastVisitAt", "NOT_WITHIN_LAST", "P90D"),
        ]
    },
}


def _customer(source: random.Random, number: int) -> dict[str, Any]:
    city, country = PLACES[min(int(source.expovariate(0.5)), len(PLACES) - 1)]
    visits = int(source.expovariate(0.25))
    last = NOW - timedelta(seconds=int(source.expovariate(1 / (200 * 86_400)))) if visits else None
    row: dict[str, Any] = {
        "external_id": f"C{number:07d}",
        "name": f"{source.choice(('Asha', 'Ravi', 'Anna', 'Chen'))} {source.choice(('Rao', 'Smith', 'Kim'))}",
        "email": f"user{number}@example.org" if source.random() < 0.85 else None,
        "phone": f"+9198{source.randrange(10**8):08d}" if source.random() < 0.7 else None,
        "city": city if source.random() < 0.9 else None,
        "country": country if source.random() < 0.95 else None,
        "tags": [tag for tag in ("vip", "newsletter", "b2b") if source.random() < 0.15],
        "signed_up_at": None,
        "total_spend": sum(source.randrange(10_000, 4_000_000) for _ in range(min(visits, 60))),
        "visit_count": visits,
        "first_visit_at": last and last - timedelta(seconds=source.randrange(500 * 86_400)),
        "last_visit_at": last,
        "opening": {"total_spend": 0, "visit_count": 0, "last_visit_at": None},
        "versions": dict.fromkeys(("name", "email", "phone", "city", "country", "tags"), (1 << 31) + number),
        "created_at": NOW - timedelta(minutes=1, seconds=number),
        "updated_at": NOW,
    }
    return {**row, "folded": folded_copy(row), "reach": reach_of(row)}


async def fill(database: Database, customers: int) -> None:
    """Insert so many customers with the bare driver, then make the product's indexes."""
    source, began = random.Random(7), time.perf_counter()
    for start in range(0, customers, BATCH):
        rows = [_customer(source, number) for number in range(start, min(start + BATCH, customers))]
        await database.customers.insert_many(rows, ordered=False)
    await init_beanie(database=database, document_models=[Customer])
    print(f"{customers:,} customers and their indexes in {time.perf_counter() - began:.0f} s")
    sizes = (await database.command("collStats", "customers"))["indexSizes"]
    for name in ("total_spend", "visit_count"):
        print(
            f"  index {name}: {sizes[name] / 1024**2:.0f} MiB of {sum(sizes.values()) / 1024**2:.0f} in all"
        )


async def times(rounds: int, call: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each call, after one that warms up."""
    await call()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        found.append((time.perf_counter() - began) * 1_000)
    return sorted(found)


def shown(found: list[float]) -> str:
    """Median and 95th percentile."""
    return f"p50 {statistics.median(found):7.1f} ms   p95 {found[int(len(found) * 0.95)]:7.1f} ms"


async def measure(database: Database, rounds: int, *, plans: bool) -> None:
    """Print each rule's figures."""
    actor, clock = Actor(Role.VIEWER, "benchmark"), FixedClock(NOW)
    settings = load_settings(_env_file=None, rule_count_timeout_seconds=60)
    for name, raw in RULES.items():
        rule = parse(raw)
        filter_ = compile_rule(rule, NOW)
        size = await database.customers.count_documents(filter_)
        driver = await times(rounds, lambda f=filter_: database.customers.count_documents(f))  # type: ignore[misc]
        alone = await times(rounds, lambda r=rule: count_matching(r, NOW, timeout_seconds=60))  # type: ignore[misc]
        whole = await times(
            rounds,
            lambda r=raw: preview_rule(actor, r, clock=clock, settings=settings),  # type: ignore[misc]
        )
        ratio = statistics.median(whole) / statistics.median(driver)
        print(f"{name}: {size:,} customers")
        print(f"  driver, count   {shown(driver)}")
        print(
            f"  size alone      {shown(alone)}   {statistics.median(alone) / statistics.median(driver):.2f} x"
        )
        print(f"  whole preview   {shown(whole)}   {ratio:.2f} x")
        if plans:
            await print_plans(database, rule)


async def print_plans(database: Database, rule: Rule) -> None:
    """The winning plan of each part of the count."""
    for filter_ in disjoint_filters(rule, NOW):
        pipeline = [{"$match": filter_}, {"$group": BY_REACH}]
        command = {"aggregate": "customers", "pipeline": pipeline, "cursor": {}}
        answer = await database.command("explain", command, verbosity="executionStats")
        part = answer if "queryPlanner" in answer else answer["stages"][0]["$cursor"]
        plan, stages = part["queryPlanner"]["winningPlan"], []
        plan = plan.get("queryPlan", plan)
        while plan:
            stages.append(" ".join(filter(None, (plan["stage"], plan.get("indexName")))))
            plan = plan.get("inputStage")
        figures = part["executionStats"]
        keys, fetched = figures["totalKeysExamined"], figures["totalDocsExamined"]
        print(f"    {' < '.join(stages)}: {keys:,} keys, {fetched:,} customers fetched")


async def main(customers: int, rounds: int, *, plans: bool) -> None:
    """Start a database, fill it, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            async with AsyncMongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
                await fill(client.benchmark, customers)
                await measure(client.benchmark, rounds, plans=plans)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--plans", action="store_true", help="print how MongoDB answers each rule")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.rounds, plans=arguments.plans))
