"""A campaign that moves thousands of deliveries a second, without a database: the page is what is measured.

Serves the real page and its real protocol; answers are made up, in the shape of the schema. A process of its
own, so that whoever measures does not wait for it: `python -m tests.servers.flood PORT DELIVERIES_A_SECOND`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLScalarType,
    build_schema,
    execute,
    parse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from crm_graphql.core.actor import Permission
from crm_graphql.core.settings import load_settings
from crm_graphql.server.transports import dashboard

SECRET = "flood-only-4Kq8sVb1Xr7Lm2Zt9WcN6yPd"
SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
CAMPAIGN = "Q2FtcGFpZ246MQ"
EVENTS_A_SECOND = 10
"""As often as the product tells of a campaign; a delivery update holds at most 500."""
MOST_DELIVERIES = 500
TOTAL = 1_000_000
SOME: dict[str, Any] = {"Int": 0, "Float": 0.0, "Boolean": True, "String": "text", "Decimal": "0", "ID": "id"}
STATES = ("SENT", "DELIVERED", "DELIVERED", "DELIVERED", "FAILED")
# What stands for a row's own values in the text of one, which is written once.
ID, REVISION, NUMBER, AT = "@id@", 909_090_909, "@number@", "@at@"


def some(type_: Any) -> Any:
    """A value of the type where none was made up."""
    if not isinstance(type_, GraphQLNonNull):
        return None
    inner = type_.of_type
    if isinstance(inner, GraphQLList):
        return []
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    if isinstance(inner, GraphQLScalarType):
        return SOME.get(inner.name, datetime.now(UTC).isoformat())
    return {}


def resolve(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """What was made up, else some value."""
    made: Any = (source or {}).get(info.field_name)
    return some(info.return_type) if made is None else made


def answer(document: str, root: dict[str, Any], variables: dict[str, Any] | None) -> dict[str, Any]:
    """The answer to an operation, with just the fields that it asks for."""
    result = execute(
        SCHEMA,
        parse(document),
        root,
        variable_values=variables,
        field_resolver=resolve,
        type_resolver=lambda value, *_: str(value.get("__typename", "Delivery")),
    )
    return dict(result.formatted)  # type: ignore[union-attr]


def delivery(number: int, revision: int) -> dict[str, Any]:
    """One row of the ledger."""
    return row(f"RGVsaXZlcnk6{number:06d}", revision, str(number), datetime.now(UTC).isoformat())


def row(key: str, revision: int, number: str, at: str) -> dict[str, Any]:
    """The same of given values."""
    return {
        "id": key,
        "status": "DELIVERED",
        "revision": revision,
        "address": f"person.{number}@example.com",
        "variantKey": "short",
        "updatedAt": at,
        "customer": {"id": f"Q3VzdG9tZXI{number}", "name": f"Person {number}"},
    }


class Campaign:
    """One campaign on its way."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._began = time.monotonic()

    def now(self) -> dict[str, Any]:
        """As it stands: its figures have moved each time."""
        done = min(TOTAL, int((time.monotonic() - self._began) * self._rate))
        start = datetime.now(UTC) - timedelta(minutes=10)
        steps = [(start + timedelta(seconds=step)).isoformat() for step in range(500)]
        results = {"opens": done // 3, "clicks": done // 9, "revenue": "1234.50"}
        return {
            "id": CAMPAIGN,
            "name": "Flood",
            "status": "SENDING",
            "channel": "EMAIL",
            "revision": done,
            "launchedAt": start.isoformat(),
            "stats": {"total": TOTAL, "queued": TOTAL - done, "delivered": done, "failed": done // 50},
            "timeline": [{"at": at, "sent": 9, "delivered": done % 50, "failed": 1} for at in steps],
            "failures": [{"status": "FAILED", "reason": "BOUNCED", "count": done // 50}],
            "links": [{"url": f"https://example.com/{n}", "clicks": done // 90} for n in range(20)],
            "variants": [{"key": key, "results": results} for key in ("short", "long")],
            "results": results,
            "messagesPerSecond": float(self._rate),
            "deliveries": {"nodes": [delivery(number, 1) for number in range(50)]},
        }

    def root(self) -> dict[str, Any]:
        """What queries read."""
        granted = [permission.name for permission in Permission]
        return {
            "viewer": {"role": "ADMIN", "grantedPermissions": granted},
            "serverInfo": {"currency": "EUR"},
            "campaign": self.now(),
            "node": delivery(1, 1),
        }

    async def updates(self, document: str, variables: dict[str, Any]) -> AsyncIterator[str]:
        """The payloads of `deliveryUpdates`: an empty one, then the rate's, for ever."""
        shape = {"cursor": "at", "deliveries": [row(ID, REVISION, NUMBER, AT)]}
        whole = json.dumps(answer(document, {"deliveryUpdates": shape}, variables))
        text = json.dumps(answer(document, {"deliveryUpdates": shape}, variables)["data"]["deliveryUpdates"])
        template = text[text.index("[") + 1 : text.rindex("]")]
        yield whole.replace(template, "")
        numbers = itertools.count(1)
        for due in steady(EVENTS_A_SECOND):
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for many in self._chunks():
                rows = [self._text(template, next(numbers)) for _ in range(many)]
                yield whole.replace(template, ", ".join(rows))

    def _chunks(self) -> Iterator[int]:
        left = self._rate // EVENTS_A_SECOND
        while left > 0:
            yield min(left, MOST_DELIVERIES)
            left -= MOST_DELIVERIES

    def _text(self, template: str, number: int) -> str:
        state = STATES[number % len(STATES)]
        return (
            template.replace(ID, f"RGVsaXZlcnk6{number % TOTAL:06d}")
            .replace(str(REVISION), str(number))
            .replace(NUMBER, str(number % TOTAL))
            .replace(AT, datetime.now(UTC).isoformat())
            .replace("DELIVERED", state)
        )

    async def progress(self, document: str, variables: dict[str, Any]) -> AsyncIterator[str]:
        """The payloads of `campaignProgress`, as often as the product sends them."""
        for due in steady(EVENTS_A_SECOND):
            now = self.now()
            event = {"campaignId": CAMPAIGN, "campaign": now, **now}
            yield json.dumps(answer(document, {"campaignProgress": event}, variables))
            await asyncio.sleep(max(0.0, due - time.monotonic()))


def steady(times_a_second: int) -> Iterator[float]:
    """Moments, evenly apart, from now on."""
    start = time.monotonic()
    for number in itertools.count(1):
        yield start + number / times_a_second


def application(rate: int) -> Starlette:
    """The page, and the API as far as this page asks for it."""
    campaign = Campaign(rate)

    async def query(request: Request) -> JSONResponse:
        body = await request.json()
        if not body.get("query"):
            return JSONResponse({"errors": [{"message": "PersistedQueryNotFound"}]})
        return JSONResponse(answer(body["query"], campaign.root(), body.get("variables")))

    async def follow(socket: WebSocket) -> None:
        await socket.accept(subprotocol="graphql-transport-ws")
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                message = json.loads(await socket.receive_text())
                if message["type"] == "connection_init":
                    await socket.send_text('{"type":"connection_ack"}')
                elif message["type"] == "ping":
                    await socket.send_text('{"type":"pong"}')
                elif message["type"] == "subscribe":
                    tasks[message["id"]] = asyncio.create_task(tell(socket, message))
                elif message["type"] == "complete":
                    tasks.pop(message["id"]).cancel()
        except WebSocketDisconnect:
            for task in tasks.values():
                task.cancel()

    async def tell(socket: WebSocket, message: dict[str, Any]) -> None:
        document, variables = message["payload"]["query"], message["payload"].get("variables") or {}
        is_ledger = "deliveryUpdates" in document
        events = (campaign.updates if is_ledger else campaign.progress)(document, variables)
        async for payload in events:
            await socket.send_text(f'{{"type":"next","id":"{message["id"]}","payload":{payload}}}')

    settings = load_settings(_env_file=None, secret_key=SECRET, development=True)
    routes = [Route("/graphql", query, methods=["POST"]), WebSocketRoute("/graphql", follow)]
    return Starlette(routes=[*routes, *dashboard.routes(settings)])


if __name__ == "__main__":
    uvicorn.run(application(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
