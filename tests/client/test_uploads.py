"""Uploads against a scripted door: what is taken up again, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from crm_graphql.client import uploads
from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.uploads import Upload, Watcher, upload
from crm_graphql.local.mongod import free_port

BODY = [b"one\n", b"two\n"] * 100
ACCEPTED = 'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"id": "x"}'
BUSY = "HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\n{}"
REFUSED = (
    "HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ncontent-length: 43\r\n\r\n"
    '{"errors": [{"message": "row 1 is wrong"}]}'
)
CUT = ""


class Door:
    """Answers request by request as the script says; CUT closes the connection without a word."""

    def __init__(self, script: list[str]) -> None:
        self.script = script
        self.keys: list[str] = []
        self.bodies: list[bytes] = []
        self.on_request: Callable[[], None] = lambda: None
        self.close: Callable[[], None] = lambda: None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.keys += [line.split(": ")[1] for line in head.splitlines() if line.startswith("idempotency-key")]
        self.on_request()
        answer = self.script.pop(0)
        if answer == CUT:
            await reader.read(100)
        else:
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            self.bodies.append(body)
            writer.write(answer.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1).encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def _door(*script: str) -> AsyncIterator[tuple[Door, Api]]:
    door = Door(list(script))
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
    door.close = server.close
    port = server.sockets[0].getsockname()[1]
    try:
        async with Api(f"http://127.0.0.1:{port}", "token") as api:
            yield door, api
    finally:
        server.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "BACKOFF_SECONDS", (0.01,))


def _orders(**changes: str) -> Upload:
    return Upload("orders", lambda: BODY, "text/csv", **changes)  # type: ignore[arg-type]


async def test_a_lost_connection_is_taken_up_with_the_same_key_and_the_same_bytes() -> None:
    paused: list[float] = []
    async with _door(CUT, CUT, ACCEPTED) as (door, api):
        assert await upload(api, _orders(), Watcher(waiting=lambda _why, pause: paused.append(pause)))
    assert len(door.keys) == 3
    assert len(set(door.keys)) == 1
    assert door.bodies == [b"".join(BODY)]
    assert paused == [0.01, 0.01]


async def test_two_uploads_have_keys_of_their_own() -> None:
    async with _door(ACCEPTED, ACCEPTED, ACCEPTED) as (door, api):
        await upload(api, _orders())
        await upload(api, _orders())
        await upload(api, _orders(idempotency_key="mine"))
    assert len(set(door.keys)) == 3
    assert door.keys[2] == "mine"


async def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    paused: list[float] = []
    async with _door(BUSY, ACCEPTED) as (_, api):
        await upload(api, _orders(), Watcher(waiting=lambda _why, pause: paused.append(pause)))
    assert paused == [1.0]


async def test_what_is_refused_is_not_sent_again() -> None:
    async with _door(REFUSED) as (door, api):
        with pytest.raises(ApiRefused, match="row 1 is wrong"):
            await upload(api, _orders())
    assert len(door.keys) == 1


async def test_a_server_that_was_never_there_is_not_waited_for() -> None:
    async with Api(f"http://127.0.0.1:{free_port()}", "token") as api:
        with pytest.raises(ApiAway, match="Nothing answers at"):
            await upload(api, _orders())


async def test_patience_with_a_server_that_went_away_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "GIVE_UP_SECONDS", 0.3)
    async with _door(CUT) as (door, api):
        door.on_request = door.close
        with pytest.raises(ApiAway, match="Nothing answers at"):
            await asyncio.wait_for(upload(api, _orders()), 60)
    assert len(door.keys) == 1


async def test_another_kind_of_server_is_recognised() -> None:
    hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
    async with _door(hello) as (_, api):
        with pytest.raises(ApiRefused, match="does not answer as this API does"):
            await upload(api, _orders())
