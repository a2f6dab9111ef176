"""A graphql-transport-ws client that says exactly what a test tells it to, right or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.servers.deployment import Deployment

ANSWER_SECONDS = 15.0
TRANSPORT_WS = "graphql-transport-ws"
TYPENAME = "{ __typename }"
PROGRESS = """subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  status revision stats { sent delivered } } }"""


class Peer:
    """One end of a socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: object) -> None:
        """A message as JSON in a text frame."""
        await self.socket.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        """A frame as it is: text or binary."""
        await self.socket.send(frame)

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(ANSWER_SECONDS):
            frame = await self.socket.recv()
        assert isinstance(frame, str), "a binary frame, but the protocol's messages are text"
        message: dict[str, Any] = json.loads(frame)
        return message

    async def silence(self, seconds: float = 0.3) -> None:
        """Fail when anything comes within so long."""
        try:
            async with asyncio.timeout(seconds):
                frame = await self.socket.recv()
        except TimeoutError:
            return
        raise AssertionError(f"nothing was to come, but it was {frame!r}")

    async def closed(self, within_seconds: float = ANSWER_SECONDS) -> tuple[int, str]:
        """The server's close code and reason; what comes before is skipped."""
        with pytest.raises(ConnectionClosed) as info:
            await asyncio.wait_for(self._read_on(), within_seconds)
        frame = info.value.rcvd
        assert frame is not None, "the connection was cut without a close frame"
        return frame.code, frame.reason

    async def closed_at_once(self) -> tuple[int, str]:
        """The server's close code and reason; fails when a message comes first."""
        with pytest.raises(ConnectionClosed) as info:
            await asyncio.wait_for(self.socket.recv(), ANSWER_SECONDS)
        frame = info.value.rcvd
        assert frame is not None, "the connection was cut without a close frame"
        return frame.code, frame.reason

    async def _read_on(self) -> None:
        while True:
            await self.socket.recv()

    async def refusal(self, key: str) -> list[dict[str, Any]]:
        """The errors of an operation that was not executed, which are its `error` message."""
        answer = await self.receive()
        assert (answer["type"], answer["id"]) == ("error", key), answer
        errors: list[dict[str, Any]] = answer["payload"]
        assert errors
        assert all(error["message"] for error in errors)
        return errors

    async def failure(self, key: str) -> list[dict[str, Any]]:
        """The errors of an operation that has no data: as `error`, or, where its variables were at fault, as
        the result that the specification calls a request error, which is `next`, then `complete`."""
        answer = await self.receive()
        assert answer["id"] == key, answer
        if answer["type"] == "error":
            errors: list[dict[str, Any]] = answer["payload"]
        else:
            assert answer["type"] == "next", answer
            assert answer["payload"].get("data") is None, answer
            errors = answer["payload"]["errors"]
            assert await self.receive() == {"id": key, "type": "complete"}
        assert errors
        return errors

    async def init(self, payload: object = None) -> None:
        """`connection_init`, acknowledged."""
        await self.send({"type": "connection_init", **({} if payload is None else {"payload": payload})})
        assert (await self.receive())["type"] == "connection_ack"

    async def subscribe(self, key: str, query: str, **rest: object) -> None:
        """`subscribe`; `rest` are further keys of the payload."""
        await self.send({"id": key, "type": "subscribe", "payload": {"query": query, **rest}})

    async def result(self, key: str, query: str = TYPENAME, **rest: object) -> dict[str, Any]:
        """What an operation that has one result answers: `next`, then `complete`."""
        await self.subscribe(key, query, **rest)
        answer = await self.receive()
        assert (answer["type"], answer["id"]) == ("next", key), answer
        assert await self.receive() == {"id": key, "type": "complete"}
        payload: dict[str, Any] = answer["payload"]
        return payload

    async def is_well(self) -> None:
        """The socket still answers."""
        assert (await self.result("is well"))["data"] == {"__typename": "Query"}


@asynccontextmanager
async def opened(
    served: Deployment, *protocols: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Peer]:
    """A socket on which nothing was said yet."""
    async with connect(
        f"ws://127.0.0.1:{served.ports[0]}/graphql",
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        additional_headers=headers,
        max_size=None,
        proxy=None,
        open_timeout=ANSWER_SECONDS,
    ) as socket:
        yield Peer(socket)


@asynccontextmanager
async def acknowledged(served: Deployment, token: str | None = None) -> AsyncIterator[Peer]:
    """A socket of the operator, or of who has `token`, that was acknowledged."""
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.init({"Authorization": f"Bearer {token or served.token}"})
        yield peer
