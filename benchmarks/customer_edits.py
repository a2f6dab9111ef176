"""How long does one mutation that edits 1,000 customers take, beside the raw driver's bulk_write of as many?

Run: python -m benchmarks.customer_edits [--customers 100000] [--rounds 10]

Each round edits the names and tags of 1,000 customers by `customersUpdate`, through the API in this process:
reading, checks, versions, derived fields, history and answer included. In turns the bare driver writes the
same fields of 1,000 others, ready-made, as one bulk_write in one transaction: alone, and with the history.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer, CustomerChange
from crm_graphql.customers.drafts import new_customer
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources

AT_ONCE = 1_000
BATCH = 10_000
DOCUMENT = """mutation ($updates: [CustomerUpdateInput!]!) { customersUpdate(input: {updates: $updates}) {
  customers { id revision } errors { path code message } } }"""
AT = datetime(2025, 1, 1, tzinfo=UTC)

Row = Mapping[str, Any]


def _customer(number: int) -> dict[str, Any]:
    row = new_customer(f"c{number}", AT) | {"name": f"Name {number}", "email": f"c{number}@example.com"}
    return {**row, "folded": folded_copy(row), "reach": reach_of(row)}


async def fill(count: int) -> None:
    """So many customers."""
    for start in range(0, count, BATCH):
        rows = [_customer(number) for number in range(start, min(start + BATCH, count))]
        await Customer.get_pymongo_collection().insert_many(rows, ordered=False)


async def by_mutation(http: httpx.AsyncClient, token: str, numbers: Sequence[int], turn: int) -> float:
    """Seconds of one mutation, as its sender sees them."""
    updates = [
        {"customer": {"externalId": f"c{number}"}, "name": f"New {turn}", "tags": [f"t{turn}"]}
        for number in numbers
    ]
    start = time.perf_counter()
    answer = await http.post(
        "/graphql",
        json={"query": DOCUMENT, "variables": {"updates": updates}},
        headers={"authorization": f"Bearer {token}"},
    )
    seconds = time.perf_counter() - start
    payload = answer.json()["data"]["customersUpdate"]
    assert payload["errors"] == []
    assert len(payload["customers"]) == len(numbers)
    return seconds


async def by_driver(resources: Resources, numbers: Sequence[int], turn: int, *, with_history: bool) -> float:
    """Seconds of the same writes, made before."""
    keys = [f"c{number}" for number in numbers]
    rows = await Customer.get_pymongo_collection().find({"external_id": {"$in": keys}}).to_list()
    updates = [UpdateOne({"_id": row["_id"]}, {"$set": _fields(row, turn)}) for row in rows]
    changes = [
        {
            "customer_id": row["_id"],
            "at": AT,
            "actor": "driver",
            "actor_id": None,
            "revision": turn,
            "changes": [{"field": "name", "before": row["name"], "after": f"New {turn}"}],
        }
        for row in rows
    ]

    async def work(session: AsyncClientSession) -> None:
        await Customer.get_pymongo_collection().bulk_write(updates, ordered=False, session=session)
        if with_history:
            await CustomerChange.get_pymongo_collection().insert_many(changes, ordered=False, session=session)

    start = time.perf_counter()
    await resources.in_transaction(work)
    return time.perf_counter() - start


def _fields(row: Row, turn: int) -> dict[str, Any]:
    changed = {**row, "name": f"Newer {turn}", "tags": [f"t{turn}"]}
    return {
        "name": changed["name"],
        "tags": changed["tags"],
        "folded": folded_copy(changed),
        "reach": reach_of(changed),
        "revision": turn,
        "versions": {"name": turn, "tags": turn},
        "updated_at": AT,
    }


async def measure(resources: Resources, customers: int, rounds: int) -> None:
    """Print the medians."""
    token = mint_token(resources.settings, Role.ADMIN, timedelta(hours=1), "benchmark")
    app = create_app(resources.settings, resources=resources)
    product, alone, whole = list[float](), list[float](), list[float]()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test", timeout=60) as http:
            for turn in range(rounds + 1):
                some = [range(first, customers, customers // AT_ONCE)[:AT_ONCE] for first in range(3)]
                times = (
                    await by_mutation(http, token, some[0], turn),
                    await by_driver(resources, some[1], turn, with_history=False),
                    await by_driver(resources, some[2], turn, with_history=True),
                )
                # The first round warms caches.
                if turn:
                    for figures, seconds in zip((product, alone, whole), times, strict=True):
                        figures.append(seconds)
    print(f"{AT_ONCE:,} of {customers:,} customers edited at once, medians of {rounds}")
    for name, figures in (
        ("customersUpdate", product),
        ("driver, bulk_write", alone),
        ("driver, with history", whole),
    ):
        print(
            f"  {name:22} {median(figures) * 1_000:7.0f} ms   ratio {median(product) / median(figures):.2f}"
        )


async def main(customers: int, rounds: int) -> None:
    """Measure on a private MongoDB."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=1.0)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                mongodb_url=mongod.url,
                mongodb_database="edits",
                bus=BusKind.EMBEDDED,
                secret_key="benchmark-only-benchmark-only-benchmark",
                log_level="ERROR",
            )
            async with open_resources(settings) as resources:
                await fill(customers)
                await measure(resources, customers, rounds)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.rounds))
