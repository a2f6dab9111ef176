"""How fast does WhatsApp's adapter hand messages over, and how many statuses does its door take?

Run: python -m benchmarks.whatsapp [--messages 4000] [--statuses 10000]

`messages`: a second, by four senders in calls of 20 to a server of this machine, budgets kept, at a rate of
1,000 so that it is not what is measured, beside httpx alone with the same bodies and as many at once.
`statuses`: a second at the door, in calls of 20, signed, until each call is answered, beside the raw driver
that inserts the bodies of the same calls. Meta's own limit is 80 messages a second for most numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from crm_graphql.core.settings import BusKind, Settings, load_settings
from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.vendors.whatsapp.vendor import whatsapp_carrier
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources
from crm_graphql.whatsapp.graph import account_api
from crm_graphql.whatsapp.templates import keep_templates
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET
from tests.delivery.factories import make_ledger
from tests.servers.graph import ACCOUNT_ID, NUMBER_ID, TOKEN, Graph, running_graph
from tests.whatsapp.calls import APP_SECRET, DOOR, GREETING, change, entries, greeting, signed, status

SENDERS = 4
CALL = 20


async def _share(works: Sequence[Callable[[], Awaitable[Any]]], at_once: int) -> float:
    """Seconds for all of the work, so much of it at once."""
    waiting = iter(works)

    async def worker() -> None:
        for work in waiting:
            await work()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return time.perf_counter() - began


def _in_calls(things: Sequence[Any]) -> list[list[Any]]:
    return [list(things[start : start + CALL]) for start in range(0, len(things), CALL)]


async def messages_a_second(resources: Resources, graph: Graph, count: int) -> tuple[float, float]:
    """By the adapter, and by httpx alone."""
    settings = resources.settings
    graph.templates, graph.rate = [GREETING], 1_000_000
    await keep_templates(account_api(settings, resources.http))
    vendor = whatsapp_carrier(settings, resources.http).vendor
    calls = _in_calls([*map(greeting, range(count))])
    sends = [partial(vendor.send, call, deadline_seconds=30.0) for call in calls]
    ours = await _share(sends, SENDERS)
    assert len(graph.sent) == count, "every message was taken"
    bodies = list(graph.sent)
    url, headers = f"{graph.url}/{NUMBER_ID}/messages", {"authorization": f"Bearer {TOKEN}"}
    posts = [partial(resources.http.post, url, json=body, headers=headers) for body in bodies]
    alone = await _share(posts, SENDERS * CALL)
    return count / ours, count / alone


async def statuses_a_second(resources: Resources, count: int) -> tuple[float, float]:
    """At the door, and by the raw driver."""
    _, ids = await make_ledger(count, status=DeliveryStatus.SENT)
    told = [status(f"{one}-1", "delivered") for one in ids]
    calls = [entries(change(statuses=batch)) for batch in _in_calls(told)]
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:

        async def call(body: bytes) -> None:
            answer = await client.post(DOOR, content=body, headers=signed(body))
            assert answer.json()["accepted"], answer.text

        door = await _share([partial(call, body) for body in calls], 8)
    raw = resources.database["raw_calls"]
    alone = await _share([partial(raw.insert_one, {"body": body}) for body in calls], 8)
    return count / door, count / alone


def _settings(folder: Path, mongod: Mongod, graph: Graph) -> Settings:
    return load_settings(
        _env_file=None,
        development=False,
        data_dir=folder,
        mongodb_url=mongod.url,
        mongodb_database="whatsapp",
        bus=BusKind.EMBEDDED,
        secret_key=TEST_SECRET,
        webhook_secret=TEST_WEBHOOK_SECRET,
        whatsapp_vendor="whatsapp-cloud",
        whatsapp_graph_url=graph.url,
        whatsapp_phone_number_id=NUMBER_ID,
        whatsapp_account_id=ACCOUNT_ID,
        whatsapp_access_token=SecretStr(TOKEN),
        whatsapp_app_secret=SecretStr(APP_SECRET),
        whatsapp_verify_token=SecretStr("any"),
        whatsapp_rate_per_second=1_000.0,
        whatsapp_portfolio_limit=1_000_000,
        log_level="ERROR",
    )


async def main(messages: int, statuses: int) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as place, running_graph() as graph:
        folder = Path(place)
        mongod = Mongod(folder, cache_gb=1.0)
        mongod.start()
        try:
            async with open_resources(_settings(folder, mongod, graph)) as resources:
                ours, alone = await messages_a_second(resources, graph, messages)
                print(f"messages: {ours:,.0f} a second; httpx alone {alone:,.0f}; {ours / alone:.2f} of it")
                door, raw = await statuses_a_second(resources, statuses)
                print(f"statuses: {door:,.0f} a second; the raw driver {raw:,.0f}; {door / raw:.2f} of it")
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--statuses", type=int, default=10_000)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.messages, chosen.statuses))
