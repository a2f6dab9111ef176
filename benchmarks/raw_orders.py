"""The raw limit of ingestion: orders applied with pymongo alone, by processes on disjoint customers."""

from __future__ import annotations

import asyncio
import csv
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from zlib import crc32

from beanie import init_beanie
from bson import ObjectId
from pymongo import AsyncMongoClient, MongoClient, UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from crm_graphql.core.money import to_units
from crm_graphql.core.times import parse_moment
from crm_graphql.customers.apply_records import new_customer
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.orders.documents import Order

DATABASE = "raw"
BATCH = 2000
PARTITIONS = 8


@dataclass(frozen=True)
class Raw:
    """Where the files are, and how many processes work on them."""

    url: str
    folder: Path
    workers: int


def run_raw(raw: Raw) -> float:
    """Orders/s from the first transaction to the last commit; reading the file is not counted."""
    asyncio.run(_prepare(raw))
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(raw.workers + 1)
    counts = context.Queue()
    workers = [
        context.Process(target=_work, args=(raw, number, barrier, counts)) for number in range(raw.workers)
    ]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.perf_counter()
    total = sum(counts.get() for _ in workers)
    seconds = time.perf_counter() - start
    for worker in workers:
        worker.join()
    MongoClient[dict[str, Any]](raw.url).drop_database(DATABASE)
    return float(total / seconds)


async def _prepare(raw: Raw) -> None:
    """The product's collections and indexes, and the customers."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(raw.url, tz_aware=True)
    database = client[DATABASE]
    await init_beanie(database=database, document_models=[Customer, Order])
    now = datetime.now(UTC)
    customers = []
    with (raw.folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            customer = new_customer(row["customer_id"], now)
            for field in ("name", "email", "phone", "city", "country"):
                customer[field] = row.get(field) or None
            customer |= {"folded": folded_copy(customer), "reach": reach_of(customer)}
            customers.append(customer)
    await database.customers.insert_many(customers, ordered=False)
    await client.close()


def _work(raw: Raw, number: int, barrier: Barrier, counts: Any) -> None:
    """One process: its partitions' orders in batches, each a transaction."""
    client: MongoClient[dict[str, Any]] = MongoClient(raw.url, tz_aware=True, w="majority")
    batches = list(_batches(raw, number))
    barrier.wait()
    done = 0
    with client.start_session() as session:
        for batch in batches:
            session.with_transaction(
                lambda inner, rows=batch: _apply(client[DATABASE], rows, inner),  # type: ignore[misc]
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
            )
            done += len(batch)
    counts.put(done)


def _batches(raw: Raw, number: int) -> Sequence[list[dict[str, Any]]]:
    now = datetime.now(UTC)
    partitions: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with (raw.folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        for row, fields in enumerate(csv.DictReader(file)):
            partition = crc32(fields["customer_id"].encode()) % PARTITIONS
            if partition % raw.workers == number:
                partitions[partition].append(
                    {
                        "_id": ObjectId(),
                        "external_id": fields["order_id"],
                        "customer_id": fields["customer_id"],
                        "amount": to_units(fields["amount"]),
                        "currency": "USD",
                        "quantity": 1,
                        "ordered_at": parse_moment(fields["ordered_at"]),
                        "version": row,
                        "quantity_version": row,
                        "created_at": now,
                        "updated_at": now,
                    }
                )
    return [rows[at : at + BATCH] for rows in partitions.values() for at in range(0, len(rows), BATCH)]


def _apply(database: Database[dict[str, Any]], rows: list[dict[str, Any]], session: ClientSession) -> None:
    """Look up, insert, one update a customer."""
    keys = [row["external_id"] for row in rows]
    found = list(database.orders.find({"external_id": {"$in": keys}}, session=session))
    assert not found
    names = list({row["customer_id"] for row in rows})
    query = database.customers.find(
        {"external_id": {"$in": names}}, {"external_id": 1}, session=session, batch_size=len(names) + 1
    )
    ids = {customer["external_id"]: customer["_id"] for customer in query}
    by_customer: dict[ObjectId, list[dict[str, Any]]] = defaultdict(list)
    orders = []
    for row in rows:
        order = {**row, "customer_id": ids[row["customer_id"]]}
        by_customer[order["customer_id"]].append(order)
        orders.append(order)
    database.orders.insert_many(orders, ordered=False, session=session)
    database.customers.bulk_write(
        [_update(customer, own) for customer, own in by_customer.items()], ordered=False, session=session
    )


def _update(customer: ObjectId, orders: list[dict[str, Any]]) -> UpdateOne:
    moments = [order["ordered_at"] for order in orders]
    return UpdateOne(
        {"_id": customer},
        {
            "$inc": {"total_spend": sum(order["amount"] for order in orders), "visit_count": len(orders)},
            "$max": {"last_visit_at": max(moments)},
            "$set": {"first_visit_at": min(moments), "updated_at": orders[0]["updated_at"]},
        },
    )
