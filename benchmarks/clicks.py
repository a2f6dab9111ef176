"""How long does a click take, what does tracking cost a delivery, and how many hits a second are counted?

Run: python -m benchmarks.clicks [--clicks 20000] [--hits 20000] [--recipients 10000] [--only hits]

A click: read and taken in this process, each of another person, by a keeper whose bus does nothing, and one
whose bus is away; over HTTP by one API process, beside a bare Starlette redirect. Rewriting: a message of 50
KB with twenty links. Hits: by the writer, and the same writes of the same documents by the bare driver in
transactions of the same size. Sending: a campaign with five links, tracked and not, as benchmarks.delivery
sends.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from bson import ObjectId
from pymongo import AsyncMongoClient, InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from benchmarks.delivery import product_rate
from benchmarks.http_load import measure
from crm_graphql.bus.port import BusError, Message, Queue
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.delivery.hits import FLUSH_HITS, HitWriter
from crm_graphql.local.mongod import Mongod, free_port
from crm_graphql.resources import Resources, open_resources
from crm_graphql.tracking.hits import Hit, Signs
from crm_graphql.tracking.keeper import HitKeeper
from crm_graphql.tracking.messages import HITS_A_MESSAGE
from crm_graphql.tracking.rewriting import tracked
from crm_graphql.tracking.spool import Spool
from crm_graphql.tracking.tokens import Kind, Seen, Signer, read_seen
from tests.servers.deployment import Deployment

KEY = b"k" * 32
CAMPAIGN = ObjectId()
TARGET = "https://shop.example/summer/sale?utm_source=news&utm_medium=email"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
LINKS = "".join(f'<a href=\\"https://shop.example/{number}\\">Look</a>' for number in range(5))
CREATE = f"""mutation ($audience: ID!) {{ campaignCreate(input: {{name: "Bench", audienceId: $audience,
  channel: EMAIL, message: {{subject: "Hello", body: "<p>Hi {{{{ customer.name }}}}</p>{LINKS}"}}}})
  {{ campaign {{ id }} errors {{ message }} }} }}"""


class StandInBus:
    """Takes everything at once, or nothing at all."""

    def __init__(self, *, is_away: bool) -> None:
        self._is_away = is_away

    async def publish(self, _queue: Queue, *_messages: Message) -> None:
        """Take the messages, or not."""
        if self._is_away:
            raise BusError("away")


async def click_microseconds(folder: Path, clicks: int, *, is_away: bool) -> float:
    """A click of another person each, sixteen at a time, from the token to the hit that is kept."""
    signer = Signer("https://crm.example", CAMPAIGN, KEY)
    tokens = [signer.click_url(number, 1, TARGET).rpartition("/")[2] for number in range(clicks)]
    bus = StandInBus(is_away=is_away)
    keeper = HitKeeper(bus, Spool(folder, limit_bytes=2**30), partitions=8)  # type: ignore[arg-type]
    keeper.start()

    async def click(token: str) -> None:
        seen = read_seen(token, Kind.CLICK, KEY)
        assert seen is not None
        await keeper.take(Hit.of(seen, at=datetime.now(UTC), agent=BROWSER, signs=Signs.LANGUAGE))

    began = time.perf_counter()
    for start in range(0, clicks, 16):
        await asyncio.gather(*map(click, tokens[start : start + 16]))
    seconds = time.perf_counter() - began
    await keeper.close()
    return seconds / clicks * 1e6


def rewriting_microseconds() -> float:
    """A message of 50 KB with twenty links, for one person."""
    links = [f"https://shop.example/{number}?name={{{{ customer.name }}}}" for number in range(20)]
    paragraph = "<p style='margin:0'>" + "lorem ipsum dolor sit amet " * 85 + "</p>"
    html = "".join(
        f'{paragraph}<a class="k" href="https://shop.example/{n}?name=Ida">x</a>' for n in range(20)
    )
    campaign = {"tracks_opens": True, "tracks_clicks": True, "links": links}
    signer = Signer("https://crm.example", CAMPAIGN, KEY)
    began = time.perf_counter()
    for number in range(500):
        tracked(html, None, campaign, {"number": number}, signer)
    return (time.perf_counter() - began) / 500 * 1e6


async def http_rates(folder: Path, mongod: Mongod) -> None:
    """Print clicks a second of one API process, beside a bare redirect, over sixteen connections."""
    port = free_port()

    async def redirect(_request: Request) -> Response:
        return RedirectResponse(TARGET, 302)

    app = Starlette(routes=[Route("/c/{token}", redirect)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve())
    folder.mkdir()
    deployment = Deployment(folder, mongod, None, settings={"log_level": "WARNING"})
    try:
        await deployment.start()
        async with AsyncMongoClient[dict[str, Any]](mongod.url) as mongo:
            database = mongo[deployment.environment["CRM_MONGODB_DATABASE"]]
            stored = await database["stored_keys"].find_one({"_id": "tracking"})
        assert stored is not None
        signer = Signer("", CAMPAIGN, bytes(stored["key"]))
        head = f"host: x\r\nuser-agent: {BROWSER}\r\naccept-language: de\r\n\r\n"
        sent = [f"GET {signer.click_url(n, 1, TARGET)} HTTP/1.1\r\n{head}".encode() for n in range(16)]
        for name, where in (("bare Starlette redirect", port), ("a click", deployment.ports[0])):
            await measure(where, sent, b"shop.example", 1.0)
            rate = await measure(where, sent, b"shop.example", 5.0)
            print(f"{name:40} {rate.per_second:8,.0f}/s  p99 {rate.milliseconds(0.99):5.1f} ms")
    finally:
        await deployment.close()
        server.should_exit = True
        await serving


async def hit_rates(mongod: Mongod, hits: int) -> None:
    """Print hits a second of the writer, beside the same writes by the driver."""
    settings = load_settings(
        _env_file=None,
        development=True,
        mongodb_url=mongod.url,
        mongodb_database="clicks",
        bus=BusKind.EMBEDDED,
        secret_key="benchmark-only-9Wm4kXc7Tz2QvL8pRb3N",
    )
    async with open_resources(settings) as resources:
        delivered = datetime.now(UTC) - timedelta(hours=1)
        await _fill(resources, hits, delivered)
        writer = HitWriter(transact=resources.in_transaction, bus=resources.bus)
        told = [
            Hit.of(
                Seen(Kind.CLICK, CAMPAIGN, number, 0),
                at=datetime.now(UTC),
                agent=BROWSER,
                signs=Signs.LANGUAGE,
            )
            for number in range(hits)
        ]
        batches = [told[start : start + HITS_A_MESSAGE] for start in range(0, hits, HITS_A_MESSAGE)]
        began = time.perf_counter()
        await asyncio.gather(*map(writer.submit, batches))
        ours = hits / (time.perf_counter() - began)
        driver = await _driver_rate(resources, hits)
    print(f"{'hits counted':40} {ours:8,.0f}/s")
    print(f"{'driver alone, the same writes':40} {driver:8,.0f}/s  ({ours / driver:.0%} of it)")


async def _fill(resources: Resources, people: int, delivered: datetime) -> None:
    database = resources.database
    customers = [{"_id": ObjectId(), "external_id": f"c{number}"} for number in range(people)]
    await database["customers"].insert_many(customers)
    await database["campaigns"].insert_one(
        {
            "_id": CAMPAIGN,
            "status": "COMPLETED",
            "revision": 1,
            "launched_at": delivered,
            "links": [TARGET, TARGET + "2", TARGET + "3"],
        }
    )
    times = {"status": "DELIVERED", "sent_at": delivered, "finished_at": delivered, "revision": 1}
    rows = (
        {"_id": ObjectId(), "campaign_id": CAMPAIGN, "number": number, "customer_id": one["_id"], **times}
        for number, one in enumerate(customers)
    )
    await database["deliveries"].insert_many(rows)


async def _driver_rate(resources: Resources, hits: int) -> float:
    rows = await resources.database["tracked_deliveries"].find({}).limit(hits).to_list()
    deliveries = resources.database["deliveries"]
    copies = resources.database["copies"]
    began = time.perf_counter()
    for start in range(0, len(rows), FLUSH_HITS):
        some = rows[start : start + FLUSH_HITS]

        async def work(session: AsyncClientSession, some: list[dict[str, Any]] = some) -> None:
            await copies.bulk_write([InsertOne(row) for row in some], ordered=False, session=session)
            updates = [
                UpdateOne({"_id": row["delivery_id"]}, {"$set": {"clicked_at": row["last_at"]}})
                for row in some
            ]
            await deliveries.bulk_write(updates, ordered=False, session=session)

        await resources.in_transaction(work)
    return hits / (time.perf_counter() - began)


async def sending_rates(folder: Path, mongod: Mongod, recipients: int) -> None:
    """Print deliveries a second with and without tracking."""
    for name, is_on in (("tracked", "true"), ("not tracked", "false")):
        settings = {"tracking_opens": is_on, "tracking_clicks": is_on}
        rate, _ = await product_rate(
            folder / name, mongod, None, recipients, 0, create=CREATE, settings=settings
        )
        print(f"{'sending, ' + name:40} {rate:8,.0f} deliveries/s")


async def run(arguments: argparse.Namespace, wanted: Callable[[str], bool]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if wanted("click"):
            for label, is_away in (
                ("a click, in this process", False),
                ("the same while the bus is away", True),
            ):
                cost = await click_microseconds(folder / label, arguments.clicks, is_away=is_away)
                print(f"{label:40} {cost:8.1f} us")
            print(f"{'rewriting 50 KB with twenty links':40} {rewriting_microseconds():8.1f} us")
        mongod = Mongod(folder / "mongod", cache_gb=1.0)
        mongod.start()
        try:
            if wanted("http"):
                await http_rates(folder / "http", mongod)
            if wanted("hits"):
                await hit_rates(mongod, arguments.hits)
            if wanted("sending"):
                await sending_rates(folder, mongod, arguments.recipients)
        finally:
            mongod.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clicks", type=int, default=20_000)
    parser.add_argument("--hits", type=int, default=20_000)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--only", choices=("click", "http", "hits", "sending"))
    given = parser.parse_args()
    uvloop.run(run(given, lambda part: given.only in (None, part)))
