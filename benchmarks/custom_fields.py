"""How long does the preview of a rule on a custom field take at 1,000,000 customers, and what does a file?

Run: python -m benchmarks.custom_fields [--customers 1000000] [--rounds 15]

A preview is what `audiencePreview` does below GraphQL: definitions, size, reach of each channel, a sample of
ten, the sentence. Beside it the raw limit: the driver's `count_documents` of the same filter, and its
`$group` by `reach`, which a preview needs and which no wildcard index holds. Half of the customers have a
number, a tenth an option. Private MongoDB, with a cache of 2 GiB. The import is a CSV of 100,000 customers,
read and checked in memory: with two columns of custom fields, with these left out, without any definition.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from beanie import init_beanie
from bson import ObjectId
from pymongo import AsyncMongoClient

from benchmarks.audience_preview import times
from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.counting import BY_REACH
from crm_graphql.audiences.queries import fields_of_stored, preview_rule
from crm_graphql.audiences.rules import parse
from crm_graphql.consents.documents import Topic
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import load_settings
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definition, Definitions
from crm_graphql.custom_fields.documents import CustomField, CustomFieldType
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.custom_fields.service import create_field
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import new_customer
from crm_graphql.groups.documents import Group
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.reading import FileReading
from crm_graphql.imports.tables import FileHints
from crm_graphql.ingestion.checks import row_check
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.documents import all_documents
from tests.clocks import FixedClock

NOW = datetime(2024, 6, 15, tzinfo=UTC)
ADMIN = Actor(Role.ADMIN, "benchmark")
BATCH = 10_000
IMPORTED = 100_000

RULES: Mapping[str, dict[str, Any]] = {
    "narrow: points > 9,990": {"where": {"field": "custom.points", "operator": "GT", "value": 9_990}},
    "broad: points > 1,000": {"where": {"field": "custom.points", "operator": "GT", "value": 1_000}},
    "an option: tier has Gold": {"where": {"field": "custom.tier", "operator": "CONTAINS", "value": "Gold"}},
    "both": {
        "all": [
            {"where": {"field": "custom.tier", "operator": "CONTAINS", "value": "Gold"}},
            {"where": {"field": "custom.points", "operator": "GT", "value": 5_000}},
        ]
    },
    "everybody else: points not set": {"where": {"field": "custom.points", "operator": "NOT_SET"}},
    "a default that meets it: rated <= 5": {
        "where": {"field": "custom.rated", "operator": "LTE", "value": 5}
    },
}


async def define() -> Definitions:
    """The fields, stored."""
    parts: Mapping[str, tuple[CustomFieldType, dict[str, Any]]] = {
        "points": (CustomFieldType.NUMBER, {}),
        "tier": (CustomFieldType.LIST, {"options": ["Gold", "Silver"]}),
        "rated": (CustomFieldType.NUMBER, {"default_value": 5}),
    }
    for key, (type_, further) in parts.items():
        await create_field(ADMIN, key, type_, {"label": key.title(), **further})
    return await definitions()


def _customer(source: random.Random, number: int, fields: Definitions) -> dict[str, Any]:
    row = new_customer(f"c{number}", NOW - timedelta(minutes=1)) | {"email": f"c{number}@example.com"}
    held: dict[str, Any] = {}
    if number % 2:
        held[fields["points"].slot] = source.randrange(10_000)
    if number % 10 == 0:
        held[fields["tier"].slot] = [source.choice(("Gold", "Silver"))]
    row = row | ({"custom_fields": held} if held else {})
    return {**row, "folded": folded_copy(row), "reach": reach_of(row)}


async def fill(count: int, fields: Definitions) -> None:
    """So many customers, and the product's indexes."""
    source, began = random.Random(7), time.perf_counter()
    customers = Customer.get_pymongo_collection()
    for start in range(0, count, BATCH):
        rows = [_customer(source, number, fields) for number in range(start, min(start + BATCH, count))]
        await customers.insert_many(rows, ordered=False)
    await customers.create_indexes(Customer.Settings.indexes)
    print(f"{count:,} customers and their indexes in {time.perf_counter() - began:.0f} s")


