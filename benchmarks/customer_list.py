"""How long does a list of 100 customers take through the API, beside the raw driver's find of the same rows?

Run: .venv/bin/python -m benchmarks.customer_list
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
from pymongo import AsyncMongoClient

from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment

CUSTOMERS = 50_000
ROUNDS = 300
FIELDS = ("external_id", "name", "email", "city", "total_spend", "visit_count", "last_visit_at", "created_at")
DOCUMENT = """{ customers(first: 100) { nodes {
  externalId name email city totalSpend visitCount lastVisitAt createdAt } } }"""


async def p50_milliseconds(call: Callable[[], Awaitable[Any]]) -> float:
    """The median time of a call, after some to warm up."""
    times = []
    for round_ in range(ROUNDS + 20):
        start = time.perf_counter()
        await call()
        if round_ >= 20:
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


async def measure(folder: Path) -> None:
    """Print the figures."""
    mongod = Mongod(folder)
    mongod.start()
    deployment = Deployment(folder, mongod, None)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url, tz_aware=True)
    try:
        await deployment.start()
        customers = client[deployment.environment["CRM_MONGODB_DATABASE"]].customers
        await fill(deployment)

        async def raw() -> None:
            rows = customers.find({}, dict.fromkeys(FIELDS, 1)).sort([("created_at", -1), ("_id", -1)])
            assert len(await rows.limit(101).to_list()) == 101

        async def api() -> None:
            found = await deployment.graphql(DOCUMENT)
            assert len(found["customers"]["nodes"]) == 100

        driver, through = await p50_milliseconds(raw), await p50_milliseconds(api)
        memory = psutil.Process(deployment.apis[0].pid).memory_info().rss / 1024**2
        print(f"raw driver: p50 {driver:.2f} ms")
        print(f"through the API: p50 {through:.2f} ms, ratio {through / driver:.1f}")
        print(f"memory of the API process: {memory:.0f} MiB")
    finally:
        await client.close()
        await deployment.close()
        mongod.kill()


async def fill(deployment: Deployment) -> None:
    """Ingest the customers and wait until they are applied."""
    lines = ["customer_id,name,email,city"]
    lines += [f"c{number},Name {number},c{number}@example.com,Lisbon" for number in range(CUSTOMERS)]
    file = deployment.folder / "customers.csv"
    file.write_text("\n".join(lines))
    done = await deployment.import_file("customers", file)
    assert done["created"] == CUSTOMERS


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(Path(name)))
