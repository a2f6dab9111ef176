"""How long does the garbage collector stop an API process, with and without its start frozen?

Run: python -m benchmarks.garbage [--requests 2000]

The API in this process over a private MongoDB answers lists of 100 customers and `{ __typename }` in turn.
The collector's own callbacks time each collection in processor time, by generation; a full one is asked for
at the end of each round too. Rounds: as Python starts, frozen, frozen with ten times as large a generation 0.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.page_rows import customer_row
from crm_graphql import logs
from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.core.garbage import freeze_what_is_started
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources

CUSTOMERS = 1_000
DOCUMENTS = (
    """{ customers(first: 100) { nodes {
      externalId name email city totalSpend visitCount lastVisitAt createdAt } } }""",
    "{ __typename }",
)


@contextmanager
def timed_collections() -> Iterator[dict[int, list[float]]]:
    """The milliseconds of processor time of each collection within the block, by generation."""
    found: dict[int, list[float]] = defaultdict(list)
    began = 0.0

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.thread_time()
        else:
            found[info["generation"]].append((time.thread_time() - began) * 1_000)

    gc.callbacks.append(note)
    try:
        yield found
    finally:
        gc.callbacks.remove(note)


async def one_round(http: httpx.AsyncClient, name: str, requests: int) -> None:
    """Answer so many requests and print what the collector did."""
    with timed_collections() as found:
        began = time.thread_time()
        for number in range(requests):
            answer = await http.post("/graphql", json={"query": DOCUMENTS[number % 2]})
            assert "errors" not in answer.json()
        seconds = time.thread_time() - began
        gc.collect()
    rate = requests / seconds
    print(f"{name}: {rate:,.0f} requests a second of processor time, {gc.get_freeze_count():,} frozen")
    for generation, times in sorted(found.items()):
        share = sum(times) / (seconds * 1_000)
        print(
            f"  generation {generation}: {len(times):>6,} collections, longest {max(times):7.2f} ms,"
            f" {share:6.2%} of the time"
        )


async def measure(resources: Resources, requests: int) -> None:
    """One round after another in one process."""
    rows: list[dict[str, Any]] = [customer_row(number, CUSTOMERS) for number in range(CUSTOMERS)]
    await resources.database.customers.insert_many(rows)
    app = create_app(resources.settings, resources=resources)
    token = mint_token(resources.settings, Role.ADMIN, timedelta(hours=1), "benchmark")
    async with app.router.lifespan_context(app):
        headers = {"authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://crm.test", headers=headers
        ) as http:
            await one_round(http, "warming up", 200)
            gc.unfreeze()
            await one_round(http, "as Python starts", requests)
            freeze_what_is_started()
            await one_round(http, "frozen", requests)
            gc.set_threshold(7_000, 10, 10)
            await one_round(http, "frozen, generation 0 of 7,000", requests)


async def main(requests: int) -> None:
    """Start a database, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder))
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
                log_level="ERROR",
            )
            logs.configure(settings)
            async with open_resources(settings) as resources:
                await measure(resources, requests)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000)
    asyncio.run(main(parser.parse_args().requests))
