"""How fast is an export, and in how much memory, beside the raw driver's find of the same documents?

Run: python -m benchmarks.exports [--customers 100000]

All customers, as CSV and as NDJSON, from the request to the file in a folder: read as of one moment, written
under the names of the import, defused, packed, in parts as consumers do it. The raw limit is the driver's
find over the same projection, in batches of the same size, nothing made of what comes. Memory is how much the
process grew at the most while it worked. Private MongoDB, cache of 2 GiB, with a history of 300 s.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from benchmarks.bulk_tagging import fill
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.documents import Customer
from crm_graphql.exports.customers import FIELDS
from crm_graphql.exports.documents import Export, ExportFormat, ExportSubject
from crm_graphql.exports.reading import ROWS_AT_ONCE
from crm_graphql.exports.service import Wanted, create_export
from crm_graphql.exports.worker import ExportWorker
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources

HISTORY = {"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 300}


class Peak:
    """The most that the process grows while the context lasts, in MiB, looked at every 10 ms."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._before = self.most = 0.0

    def __enter__(self) -> Peak:
        self._before = self._rss()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.01):
            self.most = max(self.most, self._rss() - self._before)

    def _rss(self) -> float:
        return float(self._process.memory_info().rss) / 1024**2


async def raw(customers: int) -> float:
    """Customers a second of the driver's find."""
    began = time.perf_counter()
    cursor = Customer.get_pymongo_collection().find(
        {}, FIELDS, sort=[("_id", 1)], hint="_id_", batch_size=ROWS_AT_ONCE
    )
    count = 0
    while rows := await cursor.to_list(ROWS_AT_ONCE):
        count += len(rows)
    assert count == customers
    return count / (time.perf_counter() - began)


async def product(resources: Resources, format: ExportFormat, customers: int) -> tuple[float, float, Any]:
    """Customers a second of an export, from the request to its end; the memory; the export."""
    worker = ExportWorker(resources.storage, resources.bus, resources.clock, 10.0)
    with Peak() as peak:
        began = time.perf_counter()
        export = await create_export(
            Actor(Role.MARKETER, "benchmark"),
            Wanted(ExportSubject.CUSTOMERS, format),
            idempotency_key=None,
            settings=resources.settings,
            bus=resources.bus,
            clock=resources.clock,
        )
        while not await worker.work(export["_id"]):
            pass
        seconds = time.perf_counter() - began
    ended: Any = await Export.get_pymongo_collection().find_one({"_id": export["_id"]})
    assert (ended["status"], ended["rows"]) == ("COMPLETED", customers), ended["failure_reason"]
    return customers / seconds, peak.most, ended


async def measure(resources: Resources, customers: int) -> None:
    """Both, and their ratio."""
    await fill(customers)
    by_driver = await raw(customers)
    print(f"{customers:,} customers")
    print(f"  driver, one find      {by_driver:10,.0f} rows/s")
    for format in ExportFormat:
        rate, memory, ended = await product(resources, format, customers)
        file = ended["file"]
        print(
            f"  export, {format.value:<6}        {rate:10,.0f} rows/s  ratio {rate / by_driver:.2f}  "
            f"+{memory:.0f} MiB  file {file['size'] / 1024**2:.1f} MiB of "
            f"{file['unpacked_size'] / 1024**2:.1f}, {len(file['parts'])} parts, "
            f"one moment: {ended['is_one_moment']}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  the process at its most {peak:.0f} MiB")


async def main(customers: int) -> None:
    """Start a database, fill it, measure both."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder, "mongod"), cache_gb=2)
        mongod.start()
        try:
            with MongoClient[dict[str, Any]](mongod.url) as client:
                client.admin.command(HISTORY)
            settings = load_settings(
                _env_file=None,
                data_dir=Path(folder),
                mongodb_url=mongod.url,
                mongodb_database="benchmark",
                bus=BusKind.EMBEDDED,
                log_level="WARNING",
            )
            async with open_resources(settings) as resources:
                await measure(resources, customers)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().customers))