async def measure_previews(rounds: int) -> None:
    """Print the medians of each rule."""
    settings, clock = load_settings(), FixedClock(NOW)
    customers = Customer.get_pymongo_collection()
    print(
        f"{'ms, median of ' + str(rounds):40} {'preview':>9} {'count_documents':>16} {'ratio':>6} {'size':>9}"
    )
    for name, raw in RULES.items():
        filter_ = compile_rule(parse(raw, await fields_of_stored(raw)), NOW)
        found = await preview_rule(ADMIN, raw, clock=clock, settings=settings)
        product = statistics.median(
            await times(rounds, lambda raw=raw: preview_rule(ADMIN, raw, clock=clock, settings=settings))  # type: ignore[misc]
        )
        driver = statistics.median(
            await times(rounds, lambda filter_=filter_: customers.count_documents(filter_))  # type: ignore[misc]
        )
        grouped = statistics.median(await times(rounds, lambda filter_=filter_: by_reach(filter_)))  # type: ignore[misc]
        size = "none" if found.count is None else f"{found.count.size:,}"
        print(
            f"{name:36} {product:8.1f} {driver:7.1f} {grouped:9.1f} {product / grouped:6.2f} {size:>9}",
            flush=True,
        )


async def by_reach(filter_: Mapping[str, Any]) -> None:
    """The matching customers by their reach, by the bare driver."""
    pipeline: list[dict[str, Any]] = [{"$match": filter_}, {"$group": BY_REACH}]
    await (await Customer.get_pymongo_collection().aggregate(pipeline)).to_list()


async def check_rows(header: str, row: str, custom: Definitions) -> float:
    """Microseconds a row of reading and checking a CSV in memory."""
    lines = "".join(row.format(number) for number in range(IMPORTED))
    body = f"{header}\n{lines}".encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    source = pieces()
    began = time.perf_counter()
    reading = await FileReading.begin(IngestionKind.CUSTOMERS, FileHints(), source)
    plan = reading.make_plan(ImportRequest(), country=None, currency="USD", custom=custom)
    check = row_check(
        *(plan.kind, reading.names), begun_at=NOW, currency="USD", custom=custom, blank_clears=False
    )
    number = 0
    parts = [reading.first_rows()]
    piece = reading.next_piece
    while True:
        for planned in (one for part in parts for one in part):
            for values in planned.rows:
                check(number, values)  # type: ignore[arg-type]
                number += 1
        if piece is None:
            break
        parts, piece = [reading.feed(piece)], await anext(source, None)
    return (time.perf_counter() - began) / IMPORTED * 1e6


async def measure_imports(fields: Definitions) -> None:
    """Print what a row costs."""
    plain = ("customer_id,name,email,city,note,rank", "c{0},Ann {0},c{0}@example.com,Oslo,12.5,Gold\n")
    given = ("customer_id,name,email,city,custom.points,custom.tier", plain[1])
    print(f"import, us a row: no fields defined {await check_rows(*plain, NO_FIELDS):.1f}, ", end="")
    print(f"defined and not in the file {await check_rows(*plain, fields):.1f}, ", end="")
    print(f"two columns of fields {await check_rows(*given, fields):.1f}")


def made_up() -> Definitions:
    """The fields of the files, that nobody stored."""
    return Definitions(
        [
            Definition(ObjectId(), "points", "points_1", "Points", CustomFieldType.NUMBER),
            Definition(
                ObjectId(), "tier", "tier_2", "Tier", CustomFieldType.LIST, options=("Gold", "Silver")
            ),
        ]
    )


async def main(customers: int, rounds: int) -> None:
    """Fill a MongoDB and measure."""
    await measure_imports(made_up())
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            async with AsyncMongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
                await init_beanie(database=client.bench, document_models=all_documents(), skip_indexes=True)
                # Read by hint.
                for document in (CustomField, Topic, Group):
                    await document.get_pymongo_collection().create_indexes(document.Settings.indexes)
                await fill(customers, await define())
                await measure_previews(rounds)
        finally:
            mongod.kill()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=15)
    options = arguments.parse_args()
    asyncio.run(main(options.customers, options.rounds))
