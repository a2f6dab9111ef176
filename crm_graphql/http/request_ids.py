"""Request ids, with a log line and figures for every request."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_graphql.http.metrics import REQUEST_SECONDS, REQUESTS, WEBSOCKETS

log = structlog.get_logger()

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ROUTES = (
    *("/graphql", "/ingest/customers", "/ingest/orders"),
    *("/webhooks/receipts", "/webhooks/ses", "/webhooks/twilio", "/webhooks/whatsapp"),
)
_QUIET = ("/health/", "/metrics", "/graphiql/", "/dashboard/")


class RequestIds:
    """Gives each request an id (the caller's X-Request-ID if it is a plain one), in logs and answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with WEBSOCKETS.track_inprogress():
                await self._traced(scope, receive, send)
        elif scope["type"] == "http":
            await self._traced(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = asked.decode() if _REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
        route = scope["path"] if scope["path"] in _ROUTES else "other"
        # For the answer to what nobody foresaw, which names it.
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        start = time.perf_counter()

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_traced)
            except Exception:
                status = status or 500
                raise
            finally:
                seconds = time.perf_counter() - start
                if scope["type"] == "http":
                    REQUESTS.labels(route, status).inc()
                    REQUEST_SECONDS.labels(route).observe(seconds)
                if not scope["path"].startswith(_QUIET):
                    log.info(
                        "request",
                        method=scope.get("method", "WEBSOCKET"),
                        path=scope["path"],
                        status=status,
                        milliseconds=round(seconds * 1000, 1),
                    )
