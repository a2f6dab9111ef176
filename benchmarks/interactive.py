"""How long does one customer take from `customersIngest` to COMPLETED while a large file is imported?

One record goes in every quarter of a second, first on its own, then beside an import of orders (RabbitMQ, API
and two consumer processes). The import is measured too: alone and beside the single records, on databases of
its own, so that its rate shows what their precedence costs it.

Run: .venv/bin/python -m benchmarks.interactive [--orders 300000] [--customers 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from benchmarks.ingestion import generate, ingest
from crm_graphql.core.tasks import end_tasks
from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment
from tests.servers.rabbitmq import RabbitNode

EVERY_SECONDS = 0.25
ALONE = 20


class Single:
    """Sends single records, and keeps the seconds that each took."""

    def __init__(self, deployment: Deployment, database: Any) -> None:
        self._deployment = deployment
        self._database = database
        self._sent = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self.seconds: list[float] = []
        self.refused = 0

    async def send(self) -> None:
        """One record, until its ingestion has ended."""
        self._sent += 1
        start = time.perf_counter()
        source = f"single-{self._sent}"
        answer = await self._deployment.http.post(
            f"/ingest/customers?source={source}",
            content=f'{{"customer_id": "{source}"}}',
            headers={
                "authorization": f"Bearer {self._deployment.token}",
                "content-type": "application/x-ndjson",
            },
        )
        if answer.status_code != 202:
            self.refused += 1
            return
        while not await self._database.ingestions.find_one(
            {"source": source, "status": "COMPLETED"}, {"_id": 1}
        ):
            await asyncio.sleep(0.01)
        self.seconds.append(time.perf_counter() - start)

    async def send_for_ever(self) -> None:
        """One every quarter of a second, whether those before have ended or not."""
        while True:
            task = asyncio.create_task(self.send())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(EVERY_SECONDS)

    async def settle(self) -> None:
        """Return when all have ended."""
        while self._under_way:
            await asyncio.sleep(EVERY_SECONDS)

    def __str__(self) -> str:
        if len(self.seconds) < 2:
            return f"{len(self.seconds)} ended, {self.refused} refused"
        cuts = statistics.quantiles(self.seconds, n=100)
        return f"n {len(self.seconds)}, p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, refused {self.refused}"


async def measure(folder: Path, mongod: Mongod, rabbitmq: RabbitNode, *, beside: bool) -> float:
    """Import on a database of its own; the seconds that it took."""
    deployment = Deployment(folder, mongod, rabbitmq)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url)
    database = client[deployment.environment["CRM_MONGODB_DATABASE"]]
    try:
        await deployment.start()
        async for _ in ingest(deployment, database, "customers", folder / "customers.csv"):
            pass
        alone, single = Single(deployment, database), Single(deployment, database)
        for _ in range(ALONE if beside else 0):
            await alone.send()
        sending = asyncio.create_task(single.send_for_ever()) if beside else None
        start = time.perf_counter()
        imported = asyncio.create_task(_import(deployment, database, folder / "orders.csv"))
        await imported
        seconds = time.perf_counter() - start
        if sending is not None:
            await end_tasks([sending])
            await single.settle()
            print(f"  one record on its own: {alone}")
            print(f"  one record beside the import: {single}")
        await client.drop_database(database.name)
    finally:
        await client.close()
        await deployment.close()
    return seconds


async def _import(deployment: Deployment, database: Any, file: Path) -> None:
    """Send the file; return when it is persisted."""

    async def parts() -> Any:
        with file.open("rb") as opened:
            while part := opened.read(64 * 1024):
                yield part

    answer = await deployment.http.post(
        "/ingest/orders?source=import",
        content=parts(),
        headers={"authorization": f"Bearer {deployment.token}", "content-type": "text/csv"},
        timeout=600,
    )
    assert answer.status_code == 202, answer.text
    while not await database.ingestions.find_one({"source": "import", "status": "COMPLETED"}, {"_id": 1}):
        await asyncio.sleep(0.05)


async def main(customers: int, orders: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, customers, orders)
        mongod = Mongod(folder / "mongod", cache_gb=2.0)
        rabbitmq = RabbitNode(folder / "rabbitmq")
        with contextlib.ExitStack() as stack:
            stack.callback(mongod.kill)
            stack.callback(rabbitmq.close)
            mongod.start()
            rabbitmq.start()
            for beside in (False, True):
                print("import beside single records:" if beside else "import alone:")
                seconds = await measure(folder, mongod, rabbitmq, beside=beside)
                print(f"  {orders:,} orders in {seconds:.1f} s: {orders / seconds:,.0f}/s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=300_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.orders))
