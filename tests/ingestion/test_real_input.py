"""Real orders in either order of the files, again, and shuffled; and every kind of dirt."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import random
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.core.times import parse_moment
from crm_graphql.resources import Resources
from tests.data import CDNOW, GENERATED
from tests.ingestion.doors import CUSTOMERS, ORDERS, BodyFormat, apply_one, apply_pending, figures, stream

SLICE = "02000"


def part_of_cdnow(name: str) -> list[str]:
    """The lines of the file that belong to the first customers, header first."""
    with gzip.open(CDNOW / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = file.read().splitlines()
    column = header.split(",").index("customer_id")
    return [header, *(row for row in rows if next(csv.reader([row]))[column] <= SLICE)]


def expected(orders: list[str]) -> dict[str, tuple[Decimal, int, Any, Any]]:
    """Spend, visits, first and last visit by customer: plain arithmetic over the file."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in csv.DictReader(orders):
        found[row["customer_id"]].append((row["ordered_at"], Decimal(row["amount"])))
    return {
        key: (
            sum((amount for _, amount in rows), Decimal()),
            len(rows),
            parse_moment(min(rows)[0]),
            parse_moment(max(rows)[0]),
        )
        for key, rows in found.items()
    }


async def stored(resources: Resources) -> dict[str, tuple[Decimal, int, Any, Any]]:
    """The same from MongoDB."""
    return {
        row["external_id"]: (
            Decimal(row["total_spend"]) / 10_000,
            row["visit_count"],
            row["first_visit_at"],
            row["last_visit_at"],
        )
        async for row in resources.database.customers.find()
    }


async def ingest(resources: Resources, kind: Any, lines: list[str]) -> tuple[int, int, int, int]:
    """Send and apply; the figures."""
    ingestion = await stream(resources, kind, "\n".join(lines), chunk_records=500)
    assert ingestion.rejected == 0
    await apply_pending(resources)
    return await figures(ingestion)


@pytest.mark.slow
@pytest.mark.parametrize("orders_first", [True, False])
async def test_real_orders_in_either_order_of_the_files_and_again(
    resources: Resources, orders_first: bool
) -> None:
    customers, orders = part_of_cdnow("customers"), part_of_cdnow("orders")
    many, more = len(customers) - 1, len(orders) - 1
    if orders_first:
        assert await ingest(resources, ORDERS, orders) == (more, 0, 0, 0)
        assert await ingest(resources, CUSTOMERS, customers) == (0, many, 0, 0)
    else:
        assert await ingest(resources, CUSTOMERS, customers) == (many, 0, 0, 0)
        assert await ingest(resources, ORDERS, orders) == (more, 0, 0, 0)
    assert await stored(resources) == expected(orders)
    assert await ingest(resources, ORDERS, orders) == (0, 0, more, 0)
    assert await ingest(resources, CUSTOMERS, customers) == (0, 0, many, 0)
    assert await stored(resources) == expected(orders)
    row = await resources.database.customers.find_one({"external_id": "00003"})
    assert row is not None
    assert (row["name"], row["city"], row["phone"]) == ("김민준", "부산", None)


@pytest.mark.slow
async def test_real_orders_shuffled_in_ten_parts_at_once(resources: Resources) -> None:
    header, *orders = part_of_cdnow("orders")
    random.Random(7).shuffle(orders)
    parts = [[header, *orders[number::10]] for number in range(10)]
    ingestions = await asyncio.gather(
        *(stream(resources, ORDERS, "\n".join(part), chunk_records=300) for part in parts),
        stream(resources, CUSTOMERS, "\n".join(part_of_cdnow("customers"))),
    )
    chunks = await resources.database.ingestion_chunks.find({}, {"payload": 0}).to_list()
    random.Random(8).shuffle(chunks)

    async def work(workers: int, number: int) -> None:
        for chunk in chunks:
            if chunk["partition"] % workers == number:
                await apply_one(resources, chunk)

    await asyncio.gather(work(2, 0), work(2, 1))
    assert await stored(resources) == expected([header, *orders])
    assert [await figures(part) for part in ingestions[:10]] == [(len(p) - 1, 0, 0, 0) for p in parts]


def truth_of(name: str) -> dict[str, Any]:
    """What is true of a generated pair of files."""
    truth: dict[str, Any] = json.loads((GENERATED / name / "TRUTH.json").read_text())
    return truth


async def send_generated(resources: Resources, folder: str, form: str) -> dict[Any, Any]:
    """Send both files and apply them; the ingestions by kind."""
    found = {}
    for kind, name in ((CUSTOMERS, "customers"), (ORDERS, "orders")):
        body = gzip.decompress((GENERATED / folder / f"{name}.{form}.gz").read_bytes())
        found[kind] = await stream(resources, kind, body, format=BodyFormat[form.upper()], currency="INR")
        await apply_pending(resources)
    return found


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_every_kind_of_dirt_has_its_effect(resources: Resources, form: str) -> None:
    truth = truth_of("dirty")
    found = await send_generated(resources, "dirty", form)

    dirt = Counter(truth["orders"]["dirty"])
    orders = found[ORDERS]
    assert orders.received == truth["orders"]["records"]
    assert orders.rejected == dirt["future"] + dirt["wrong_type"]
    assert await figures(orders) == (
        truth["orders"]["valid"] + dirt["negative"] + dirt["unknown_customer"],
        0,
        dirt["duplicate"],
        0,
    )
    known = {key: row for key, row in (await stored(resources)).items() if key.startswith("C")}
    assert sum(row[0] for row in known.values()) == Decimal(truth["orders"]["net_total"])
    for key, sample in truth["sample"].items():
        spend, visits, first, last = known[key]
        assert spend == Decimal(sample["total_spend_refunds_netted"])
        assert visits == sample["visit_count"]
        assert last == (sample["last_visit_at"] and parse_moment(sample["last_visit_at"]))
        assert first == (sample["first_seen_at"] and parse_moment(sample["first_seen_at"]))

    dirt = Counter(truth["customers"]["dirty"])
    customers = found[CUSTOMERS]
    created, updated, unchanged, failed = await figures(customers)
    # An empty name in CSV is a cell left out: half of the wrong types are fine there.
    odd = customers.rejected - dirt["bad_email"] - dirt["missing_id"]
    assert 0 <= odd <= dirt["wrong_type"]
    assert form == "csv" or odd == dirt["wrong_type"]
    assert created == truth["customers"]["valid"] + dirt["wrong_type"] - odd
    assert (updated, unchanged, failed) == (0, dirt["duplicate"], 0)
    errors = await resources.database.row_errors.find().to_list()
    assert len(errors) == orders.rejected + customers.rejected + customers.incomplete
    codes = Counter((error["field"], error["code"]) for error in errors)
    assert codes["customer_id", "REQUIRED"] == dirt["missing_id"]
    assert codes["email", "INVALID"] == dirt["bad_email"]


async def test_a_conflict_replaces_the_order_that_came_before(resources: Resources) -> None:
    truth = truth_of("conflict")
    found = await send_generated(resources, "conflict", "ndjson")
    count = truth["orders"]["dirty"]["conflict"]
    _, updated, unchanged, failed = await figures(found[ORDERS])
    assert (updated + unchanged, failed) == (count, 0)
    spend = sum(row[0] for row in (await stored(resources)).values())
    assert spend == Decimal(truth["orders"]["total_amount"]) + updated
