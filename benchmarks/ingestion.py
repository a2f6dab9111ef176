"""How fast are 200,000 orders ingested, from the first byte to all persisted, beside the bare driver?

Customers (20,000) are there before. Measured on RabbitMQ (API and two consumer processes) and on the embedded
bus (one process); the raw limit is two processes that apply the same orders with pymongo alone: partitioned
like the product, the same documents, indexes, transaction size and writes, nothing parsed, queued or checked.
Each gets an empty database; the machine should have nothing else to do.

Run: .venv/bin/python -m benchmarks.ingestion [--orders 200000] [--customers 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from pymongo import AsyncMongoClient

from benchmarks.raw_orders import Raw, run_raw
from crm_graphql.local.demo_data import DemoData
from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment
from tests.servers.rabbitmq import RabbitNode

CUSTOMER_COLUMNS = ("customer_id", "name", "email", "phone", "city", "country")
ORDER_COLUMNS = ("order_id", "customer_id", "ordered_at", "amount")
TODAY = date(2026, 1, 1)
"""The last day of the generated orders: the same each time, so that runs compare."""

POLL_SECONDS = 0.05
MEBIBYTE = 1024**2


def generate(folder: Path, customers: int, orders: int) -> None:
    """Write customers.csv and orders.csv: the customers and orders of `crm demo`, so many of each."""
    data = DemoData(TODAY, customers, orders)
    write_csv(folder / "customers.csv", CUSTOMER_COLUMNS, data.customer_pieces())
    write_csv(folder / "orders.csv", ORDER_COLUMNS, data.order_pieces())


def write_csv(path: Path, columns: tuple[str, ...], pieces: Iterator[bytes]) -> None:
    """NDJSON, in pieces of whole lines, as CSV with these columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for piece in pieces:
            writer.writerows(json.loads(line) for line in piece.splitlines())


async def send(deployment: Deployment, kind: str, file: Path) -> str:
    """Stream a file as any client would; the ingestion's id."""

    async def parts() -> Any:
        with file.open("rb") as opened:
            while part := opened.read(64 * 1024):
                yield part

    answer = await deployment.http.post(
        f"/ingest/{kind}",
        content=parts(),
        headers={"authorization": f"Bearer {deployment.token}", "content-type": "text/csv"},
        timeout=600,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ingest(deployment: Deployment, database: Any, kind: str, file: Path) -> tuple[float, float]:
    """Seconds until the answer, and until all is persisted."""
    before = await database.ingestions.count_documents({"status": "COMPLETED"})
    start = time.perf_counter()
    await send(deployment, kind, file)
    answered = time.perf_counter() - start
    while await database.ingestions.count_documents({"status": "COMPLETED"}) == before:
        await asyncio.sleep(POLL_SECONDS)
    return answered, time.perf_counter() - start


async def measure_product(folder: Path, mongod: Mongod, rabbitmq: RabbitNode | None, orders: int) -> float:
    """Print and return orders/s."""
    deployment = Deployment(folder, mongod, rabbitmq)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url)
    database = client[deployment.environment["CRM_MONGODB_DATABASE"]]
    try:
        await deployment.start()
        await ingest(deployment, database, "customers", folder / "customers.csv")
        answered, seconds = await ingest(deployment, database, "orders", folder / "orders.csv")
        assert await database.orders.count_documents({}) == orders
        print(
            f"  accepted after {answered:.1f} s, persisted after {seconds:.1f} s: {orders / seconds:,.0f}/s"
        )
        for name, size in memory(deployment, mongod, rabbitmq):
            print(f"  memory of {name}: {size / MEBIBYTE:.0f} MiB")
        await client.drop_database(database.name)
    finally:
        await client.close()
        await deployment.close()
    return orders / seconds


def memory(deployment: Deployment, mongod: Mongod, rabbitmq: RabbitNode | None) -> Iterator[tuple[str, int]]:
    """The resident memory of each process."""
    for process in deployment.processes:
        yield process.name, psutil.Process(process.pid).memory_info().rss
    assert mongod.pid is not None
    yield "mongod", psutil.Process(mongod.pid).memory_info().rss
    if rabbitmq is not None and rabbitmq.pid is not None:
        yield "RabbitMQ", psutil.Process(rabbitmq.pid).memory_info().rss


async def main(customers: int, orders: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, customers, orders)
        mongod = Mongod(folder / "mongod", cache_gb=2.0)
        rabbitmq = RabbitNode(folder / "rabbitmq")
        try:
            mongod.start()
            rabbitmq.start()
            print(f"{orders:,} orders of {customers:,} customers")
            print("raw driver, two processes:")
            raw = await asyncio.to_thread(run_raw, Raw(mongod.url, folder, workers=2))
            print(f"  {raw:,.0f}/s")
            for label, broker in (("RabbitMQ", rabbitmq), ("embedded bus", None)):
                print(f"product on {label}:")
                rate = await measure_product(folder, mongod, broker, orders)
                print(f"  ratio to the raw driver: {rate / raw:.2f}")
        finally:
            rabbitmq.close()
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=200_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.orders))
