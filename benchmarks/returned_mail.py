"""How much of what comes back is taken in a second, by mail and by notices of Amazon SES?

Run: python -m benchmarks.returned_mail [--mails 2000] [--connections 1 4 16]

Mails are those of `tests/data/returned`, each of a message of its own, over kept LMTP connections, one at a
time: the listener (read, stored and on its way to the ledger before its 250) beside aiosmtpd alone with a
handler that only says 250. Notices of SES go into the door of a served application in this process, signed
each with a key made here, beside the same application without a door (a route that reads the body). Then what
settling them takes. One process for both sides, embedded bus, a private MongoDB with a cache of 1 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvloop
from aiosmtpd.lmtp import LMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bounces.mail.listener import BounceListener
from crm_graphql.bounces.settling import settle_open
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.documents import all_documents
from crm_graphql.resources import Resources, open_resources
from tests.bounces.sns import TOPIC, Sns, bounce
from tests.delivery.factories import make_ledger

MAILS = Path(__file__).parents[1] / "tests" / "data" / "returned"
DSNS = ("postfix", "exim", "exchange_online", "gmail", "ses", "qmail")


class _Says250:
    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 OK"


async def send_all(port: int, mails: Sequence[tuple[str, bytes]], connections: int) -> float:
    """Mails a second over so many connections."""
    waiting = list(mails)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def say(line: bytes) -> bytes:
            writer.write(line + b"\r\n")
            while (answer := await reader.readline())[3:4] == b"-":
                pass
            return answer

        await reader.readline()
        await say(b"LHLO mx")
        while waiting:
            to, raw = waiting.pop()
            await say(b"MAIL FROM:<>")
            await say(b"RCPT TO:<%s>" % to.encode())
            await say(b"DATA")
            answer = await say(raw + b"\r\n.")
            assert answer.startswith(b"250"), answer
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return len(mails) / (time.perf_counter() - began)


async def by_mail(resources: Resources, count: int, connections: Sequence[int]) -> None:
    """The listener beside aiosmtpd alone."""
    raws = [(MAILS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in DSNS]
    loop = asyncio.get_running_loop()
    bare = await loop.create_server(
        lambda: LMTP(_Says250(), hostname="x", loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    listener = BounceListener(
        settings=resources.settings, bus=resources.bus, clock=resources.clock, intake=resources.intake
    )
    await listener.start()
    for number in connections:
        _, ids = await make_ledger(count, status=DeliveryStatus.DELIVERED)
        mails = [
            (envelope_sender(f"{id_}-1", resources.settings), raws[place % len(raws)])
            for place, id_ in enumerate(ids)
        ]
        alone = await send_all(bare.sockets[0].getsockname()[1], mails, number)
        ours = await send_all(listener.port, mails, number)
        assert await Bounce.count() == count
        seconds = await settled(resources)
        print(
            f"{number:3} connections: {ours:7,.0f} mails/s (aiosmtpd alone {alone:7,.0f}), "
            f"settled at {count / seconds:7,.0f}/s"
        )
        await empty()
    bare.close()
    await listener.close()


async def settled(resources: Resources) -> float:
    """The seconds of settling what is open."""
    began = time.perf_counter()
    await settle_open(settings=resources.settings, bus=resources.bus, clock=resources.clock)
    return time.perf_counter() - began


async def empty() -> None:
    """Forget all that was stored."""
    for document in all_documents():
        await document.get_pymongo_collection().delete_many({})


async def by_sns(resources: Resources, count: int, at_once: int) -> None:
    """The door of SES beside the same server without it."""
    sns = Sns()
    _, ids = await make_ledger(count, status=DeliveryStatus.DELIVERED)
    bodies = [json.dumps(sns.message(bounce(f"{id_}-1", status="5.1.1"))).encode() for id_ in ids]

    async def read(request: Request) -> Response:
        await request.body()
        return JSONResponse({"accepted": 1})

    app = Starlette(routes=[*routes, Route("/read", read, methods=["POST"])])
    app.state.resources = replace(resources, http=sns.http())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        alone = await _per_second(client, "/read", bodies, at_once)
        ours = await _per_second(client, "/webhooks/ses", bodies, at_once)
    assert await Bounce.count() == count
    print(f"SES, {at_once} at once: {ours:7,.0f} notices/s (the body only read: {alone:7,.0f})")


async def _per_second(client: httpx.AsyncClient, path: str, bodies: Sequence[bytes], at_once: int) -> float:
    waiting = list(bodies)

    async def one() -> None:
        while waiting:
            answer = await client.post(path, content=waiting.pop())
            assert answer.status_code == 200, answer.text

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return len(bodies) / (time.perf_counter() - began)


@asynccontextmanager
async def opened(**changes: Any) -> AsyncIterator[Resources]:
    """Resources over a private MongoDB."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=1.0)
        mongod.start()
        settings = load_settings(
            _env_file=None,
            development=True,
            bus=BusKind.EMBEDDED,
            mongodb_url=mongod.url,
            secret_key="benchmark-only-0123456789abcdefghij",
            data_dir=Path(folder),
            log_level="ERROR",
            **changes,
        )
        try:
            async with open_resources(settings) as resources:
                yield resources
        finally:
            mongod.kill()


async def run(count: int, connections: Sequence[int]) -> None:
    """Both doors."""
    changes = {
        "bounces_domain": "bounces.example.com",
        "bounces_listen": "lmtp://127.0.0.1:0",
        "ses_topic_arns": [TOPIC],
        "max_bounce_share": 0,
    }
    async with opened(**changes) as resources:
        await by_mail(resources, count, connections)
        await by_sns(resources, count, 16)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4, 16])
    given = parser.parse_args()
    uvloop.run(run(given.mails, given.connections))


if __name__ == "__main__":
    main()
