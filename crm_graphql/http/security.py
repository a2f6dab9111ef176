"""Guards of every answer: security headers, which origins may read it, compression.

`CRM_ALLOWED_ORIGINS` is the one list of origins on other hosts, for CORS and for websockets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_graphql.core.settings import Settings

COMPRESS_BYTES = 2_048
"""Smaller answers fit into a packet or two as they are."""
COMPRESS_LEVEL = 4
"""Of 9: nearly the size of the highest for a fraction of the time."""

REQUEST_HEADERS = (
    "accept",
    "apollo-require-preflight",
    "authorization",
    "content-encoding",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "x-crm-client",
    "x-request-id",
)
EXPOSED_HEADERS = ("ratelimit", "ratelimit-policy", "retry-after", "x-request-id")

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
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def edge_middleware(settings: Settings) -> list[Middleware]:
    """The guards, outermost first."""
    guards = [Middleware(SecurityHeaders, https=settings.public_url.lower().startswith("https://"))]
    if settings.allowed_origins:
        guards.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST"],
                allow_headers=REQUEST_HEADERS,
                # The refresh cookie of a front end on a sister host. Never for an origin that nobody named.
                allow_credentials="*" not in settings.allowed_origins,
                expose_headers=EXPOSED_HEADERS,
                max_age=3600,
            )
        )
    # Event streams stay as they are: Starlette's middleware leaves them out.
    guards.append(Middleware(GZipMiddleware, minimum_size=COMPRESS_BYTES, compresslevel=COMPRESS_LEVEL))
    return guards


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


def origin_allowed(headers: Mapping[str, str], allowed_origins: Sequence[str]) -> bool:
    """Whether a websocket may be opened: browsers open them across origins without asking.

    `headers` have lower-case names. Allowed are clients that are no browsers (no Origin), pages of this very
    host and port, and those of `allowed_origins` ("*" for all). The origin "null" (a sandbox) is none.
    """
    text = headers.get("origin")
    if text is None or "*" in allowed_origins:
        return True
    origin = _normal(text)
    if origin is None:
        return False
    if any(origin == _normal(allowed) for allowed in allowed_origins):
        return True
    scheme, host, port = origin
    own = _normal(f"{scheme}://{headers.get('host', '')}")
    return own is not None and (host, port) == own[1:]


def _normal(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port, the port always said; None for what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or parts.username or parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port
