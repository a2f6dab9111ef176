"""How many SMS a second does the Twilio adapter hand over, and how many receipts a second does its door take?

Run: python -m benchmarks.sms [--messages 4000] [--receipts 4000] [--latency-ms 0]

Messages go to a stand-in in a process of its own, by calls as senders make them, in turns with plain posts of
the same forms by httpx on as many connections. Receipts are signed calls to the whole API application in this
process, made durable for a campaign's writer on the embedded bus; beside them a route that reads the form.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import structlog
import uvloop
from bson import ObjectId
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_graphql.app import create_app
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import BusKind, Settings, load_settings
from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import open_resources
from tests.delivery.factories import make_ledger
from tests.twilio.server import SENDER, SID, TOKEN, Sent, TwilioServer, callback, listening

CONNECTIONS = 16
ROUNDS = 3
PUBLIC = "https://crm.example"
DOOR = f"{PUBLIC}/webhooks/twilio"
TEXT = "Hello Ida, your table is booked for Friday at eight. Reply STOP to get no more of these."

Post = Callable[[], Awaitable[None]]


def _serve(latency: float, told: Connection) -> None:
    with listening(TwilioServer(latency=latency)) as url:
        told.send(url)
        told.recv()


@contextmanager
def stand_in(latency: float) -> Iterator[str]:
    """The stand-in in a process of its own; its URL."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(latency, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(5)
        process.kill()


async def spread(posts: Iterator[Post], connections: int) -> None:
    """Do all of them, so many at once."""

    async def work() -> None:
        for post in posts:
            await post()

    await asyncio.gather(*(work() for _ in range(connections)))


def messages(count: int) -> list[OutgoingMessage]:
    """To as many numbers."""
    return [
        OutgoingMessage(f"{ObjectId()}-1", Channel.SMS, f"+49151{number:08}", None, TEXT)
        for number in range(count)
    ]


async def by_vendor(vendor: TwilioVendor, batch: Sequence[OutgoingMessage]) -> float:
    """Messages a second in calls of full size, one after another."""
    began, waiting = time.perf_counter(), iter(batch)
    while some := list(islice(waiting, vendor.batch_limit)):
        await vendor.send(some, deadline_seconds=60)
    return len(batch) / (time.perf_counter() - began)


async def by_httpx(http: httpx.AsyncClient, url: str, batch: Sequence[OutgoingMessage]) -> float:
    """Posts a second of the same forms."""
    target = f"{url}/2010-04-01/Accounts/{SID}/Messages.json"

    async def post(message: OutgoingMessage) -> None:
        form = {
            "To": message.address,
            "From": SENDER,
            "Body": message.body,
            "StatusCallback": f"{DOOR}?key={message.key}",
        }
        (await http.post(target, data=form, auth=(SID, TOKEN))).raise_for_status()

    began = time.perf_counter()
    await spread((partial(post, one) for one in batch), CONNECTIONS)
    return len(batch) / (time.perf_counter() - began)


async def measure_sending(count: int, latency: float) -> None:
    """Print messages a second."""
    with stand_in(latency) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            account = TwilioAccount(SID, TOKEN, SID, TOKEN, SENDER, url, DOOR, connections=CONNECTIONS)
            vendor, ours, raw = TwilioVendor(http, account), 0.0, 0.0
            for _ in range(ROUNDS):
                raw = max(raw, await by_httpx(http, url, messages(count)))
                ours = max(ours, await by_vendor(vendor, messages(count)))
    print(f"messages to a local stand-in, {latency * 1000:g} ms, {CONNECTIONS} connections")
    print(f"  adapter      {ours:8,.0f} /s, {ours / raw:.2f} of httpx alone")
    print(f"  httpx alone  {raw:8,.0f} /s")


async def bare(request: Request) -> Response:
    """Reads the form, and nothing else."""
    await request.body()
    return Response("<Response></Response>", media_type="text/xml")


async def calls_a_second(app: Starlette, keys: Sequence[str]) -> float:
    """Signed receipts a second, one for each key."""
    calls = [
        callback(
            Sent(f"SM{key}", {"To": "+4915112345678", "StatusCallback": f"{DOOR}?key={key}-1"}), "delivered"
        )
        for key in keys
    ]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as http:

        async def post(url: str, headers: dict[str, str], body: bytes) -> None:
            (await http.post(url, headers=headers, content=body)).raise_for_status()

        began = time.perf_counter()
        await spread((partial(post, *call) for call in calls), CONNECTIONS)
        return len(calls) / (time.perf_counter() - began)


async def measure_door(settings: Settings, count: int) -> None:
    """Print receipts a second."""
    async with open_resources(settings) as resources:
        _, keys = await make_ledger(count, status=DeliveryStatus.SENT)
        app = create_app(settings, resources=resources)
        plain = Starlette(routes=[Route("/webhooks/twilio", bare, methods=["POST"])])
        async with app.router.lifespan_context(app):
            raw = await calls_a_second(plain, keys)
            ours = await calls_a_second(app, keys)
    print("receipts at the door, made durable, each a call of its own")
    print(f"  door         {ours:8,.0f} /s")
    print(f"  bare route   {raw:8,.0f} /s")


async def main(count: int, receipts: int, latency: float) -> None:
    """Both figures, on a private MongoDB."""
    await measure_sending(count, latency)
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=0.5)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                mongodb_url=mongod.url,
                mongodb_database="sms",
                bus=BusKind.EMBEDDED,
                secret_key="benchmark-only-benchmark-only-benchmark",
                webhook_secret="whsec_YmVuY2htYXJrLW9ubHktYmVuY2htYXJrLW9ubHk=",
                public_url=PUBLIC,
                twilio_auth_token=TOKEN,
                log_level="WARNING",
            )
            await measure_door(settings, receipts)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--receipts", type=int, default=4_000)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(main(options.messages, options.receipts, options.latency_ms / 1_000))
