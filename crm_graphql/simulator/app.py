"""The simulator's HTTP API."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from crm_graphql.simulator import page, reports
from crm_graphql.simulator.behaviour import Behaviour, Throttle
from crm_graphql.simulator.callbacks import Callbacks
from crm_graphql.simulator.outcomes import message_id
from crm_graphql.simulator.store import Store
from crm_graphql.simulator.taking import Taking
from crm_graphql.simulator.wire import LookUpRequest, Result, Results, SendRequest

LIST_LIMIT = 10_000
OUTAGE_RETRY_SECONDS = 1

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How one simulator is set up; `behaviour` is how it starts."""

    seed: int
    secret: str
    callback_url: str | None
    behaviour: Behaviour


class CutOff(Response):
    """An answer that breaks off, as a connection cut does: it promises a body that never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin, and never end; the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


class Refused(Exception):
    """A request that is refused with a status and a sentence."""

    def __init__(self, status: int, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class Api:
    """The endpoints over one store."""

    def __init__(self, store: Store, options: SimulatorOptions, http: httpx.AsyncClient) -> None:
        self._store = store
        self._behaviour = options.behaviour
        self._throttle = Throttle()
        self.callbacks = Callbacks(store, Webhook(options.secret), http, lambda: self._behaviour)
        self._taking = Taking(store, options.seed, options.callback_url)
        self._calls = 0
        self._refused_calls = 0

    async def send(self, request: Request) -> Response:
        """POST /v1/messages."""
        self._calls += 1
        behaviour = self._behaviour
        batch = _decode(await request.body(), SendRequest)
        self._admit(len(batch.messages), behaviour)
        results, early, callback_url = self._taking.take(batch, behaviour)
        if callback_url is not None:
            if early:
                await self.callbacks.deliver_early(callback_url, early)
            self.callbacks.wake(callback_url)
        if behaviour.latency_ms:
            await asyncio.sleep(behaviour.latency_ms / 1000)
        if behaviour.hang_share and random.random() < behaviour.hang_share:
            return CutOff()
        return _json(Results(results))

    def _admit(self, messages: int, behaviour: Behaviour) -> None:
        """Raise Refused in an outage, for the account, and over the throttle."""
        if behaviour.account_fault:
            self._refused_calls += 1
            raise Refused(403, "A fault of the account is simulated.")
        if behaviour.outage:
            self._refused_calls += 1
            raise Refused(503, "An outage is simulated.", retry_after_seconds=OUTAGE_RETRY_SECONDS)
        if wait := self._throttle.wait_seconds(messages, behaviour.throttle_per_second, time.monotonic()):
            self._refused_calls += 1
            raise Refused(429, "More messages a second than allowed.", retry_after_seconds=wait)

    async def look_up(self, request: Request) -> Response:
        """POST /v1/look-up."""
        keys = _decode(await request.body(), LookUpRequest).keys
        fates = self._store.fates(keys)
        return _json(
            Results(
                [
                    Result(key, message_id(key), "rejected" if fate == "REJECTED" else "accepted", text)
                    for key, (fate, text) in fates.items()
                ]
            )
        )

    async def message(self, request: Request) -> Response:
        """GET /v1/messages/{key}."""
        found = await run_in_threadpool(reports.by_key, self._store, request.path_params["key"])
        if found is None:
            raise Refused(404, "No message with this key was handed over.")
        return _json({"id": message_id(found["key"]), **found})

    async def messages(self, request: Request) -> Response:
        """GET /v1/messages?after=&limit=."""
        after = _whole_number(request.query_params, "after", 0)
        limit = min(_whole_number(request.query_params, "limit", 1000), LIST_LIMIT)
        found = await run_in_threadpool(reports.page_after, self._store, after, limit)
        following = found[-1]["seq"] if found and len(found) == limit else None
        return _json({"messages": found, "next": following})

    async def forget(self, request: Request) -> Response:
        """DELETE /v1/messages: forget them and the receipts that they are owed."""
        await self.callbacks.stop()
        self._store.clear()
        self._calls = self._refused_calls = self.callbacks.calls = 0
        return Response(status_code=204)

    async def stats(self, request: Request) -> Response:
        """GET /v1/stats?tag=. Calls are counted since the start, or since all was forgotten."""
        figures = await run_in_threadpool(reports.stats, self._store, request.query_params.get("tag"))
        counted_here = {
            "calls": self._calls,
            "refused_calls": self._refused_calls,
            "callback_calls": self.callbacks.calls,
        }
        return _json({**figures, **counted_here})

    async def control(self, request: Request) -> Response:
        """GET and POST /v1/control."""
        if request.method == "POST":
            try:
                self._behaviour = self._behaviour.changed(await request.body())
            except msgspec.DecodeError as error:
                raise Refused(400, f"{error}. Known: {', '.join(Behaviour.__struct_fields__)}.") from None
            self._throttle = Throttle()
        return _json(self._behaviour)

    async def page(self, request: Request) -> Response:
        """GET /, for people."""
        before = _whole_number(request.query_params, "before", 0) or None
        recipient = request.query_params.get("to", "").strip()
        found = await run_in_threadpool(reports.newest, self._store, before, recipient, page.PAGE_SIZE)
        total = await run_in_threadpool(reports.count, self._store)
        text = page.render_page(found, total, recipient, first_page=before is None)
        return HTMLResponse(text, headers=page.HEADERS)

    async def health(self, request: Request) -> Response:
        """GET /health."""
        return _json({"status": "ok"})


def create_app(store: Store, options: SimulatorOptions) -> Starlette:
    """The application. Raises binascii.Error or EmptyWebhookSecretError for a secret that cannot sign."""
    http = httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=3.0), trust_env=False)
    api = Api(store, options, http)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        api.callbacks.start()
        yield
        await api.callbacks.stop()
        await http.aclose()
        store.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", api.page),
            Route("/health", api.health),
            Route("/v1/messages", api.send, methods=["POST"]),
            Route("/v1/messages", api.messages, methods=["GET"]),
            Route("/v1/messages", api.forget, methods=["DELETE"]),
            Route("/v1/messages/{key}", api.message),
            Route("/v1/look-up", api.look_up, methods=["POST"]),
            Route("/v1/stats", api.stats),
            Route("/v1/control", api.control, methods=["GET", "POST"]),
        ],
        exception_handlers={Refused: _refusal},
    )


async def _refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    response = _json({"error": str(error)}, status=error.status)
    if error.retry_after_seconds is not None:
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


def _json(value: Any, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"The body is not what is expected here: {error}.") from None


def _whole_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(400, f"{name} must be a whole number, not negative.")
    return int(text)
