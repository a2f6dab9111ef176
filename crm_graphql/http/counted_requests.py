"""Counted requests: each HTTP request is one, but for what browsers ask beforehand (OPTIONS), and health and
figures, which machines ask without end."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_NOT_COUNTED = ("/health/", "/metrics")


class CountedRequests:
    """Tells the process's usage of each request. What comes by a websocket is counted where it is taken."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _counts(scope):
            scope["app"].state.resources.usage.count_request()
        await self.app(scope, receive, send)


def _counts(scope: Scope) -> bool:
    return scope["method"] != "OPTIONS" and not scope["path"].startswith(_NOT_COUNTED)
