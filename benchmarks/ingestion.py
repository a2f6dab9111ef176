"""How fast are 2,000,000 orders of 200,000 customers ingested as they pile up, beside the bare driver?

The orders come in the order of their time, as a shop's history does, so that each chunk meets customers
from all over the database; the customers are there before. A figure is the rate over the last 250,000
orders, and the database's time for one of them. The raw limits are two processes that apply the same
orders with pymongo alone: partitioned and cut like the product, the same documents, transaction sizes
and writes, nothing parsed, queued or checked; once with all indexes, once without the three that rules
need (decision 8). The product runs on RabbitMQ (API and two consumer processes) and on the embedded bus
(one process). Each gets an empty MongoDB; the machine should have nothing else to do.

Run: .venv/bin/python -m benchmarks.ingestion [--customers 200000] [--orders 2000000] [--cache-gib 1]
     [--cases raw no-rule-indexes rabbitmq embedded]
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
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

CASES = ("raw", "no-rule-indexes", "rabbitmq", "embedded")
STEPS = 8
"""Figures of a curve."""
POLL_SECONDS = 0.1
UPLOAD_SECONDS = 3 * 3600
MEBIBYTE = 1024**2

Progress = tuple[int, float]
"""Orders persisted so far, and seconds since the beginning."""


def generate(folder: Path, customers: int, orders: int) -> None:
    """Write customers.csv and orders.csv: the customers and orders of `crm demo`, so many of each, the orders
    in the order of their time."""
    data = DemoData(TODAY, customers, orders)
    write_csv(folder / "customers.csv", CUSTOMER_COLUMNS, data.customer_pieces())
    write_csv(folder / "orders.csv", ORDER_COLUMNS, in_time_order(data.order_pieces()))


def in_time_order(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The orders sorted by their time, numbered anew as a shop numbers them."""
    lines = [line for piece in pieces for line in piece.splitlines()]
    lines.sort(key=lambda line: json.loads(line)["ordered_at"])
    for number, line in enumerate(lines):
        yield json.dumps({**json.loads(line), "order_id": f"o-{number:08d}"}).encode()


def write_csv(path: Path, columns: tuple[str, ...], pieces: Iterable[bytes]) -> None:
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
        timeout=UPLOAD_SECONDS,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ingest(deployment: Deployment, database: Any, kind: str, file: Path) -> AsyncIterator[Progress]:
    """Send the file; how far it has come, until all is persisted."""
    before = await database.ingestions.count_documents({"status": "COMPLETED"})
    start = time.perf_counter()
    sending = asyncio.create_task(send(deployment, kind, file))
    while await database.ingestions.count_documents({"status": "COMPLETED"}) == before:
        if sending.done():
            await sending
        yield await database[kind].estimated_document_count(), time.perf_counter() - start
        await asyncio.sleep(POLL_SECONDS)
    yield await database[kind].count_documents({}), time.perf_counter() - start
    await sending


class Curve:
    """The rate over each step of the orders, and over all of them, and the database's time for one.

    On a machine that others use, the database's time says more than the rate."""

    def __init__(self, orders: int, mongod: Mongod) -> None:
        assert mongod.pid is not None
        self._mongod = psutil.Process(mongod.pid)
        self._orders = orders
        self._step = max(1, orders // STEPS)
        self._busy = self._busy_seconds()
        self._last: Progress = (0, 0.0)
        self._shown: Progress = (0, 0.0)

    def add(self, count: int, seconds: float) -> None:
        """Print a figure where a step is done."""
        self._last = count, seconds
        if count - self._shown[0] >= self._step or (count >= self._orders > self._shown[0]):
            done, busy = count - self._shown[0], self._busy_seconds()
            print(
                f"  {count:>9,} orders: {done / (seconds - self._shown[1]):8,.0f}/s, "
                f"mongod {(busy - self._busy) / done * 1e6:5.0f} us an order",
                flush=True,
            )
            self._shown, self._busy = self._last, busy

    def _busy_seconds(self) -> float:
        times = self._mongod.cpu_times()
        return float(times.user + times.system)

    @property
    def rate(self) -> float:
        """Orders a second, over all."""
        count, seconds = self._last
        assert count == self._orders, f"{count} of {self._orders} orders"
        return count / seconds


async def measure_product(folder: Path, mongod: Mongod, rabbitmq: RabbitNode | None, orders: int) -> float:
    """Print and return orders/s."""
    deployment = Deployment(folder, mongod, rabbitmq)
    async with AsyncMongoClient[dict[str, Any]](mongod.url) as client:
        database = client[deployment.environment["CRM_MONGODB_DATABASE"]]
        try:
            await deployment.start()
            async for _ in ingest(deployment, database, "customers", folder / "customers.csv"):
                pass
            curve = Curve(orders, mongod)
            async for count, seconds in ingest(deployment, database, "orders", folder / "orders.csv"):
                curve.add(count, seconds)
            for name, size in memory(deployment, mongod, rabbitmq):
                print(f"  memory of {name}: {size / MEBIBYTE:.0f} MiB")
        finally:
            await deployment.close()
    return curve.rate


def measure_raw(folder: Path, mongod: Mongod, orders: int, *, with_rule_indexes: bool) -> float:
    """Print and return orders/s."""
    curve: Curve | None = None
    for count, seconds in run_raw(Raw(mongod.url, folder, 2, with_rule_indexes)):
        # The first figure comes when the customers are there.
        curve = curve or Curve(orders, mongod)
        curve.add(count, seconds)
    assert curve is not None
    return curve.rate


def memory(deployment: Deployment, mongod: Mongod, rabbitmq: RabbitNode | None) -> Iterator[tuple[str, int]]:
    """The resident memory of each process."""
    for process in deployment.processes:
        yield process.name, psutil.Process(process.pid).memory_info().rss
    assert mongod.pid is not None
    yield "mongod", psutil.Process(mongod.pid).memory_info().rss
    if rabbitmq is not None and rabbitmq.pid is not None:
        yield "RabbitMQ", psutil.Process(rabbitmq.pid).memory_info().rss


async def measure(case: str, folder: Path, mongod: Mongod, orders: int) -> float:
    """Orders/s of one of the cases."""
    if case in ("raw", "no-rule-indexes"):
        return await asyncio.to_thread(measure_raw, folder, mongod, orders, with_rule_indexes=case == "raw")
    if case == "embedded":
        return await measure_product(folder, mongod, None, orders)
    rabbitmq = RabbitNode(folder / "rabbitmq")
    rabbitmq.start()
    try:
        return await measure_product(folder, mongod, rabbitmq, orders)
    finally:
        rabbitmq.close()


async def main(customers: int, orders: int, cache_gib: float, cases: list[str]) -> None:
    """Print the figures."""
    raw: float | None = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, customers, orders)
        print(f"{orders:,} orders of {customers:,} customers in time order, a cache of {cache_gib} GiB")
        for case in cases:
            print(f"{case}:", flush=True)
            mongod = Mongod(folder / f"mongod-{case}", cache_gb=cache_gib)
            mongod.start()
            try:
                rate = await measure(case, folder, mongod, orders)
            finally:
                mongod.kill()
            raw = rate if case == "raw" else raw
            print(
                f"  all: {rate:,.0f}/s" + (f", {rate / raw:.2f} of the raw driver" if raw else ""), flush=True
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--cache-gib", type=float, default=1.0)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.orders, arguments.cache_gib, arguments.cases))
