"""Many sockets on a real server in this process: a stalled reader harms nobody, leaving leaves nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from crm_graphql.resources import Resources
from crm_graphql.server.transports.socket_messages import CloseCode
from tests.server.live_campaign import PROGRESS, UPDATES, LiveCampaign, until
from tests.server.live_server import Server, serving

pytestmark = pytest.mark.timeout(120)

WIDE = PROGRESS.replace("at }", "at " + " ".join(f"a{number}: at" for number in range(90)) + " }")
"""An answer of several kilobytes, so that a reader who takes nothing is soon noticed."""

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def subscription(document: str, campaign: LiveCampaign, key: str = "1") -> dict[str, Any]:
    """A `subscribe` message."""
    payload = {"query": document, "variables": {"id": campaign.id}}
    return {"type": "subscribe", "id": key, "payload": payload}


async def watch(opened: ClientConnection, document: str, campaign: LiveCampaign, key: str = "1") -> None:
    await opened.send(json.dumps(subscription(document, campaign, key)))


@pytest.fixture
async def server(resources: Resources) -> AsyncIterator[Server]:
    async with serving(resources, slow_reader_seconds=1.5) as started:
        yield started


@pytest.mark.slow
async def test_a_reader_that_stalls_delays_nobody_costs_little_and_is_closed(
    server: Server, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    reader, writer = await raw_socket(server)
    for number in range(20):
        query = WIDE.replace("status", f"s{number}: status")
        writer.write(masked(subscription(query, campaign, f"{number}")))
    async with server.socket() as quick:
        await watch(quick, PROGRESS, campaign)
        await quick.recv()
        for number in range(100):
            await campaign.change(number)
            async with asyncio.timeout(30):
                while revision_of(await quick.recv()) < campaign.revision:
                    pass
            if server.gateway.sockets.count() == 1:
                break
        assert server.gateway.sockets.count() == 1, "the stalled socket is still open"
        assert server.gateway.subscriptions.counts() == (1, 0)
        # What was on its way is some frames; then comes the close frame, or the end.
        async with asyncio.timeout(60):
            taken = await reader.read(-1)
    assert len(taken) < 1_000_000
    assert b"\x88" in taken[-200:]
    assert CloseCode.TOO_SLOW.to_bytes(2, "big") in taken[-200:]
    writer.close()


async def raw_socket(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An acknowledged socket without a library: nobody reads it but the test."""
    narrow = socket.create_connection(("127.0.0.1", server.port))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(server.init))
    await reader.readuntil(b"connection_ack")
    return reader, writer


def revision_of(message: str | bytes) -> int:
    """Of a frame of campaignProgress."""
    return int(json.loads(message)["payload"]["data"]["campaignProgress"]["revision"])


async def test_a_reader_that_only_pauses_gets_the_newest_state_and_all_of_a_log(
    server: Server, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    async with server.socket() as opened:
        await watch(opened, PROGRESS, campaign, "progress")
        await watch(opened, UPDATES, campaign, "updates")
        for _ in range(2):
            await opened.recv()
        opened.transport.pause_reading()
        for number in range(20):
            await campaign.change(number)
        opened.transport.resume_reading()
        told: set[str] = set()
        revision = 0
        async with asyncio.timeout(60):
            while len(told) < 20 or revision < campaign.revision:
                message = json.loads(await opened.recv())
                data = message["payload"]["data"]
                if message["id"] == "updates":
                    told |= {row["id"] for row in data["deliveryUpdates"]["deliveries"]}
                else:
                    revision = data["campaignProgress"]["revision"]


async def come_and_go(server: Server, campaign: LiveCampaign, number: int) -> None:
    """Connect and leave, each time in another state and another way."""
    plain = socket.create_connection(("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=plain)
    try:
        writer.write(HANDSHAKE)
        if number % 5 == 0:
            return
        await reader.readuntil(b"\r\n\r\n")
        if number % 5 == 1:
            return
        writer.write(masked(server.init))
        await reader.readuntil(b"connection_ack")
        if number % 5 == 2:
            return
        writer.write(masked(subscription(UPDATES if number % 2 else PROGRESS, campaign)))
        if number % 5 == 3:
            return
        await reader.readuntil(b'"next"')
    finally:
        if number % 3:
            writer.transport.abort()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        plain.close()


def masked(message: object) -> bytes:
    """A client's text frame, masked with zeros."""
    text = json.dumps(message).encode()
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + text


@pytest.mark.slow
async def test_ten_thousand_who_come_and_go_leave_nothing_behind(
    server: Server, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    # Once through every way to leave, so that what is made once is there before.
    for number in range(30):
        await come_and_go(server, campaign, number)
    await settled(server)
    gc.collect()
    before, objects = asyncio.all_tasks(), len(gc.get_objects())
    numbers = iter(range(10_000))

    async def some() -> None:
        for number in numbers:
            await come_and_go(server, campaign, number)

    await asyncio.gather(*[some() for _ in range(25)])
    await settled(server)
    # The driver's pool comes and goes as it likes.
    left = [repr(task) for task in asyncio.all_tasks() - before if not task.done()]
    assert [task for task in left if "pymongo" not in task] == []
    gc.collect()
    assert len(gc.get_objects()) - objects < 5_000, "less than one object for two connections"


async def settled(server: Server) -> None:
    """Wait until nothing is open: no socket, no feed, no topic."""

    def nothing() -> bool:
        gateway = server.gateway
        return (gateway.sockets.count(), gateway.subscriptions.counts(), gateway.live.counts()) == (
            0,
            (0, 0),
            (0, 0),
        )

    await until(nothing, "everything is let go", seconds=20)
    await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_a_stream_of_events_that_stalls_is_cut(server: Server, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    narrow = socket.create_connection(("127.0.0.1", server.port))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
    body = json.dumps({"query": WIDE, "variables": {"id": campaign.id}})
    writer.write(
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        f"{body}".encode()
    )
    await reader.readuntil(b"event: next")
    for number in range(200):
        if server.gateway.subscriptions.counts() == (0, 0):
            break
        await campaign.change(number)
        await asyncio.sleep(0.1)
    assert server.gateway.subscriptions.counts() == (0, 0), "the stream goes on"
    writer.transport.abort()
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{server.port}/health/live")
    assert answer.status_code == 200


async def test_any_other_asgi_server_carries_the_same(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    async with serving(resources, uvicorns_own=True) as server, server.socket() as opened:
        await watch(opened, PROGRESS, campaign, "progress")
        await watch(opened, UPDATES, campaign, "updates")
        for _ in range(2):
            await opened.recv()
        await campaign.change(*range(300))
        told: dict[str, Any] = {}
        async with asyncio.timeout(60):
            while len(told) < 2:
                message = json.loads(await opened.recv())
                told[message["id"]] = message["payload"]["data"]
        assert told["progress"]["campaignProgress"]["stats"] == {"delivered": 300}
        assert len(told["updates"]["deliveryUpdates"]["deliveries"]) == 300
        await opened.send("[]")
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.BAD_REQUEST
        body = {"query": PROGRESS, "variables": {"id": campaign.id}}
        headers = {"authorization": f"Bearer {server.token}", "accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client,
            client.stream("POST", "/graphql", json=body) as stream,
        ):
            assert await anext(stream.aiter_lines()) == "event: next"
        await settled(server)
