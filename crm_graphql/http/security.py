"""Guards of every answer: security headers, which origins may read it, compression."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_graphql.core.settings import Settings
from crm_graphql.http.origins import CrossOrigin, Origins

COMPRESS_BYTES = 2_048
"""Smaller answers fit into a packet or two as they are."""
COMPRESS_LEVEL = 4
"""Of 9: nearly the size of the highest for a fraction of the time."""

_DEFAULTS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Answers hold personal data; what may be kept says so itself.
    "cache-control": "no-store",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_TRANSPORT = "max-age=31536000"


def edge_middleware(settings: Settings) -> list[Middleware]:
    """The guards, outermost first."""
    return [
        Middleware(SecurityHeaders, https=settings.public_url.lower().startswith("https://")),
        Middleware(CrossOrigin, origins=Origins(settings)),
        # Event streams stay as they are: Starlette's middleware leaves them out.
        Middleware(GZipMiddleware, minimum_size=COMPRESS_BYTES, compresslevel=COMPRESS_LEVEL),
    ]


class SecurityHeaders:
    """Gives each answer the headers that keep browsers from misusing it, where it has none of its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._guard(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_guarded)

    def _guard(self, headers: MutableHeaders) -> None:
        for name, value in _DEFAULTS.items():
            headers.setdefault(name, value)
        # A script's own policy would rule the workers that are started from it.
        if "javascript" not in headers.get("content-type", ""):
            headers.setdefault("content-security-policy", _POLICY)
        if self._https:
            headers.setdefault("strict-transport-security", _TRANSPORT)
