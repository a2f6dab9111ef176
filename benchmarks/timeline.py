"""How long does a page of a timeline take, the first and one 1,000 pages deep, beside the raw driver?

Run: python -m benchmarks.timeline [--entries 60000] [--rounds 200]

One customer has so many entries, a third of them orders, a third deliveries, a third words and changes, among
as many of others. A page of 50 is asked of the API in this process; in turns the bare driver reads the same
page of one collection that holds all entries ready-made, in their order, by one index: what a timeline would
cost that is kept twice.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from bson import ObjectId

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange
from crm_graphql.customers.drafts import new_customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.local.mongod import Mongod
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources, open_resources

SIZE = 50
DEEP = 1_000
BATCH = 5_000
OTHERS = 3
START = datetime(2020, 1, 1, tzinfo=UTC)
DOCUMENT = """query ($after: String) { customer(by: {externalId: "c0"}) { timeline(first: 50, after: $after) {
  nodes { id at actor kind title } pageInfo { endCursor hasNextPage } } } }"""
WALK = """query ($after: String) { customer(by: {externalId: "c0"}) { timeline(first: 100, after: $after) {
  nodes { at } pageInfo { endCursor hasNextPage } } } }"""
READY = [("customer_id", 1), ("at", -1), ("_id", -1)]


def _entries(
    customer: ObjectId, count: int, topic: ObjectId, campaign: ObjectId
) -> Iterator[tuple[Any, Any]]:
    """Documents with their collections, a minute apart."""
    for number in range(count):
        moment = START + timedelta(minutes=number)
        key = ObjectId(int(moment.timestamp()).to_bytes(4, "big") + ObjectId().binary[4:])
        common = {"_id": key, "customer_id": customer}
        match number % 6:
            case 0 | 1:
                order = {"external_id": str(key), "amount": 125_000, "currency": "USD"}
                yield Order, {**common, **order, "ordered_at": moment}
            case 2 | 3:
                row = {"campaign_id": campaign, "number": number, "channel": "EMAIL", "status": "SENT"}
                # A person has one a campaign; here many have theirs of one that is read.
                yield Delivery, {**common, **row, "campaign_id": ObjectId(), "values": {}}
            case 4:
                word = {"topic_id": topic, "channel": "EMAIL", "status": "SUBSCRIBED", "source": str(number)}
                yield ConsentWord, {**common, **word, "at": moment, "is_dated": True, "heard_at": moment}
            case _:
                change = {"field": "city", "before": "Rome", "after": "Oslo"}
                yield CustomerChange, {**common, "at": moment, "actor": "mia", "changes": [change]}


async def fill(resources: Resources, entries: int) -> ObjectId:
    """The customers with their entries, and the ready-made ones of the first."""
    first: ObjectId | None = None
    ready = resources.database["ready_timeline"]
    await ready.create_index(READY)
    for number in range(OTHERS):
        row = new_customer(f"c{number}", START)
        first = first or row["_id"]
        await Customer.get_pymongo_collection().insert_one(row)
        rows: dict[Any, list[dict[str, Any]]] = {}
        for document, entry in _entries(row["_id"], entries, ObjectId(), ObjectId()):
            rows.setdefault(document, []).append(entry)
        for document, all_rows in rows.items():
            for start in range(0, len(all_rows), BATCH):
                some = all_rows[start : start + BATCH]
                await document.get_pymongo_collection().insert_many(some, ordered=False)
                told = [
                    {
                        "customer_id": row["_id"],
                        "at": one["_id"].generation_time,
                        "kind": document.__name__,
                        "title": "Ordered for 12.50 USD.",
                    }
                    for one in some
                ]
                await ready.insert_many(told, ordered=False)
    assert first is not None
    return first


async def milliseconds(rounds: int, *calls: Callable[[], Awaitable[Any]]) -> list[float]:
    """The median time of each call, in turns."""
    times: list[list[float]] = [[] for _ in calls]
    for round_ in range(rounds + 10):
        for place, call in enumerate(calls):
            start = time.perf_counter()
            await call()
            if round_ >= 10:
                times[place].append((time.perf_counter() - start) * 1_000)
    return [median(some) for some in times]


async def measure(resources: Resources, customer: ObjectId, rounds: int) -> None:
    """Print the figures."""
    token = mint_token(resources.settings, Role.ADMIN, timedelta(hours=1), "benchmark")
    app = create_app(resources.settings, resources=resources)
    ready = resources.database["ready_timeline"]

    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test", timeout=60) as http:

            async def api(after: str | None, document: str = DOCUMENT) -> Any:
                answer = await http.post(
                    "/graphql",
                    json={"query": document, "variables": {"after": after}},
                    headers={"authorization": f"Bearer {token}"},
                )
                return answer.json()["data"]["customer"]["timeline"]

            async def driver(before: datetime | None) -> Any:
                beyond = {} if before is None else {"at": {"$lt": before}}
                rows = ready.find({"customer_id": customer, **beyond}).sort(READY[1:])
                return await rows.limit(SIZE + 1).to_list()

            after: str | None = None
            page: Any = {}
            for _ in range(DEEP * SIZE // 100):
                page = await api(after, WALK)
                after = page["pageInfo"]["endCursor"]
                assert page["pageInfo"]["hasNextPage"], "more entries are needed"
            before = datetime.fromisoformat(page["nodes"][-1]["at"])
            print(f"a page of {SIZE}, medians of {rounds}")
            for name, cursor, moment in (("first", None, None), (f"{DEEP:,} deep", after, before)):
                through, alone = await milliseconds(rounds, partial(api, cursor), partial(driver, moment))
                print(
                    f"  {name:12} timeline {through:6.1f} ms, driver {alone:5.2f} ms, "
                    f"ratio {through / alone:.1f}"
                )


async def main(entries: int, rounds: int) -> None:
    """Measure on a private MongoDB."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=1.0)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                mongodb_url=mongod.url,
                mongodb_database="timeline",
                bus=BusKind.EMBEDDED,
                secret_key="benchmark-only-benchmark-only-benchmark",
                log_level="ERROR",
            )
            async with open_resources(settings) as resources:
                await measure(resources, await fill(resources, entries), rounds)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.entries, arguments.rounds))
