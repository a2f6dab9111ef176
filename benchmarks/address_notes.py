"""What do notes of addresses cost an import of customers, and how long does counting them take?

Run: python -m benchmarks.address_notes [--customers 40000]

New customers, each with an e-mail address and a telephone number, one in fifty of them shared, are applied
in chunks of 1,000 as imports apply them; in turns with the note in the transaction and without it. Then all
that was noted is counted. Figures are CPU of this process and of MongoDB together, which other work on the
machine disturbs less than it does the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import psutil
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.apply_records import apply_customers
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.duplicates.counting import settle_addresses
from crm_graphql.duplicates.documents import SharedAddress
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.leases import database_now
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources, open_resources

CHUNK = 1_000


def _record(number: int) -> CustomerRecord:
    who = number // 50 if number % 50 == 0 else number
    changes = {
        "name": f"Name {number}",
        "email": f"c{who}@example.com",
        "phone": f"+4930{who:08}",
        "city": "Rome",
    }
    return CustomerRecord(number, f"c{number}", changes)


class Cpu:
    """Milliseconds of CPU that this process and MongoDB have used."""

    def __init__(self, mongod: psutil.Process) -> None:
        self._processes = (psutil.Process(), mongod)

    def now(self) -> float:
        """So far."""
        times = [process.cpu_times() for process in self._processes]
        return sum(one.user + one.system for one in times) * 1_000


async def _apply(resources: Resources, cpu: Cpu, start: int) -> float:
    records = [_record(number) for number in range(start, start + CHUNK)]
    now = await database_now()

    async def work(session: AsyncClientSession) -> Any:
        return await apply_customers(
            records,
            ingestion_number=1,
            now=now,
            orders=Order.get_pymongo_collection(),
            suppressed_on=suppressed_on,
            session=session,
        )

    began = cpu.now()
    await resources.in_transaction(work)
    return cpu.now() - began


async def _nothing(_self: AddressNotes, _session: AsyncClientSession) -> None:
    return None


async def measure(resources: Resources, cpu: Cpu, customers: int) -> None:
    """Print the figures."""
    noted, plain = list[float](), list[float]()
    for start in range(0, customers, 2 * CHUNK):
        noted.append(await _apply(resources, cpu, start))
        with patch.object(AddressNotes, "of", lambda *_: None), patch.object(AddressNotes, "write", _nothing):
            plain.append(await _apply(resources, cpu, start + CHUNK))
    # The first ones warm caches.
    noted, plain = noted[2:], plain[2:]
    began = cpu.now()
    assert await settle_addresses(resources.in_transaction, for_seconds=600)
    counted = (cpu.now() - began) / (len(noted) + 2)
    shared = await SharedAddress.get_pymongo_collection().count_documents({})
    count = await Customer.get_pymongo_collection().count_documents({})
    print(f"chunks of {CHUNK:,} new customers, means of {len(noted)}, CPU")
    print(f"  with notes    {mean(noted):6.1f} ms")
    print(f"  without       {mean(plain):6.1f} ms, ratio {mean(noted) / mean(plain):.3f}")
    print(
        f"  counting what was noted, among {count:,}: {counted:.1f} ms a chunk; {shared:,} addresses shared"
    )


async def main(customers: int) -> None:
    """Measure on a private MongoDB."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=1.0)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                mongodb_url=mongod.url,
                mongodb_database="addresses",
                bus=BusKind.EMBEDDED,
                secret_key="benchmark-only-benchmark-only-benchmark",
                log_level="ERROR",
            )
            async with open_resources(settings) as resources:
                (process,) = [one for one in psutil.Process().children() if one.name() == "mongod"]
                await measure(resources, Cpu(process), customers)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=40_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers))
