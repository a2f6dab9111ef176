"""What does a page cost at 1,000,000 rows: first, deep and filtered, of every connection, in rows looked at?

Run: python -m benchmarks.pages [--rows 1000000] [LIST ...]

Each list is filled with so many rows by the bare driver, in the shape that the product writes, read through
the API in this process (50 rows a page, token, GraphQL), and emptied. `examined` are the documents and the
index keys that MongoDB looked at for the list, by its profiler; it gives back one more row than is shown.
Beside them the bare driver's time for a first page. Private MongoDB, cache of 2 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.page_lists import LISTS, Case, Listed
from crm_graphql import logs
from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Database, Resources, open_resources
from tests.profiling import profiled

BATCH = 10_000
ROUNDS = 9


async def fill(database: Database, listed: Listed, rows: int) -> None:
    """So many rows; the indexes are made afterwards, which is quicker."""
    collection = listed.document.get_pymongo_collection()
    await collection.drop()
    for start in range(0, rows, BATCH):
        batch = [listed.row(number, rows) for number in range(start, min(start + BATCH, rows))]
        await collection.insert_many(batch, ordered=False)
    await collection.create_indexes(list(listed.document.Settings.indexes))
    for parent, row in listed.parents:
        await parent.get_pymongo_collection().replace_one({"_id": row["_id"]}, row, upsert=True)


def operation(listed: Listed, case: Case, after: str | None) -> str:
    """The document that asks for a page."""
    place = f', after: "{after}"' if after else ""
    given = f"first: 50{place}" + (f", {case.arguments}" if case.arguments else "")
    page = f"edges {{ cursor node {{ {listed.shown} }} }} pageInfo {{ endCursor hasNextPage }}"
    field = f"{listed.field}({given}) {{ {page} }}"
    return f"{{ page: {case.parent} {{ {field} }} }} }}" if case.parent else f"{{ {field} }}"


async def ask(http: httpx.AsyncClient, listed: Listed, case: Case, after: str | None) -> dict[str, Any]:
    """The page."""
    answer = (await http.post("/graphql", json={"query": operation(listed, case, after)})).json()
    assert "errors" not in answer, answer
    found = answer["data"]["page"] if case.parent else answer["data"]
    page: dict[str, Any] = found[listed.field]
    return page


def pages(case: Case, rows: int) -> Iterator[tuple[str, str | None]]:
    """The first page and one from the middle of the list."""
    yield "first", None
    if case.cursor is not None:
        yield "deep", case.cursor(rows)


async def cost(http: httpx.AsyncClient, database: Database, listed: Listed, case: Case, rows: int) -> None:
    """Print a line for each page of a case."""
    for name, after in pages(case, rows):
        async with profiled(database) as commands:
            shown = len((await ask(http, listed, case, after))["edges"])
        own = f"{database.name}.{listed.document.Settings.name}"
        # A list that belongs to one parent, or several, is read by a `find` or a `$lookup`.
        read = max(
            (one for one in commands if one["ns"].startswith(own) or "aggregate" in one["command"]),
            key=lambda one: int(one.get("keysExamined", 0) + one.get("docsExamined", 0)),
        )
        times = []
        for _ in range(ROUNDS if read["millis"] < 500 else 1):
            began = time.perf_counter()
            await ask(http, listed, case, after)
            times.append((time.perf_counter() - began) * 1_000)
        examined = f"{read.get('docsExamined', 0):>9,} {read.get('keysExamined', 0):>9,}"
        label = f"{case.name}, {name}"
        milliseconds = statistics.median(times)
        print(f"{label:58} {shown:>3} shown {examined} examined {milliseconds:8.1f} ms", flush=True)


async def driver(listed: Listed) -> None:
    """Print the bare driver's time for a first page."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = listed.document.get_pymongo_collection().find({}).sort(list(listed.order)).limit(51)
        await found.to_list()
        times.append((time.perf_counter() - began) * 1_000)
    print(
        f"{listed.field + ', by the driver':58} {'':10} {'':28} {statistics.median(times):9.1f} ms",
        flush=True,
    )


async def measure(resources: Resources, rows: int, chosen: list[str]) -> None:
    """Fill, read and empty one list after another."""
    app = create_app(resources.settings, resources=resources)
    token = mint_token(resources.settings, Role.ADMIN, timedelta(hours=1), "benchmark")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://crm.test", headers=headers, timeout=300
        ) as http:
            for listed in LISTS:
                if chosen and listed.field not in chosen:
                    continue
                began = time.perf_counter()
                await fill(resources.database, listed, rows)
                print(f"\n{listed.field}: {rows:,} rows in {time.perf_counter() - began:.0f} s", flush=True)
                await driver(listed)
                for case in listed.cases:
                    await cost(http, resources.database, listed, case, rows)
                await listed.document.get_pymongo_collection().drop()


async def main(rows: int, chosen: list[str]) -> None:
    """Start a database, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                data_dir=Path(folder),
                mongodb_url=mongod.url,
                mongodb_database="benchmark",
                bus=BusKind.EMBEDDED,
                secret_key=secrets.token_urlsafe(32),
                rate_cost_per_minute=0,
                read_timeout_seconds=120,
                log_level="ERROR",
            )
            logs.configure(settings)
            async with open_resources(settings) as resources:
                await measure(resources, rows, chosen)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("lists", nargs="*", metavar="LIST", help="customers, orders, ...; all by default")
    given = parser.parse_args()
    asyncio.run(main(given.rows, given.lists))
