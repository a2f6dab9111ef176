"""The raw limit of ingestion: orders applied with pymongo alone, by processes on disjoint customers."""

from __future__ import annotations

import asyncio
import csv
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import new_customer
from crm_graphql.customers.rule_indexes import RULE_INDEXES
from crm_graphql.ingestion.chunks import groups_of
from crm_graphql.orders.documents import Order

DATABASE = "raw"
BATCH = 5000
PARTITIONS = 8

Parsed = tuple[str, str, int, datetime]


@dataclass(frozen=True)
class Raw:
    """Where the files are, how many processes work on them, and with which indexes."""

    url: str
    folder: Path
    workers: int
    with_rule_indexes: bool = True


def run_raw(raw: Raw) -> Iterator[tuple[int, float]]:
    """Orders applied so far, and seconds since the first transaction; reading the file is not counted."""
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
    running, done = raw.workers, 0
    while running:
        count = counts.get()
        running -= count == 0
        done += count
        yield done, time.perf_counter() - start
    for worker in workers:
        worker.join()
    MongoClient[dict[str, Any]](raw.url).drop_database(DATABASE)


async def _prepare(raw: Raw) -> None:
    """The product's collections and indexes, and the customers."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(raw.url, tz_aware=True)
    database = client[DATABASE]
    await init_beanie(database=database, document_models=[Customer, Order])
    for index in () if raw.with_rule_indexes else RULE_INDEXES:
        await database.customers.drop_index(index.document["name"])
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
    """One process: its partitions' orders in batches, each a transaction; 0 when it has done them all."""
    client: MongoClient[dict[str, Any]] = MongoClient(raw.url, tz_aware=True, w="majority")
    batches = list(_batches(raw, number))
    barrier.wait()
    with client.start_session() as session:
        for batch in batches:
            session.with_transaction(
                lambda inner, rows=batch: _apply(client[DATABASE], rows, inner),  # type: ignore[misc]
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
            )
            counts.put(len(batch))
    counts.put(0)


def _batches(raw: Raw, number: int) -> Iterator[list[Parsed]]:
    """Its orders as the product cuts them: by groups of customers."""
    groups: dict[int, list[Parsed]] = defaultdict(list)
    count = groups_of(PARTITIONS)
    with (raw.folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = crc32(row["customer_id"].encode()) % count
            if place % PARTITIONS % raw.workers != number:
                continue
            groups[place].append(
                (
                    row["order_id"],
                    row["customer_id"],
                    to_units(row["amount"]),
                    parse_moment(row["ordered_at"]),
                )
            )
            if len(groups[place]) == BATCH:
                yield groups.pop(place)
    yield from groups.values()


def _order(parsed: Parsed, customer: ObjectId, now: datetime) -> dict[str, Any]:
    key, _, amount, moment = parsed
    return {
        "_id": ObjectId(),
        "external_id": key,
        "customer_id": customer,
        "amount": amount,
        "currency": "USD",
        "quantity": 1,
        "ordered_at": moment,
        "version": 1,
        "quantity_version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _apply(database: Database[dict[str, Any]], rows: Sequence[Parsed], session: ClientSession) -> None:
    """Look up, insert, one update a customer."""
    found = list(database.orders.find({"external_id": {"$in": [row[0] for row in rows]}}, session=session))
    assert not found
    names = list({row[1] for row in rows})
    query = database.customers.find(
        {"external_id": {"$in": names}}, {"external_id": 1}, session=session, batch_size=len(names) + 1
    )
    ids = {customer["external_id"]: customer["_id"] for customer in query}
    by_customer: dict[ObjectId, list[dict[str, Any]]] = defaultdict(list)
    orders, now = [], datetime.now(UTC)
    for row in rows:
        order = _order(row, ids[row[1]], now)
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
