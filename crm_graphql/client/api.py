"""One server's API: requests, GraphQL operations and subscriptions with a token."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from crm_graphql.core.times import retry_after_seconds

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
GRAPHQL_TRANSPORT_WS = Subprotocol("graphql-transport-ws")
FRAME_LIMIT_BYTES = 16 * 1024**2


class ApiRefused(Exception):
    """The server understood and said no; the message is its own, `paths` say which inputs it is about."""

    def __init__(self, message: str, paths: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.paths = tuple(paths)


class ApiAway(Exception):
    """The server does not answer, or not now; the same request may succeed later.

    `retry_after_seconds` is what the server asked for. `answered` is false when there was no connection.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, answered: bool) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.answered = answered


class Api:
    """A connection to one server; an async context manager."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        # A proxy for the internet knows nothing of this machine.
        local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, trust_env=not local, headers={"authorization": f"Bearer {token}"}
        )
        self._proxy: Literal[True] | None = None if local else True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """The answer below 300. Raises ApiRefused for 4xx; ApiAway for 408, 429, 5xx and a break."""
        try:
            answer = await self._http.request(method, path, **arguments)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ApiAway(f"Nothing answers at {self.url}.", answered=False) from None
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ApiAway(f"The connection to {self.url} was lost: {reason}", answered=True) from None
        if answer.status_code < 300:
            return answer
        said, paths = _said(answer)
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            wished = retry_after_seconds(answer.headers.get("retry-after"))
            raise ApiAway(said, retry_after_seconds=wished, answered=True)
        raise ApiRefused(said, paths)

    async def pieces(self, path: str) -> AsyncIterator[bytes]:
        """The body of a GET as it comes, in pieces. Raises as `request` does, also where it breaks off."""
        try:
            async with self._http.stream("GET", path) as answer:
                if answer.status_code >= 300:
                    await answer.aread()
                    said, paths = _said(answer)
                    raise ApiRefused(said, paths)
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ApiAway(f"The connection to {self.url} was lost: {reason}", answered=True) from None

    async def execute(self, document: str, **variables: object) -> dict[str, Any]:
        """The data of a query or mutation. Raises ApiRefused with the errors' texts, or ApiAway."""
        answer = await self.request("POST", "/graphql", json={"query": document, "variables": variables})
        result = read_object(answer)
        if errors := result.get("errors"):
            raise ApiRefused(_texts(errors))
        data: dict[str, Any] = result["data"]
        return data

    async def mutate(self, document: str, **variables: object) -> dict[str, Any]:
        """The payload of a document with one mutation. Raises ApiRefused with its errors, or ApiAway."""
        (payload,) = (await self.execute(document, **variables)).values()
        if payload["errors"]:
            raise ApiRefused(_texts(payload["errors"]))
        found: dict[str, Any] = payload
        return found

    async def subscribe(self, document: str, **variables: object) -> AsyncIterator[dict[str, Any]]:
        """The data of each event, over graphql-transport-ws. Raises ApiRefused, or ApiAway when it breaks."""
        address = f"ws{self.url.removeprefix('http')}/graphql"
        try:
            async with connect(
                address,
                subprotocols=[GRAPHQL_TRANSPORT_WS],
                proxy=self._proxy,
                max_size=FRAME_LIMIT_BYTES,
            ) as socket:
                await self._open(socket, document, variables)
                async for event in _events(socket):
                    yield event
        except (OSError, WebSocketException) as error:
            raise ApiAway(f"The subscription at {address} ended: {error}", answered=True) from None

    async def _open(self, socket: ClientConnection, document: str, variables: Mapping[str, object]) -> None:
        await _send(socket, type="connection_init", payload={"Authorization": f"Bearer {self._token}"})
        first = json.loads(await socket.recv())
        if first.get("type") != "connection_ack":
            raise ApiRefused(f"The server did not take the subscription: {first}")
        await _send(
            socket, id="1", type="subscribe", payload={"query": document, "variables": dict(variables)}
        )


def read_object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ApiRefused for anything else: that is another kind of server."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiRefused(f"{answer.url} does not answer as this API does. Is this the right address?")
    return found


async def _events(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    async for frame in socket:
        message = json.loads(frame)
        match message["type"]:
            case "next":
                if errors := message["payload"].get("errors"):
                    raise ApiRefused(_texts(errors))
                yield message["payload"]["data"]
            case "error":
                raise ApiRefused(_texts(message["payload"]))
            case "complete":
                return
            case "ping":
                await _send(socket, type="pong")


async def _send(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))


def _said(answer: httpx.Response) -> tuple[str, list[str]]:
    """The server's own words, where it has some, and the inputs that they are about."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        errors = answer.json()["errors"]
        if said := _texts(errors):
            return said, [str(error["path"][0]) for error in errors if error.get("path")]
    said = f"{answer.url} answered {answer.status_code} {answer.reason_phrase}. Is this the right address?"
    return said, []


def _texts(errors: list[dict[str, Any]]) -> str:
    return "; ".join(str(error["message"]) for error in errors)
