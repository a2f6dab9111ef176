"""Origins: pages of which other hosts may read answers, open websockets, and use the refresh cookie here.

One rule for all three: pages of this server, of `CRM_ALLOWED_ORIGINS`, of `CRM_PUBLIC_URL` and
`CRM_FRONT_END_URL` where they are set; in development also pages of this machine, on any port. Whoever is
refused is told why in the answer, and the operator in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from cachetools import TTLCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_graphql.core.errors import Forbidden
from crm_graphql.core.settings import Settings
from crm_graphql.http.doors import refusal

METHODS = ("GET", "HEAD", "POST")
"""All that the doors here speak."""
EXPOSED_HEADERS = (
    "content-disposition",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "www-authenticate",
    "x-request-id",
)
PREFLIGHT_SECONDS = 3_600
"""How long a browser need not ask again."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_LOG_AGAIN_SECONDS = 60
_LOGGED_AT_MOST = 256
_SHOWN_CHARACTERS = 200
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

log = structlog.get_logger()

Origin = tuple[str, str, int]
"""Scheme, host and port, the port always said."""


class Origins:
    """The origins of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self.everyone = "*" in settings.allowed_origins
        """Whether any page may read answers; then none may bring a cookie."""
        self._local = settings.development
        pages = [settings.pages_url] if settings.front_end_url else []
        if "public_url" in settings.model_fields_set:
            pages.append(settings.public_url)
        named = [*map(parse_origin, settings.allowed_origins), *map(origin_of, pages)]
        self._named = frozenset(filter(None, named))
        self._logged: TTLCache[str, bool] = TTLCache(_LOGGED_AT_MOST, _LOG_AGAIN_SECONDS)

    def names(self, origin: str) -> bool:
        """Whether pages of this origin were named, or are of this machine in development."""
        parsed = parse_origin(origin)
        if parsed is None:
            return False
        return parsed in self._named or (self._local and parsed[1] in LOCAL_HOSTS)

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may read what is answered here."""
        return self.everyone or self.names(origin)

    def allows_socket(self, headers: Mapping[str, str]) -> bool:
        """Whether a websocket may be opened: browsers open them across origins without asking.

        `headers` have lower-case names. Allowed are clients that are no browsers (no Origin), pages of this
        very host and port, and those that `allows` allows.
        """
        origin = headers.get("origin")
        return origin is None or self.allows(origin) or is_own(headers)

    def refused(self, origin: str, what: str) -> Forbidden:
        """Why a page of this origin is refused `what`; the log says so too, now and then for the same one."""
        shown = origin[:_SHOWN_CHARACTERS]
        if (known := f"{shown} {what}") not in self._logged:
            self._logged[known] = True
            log.warning(
                "a page of another origin was refused", origin=shown, what=what, remedy=_remedy(shown)
            )
        return Forbidden(f"A page of {shown or 'no origin'} may not {what} here. {_remedy(shown)}")

    async def refuse_socket(self, scope: Scope, send: Send) -> None:
        """Answer a websocket's handshake with 403, and with the reason where the server can send one."""
        response = refusal(self.refused(Headers(scope=scope)["origin"], "open a websocket"), challenge=None)
        kind = "websocket.http.response"
        if kind not in scope.get("extensions", {}):
            await send({"type": "websocket.close"})
            return
        start = {"status": response.status_code, "headers": response.raw_headers}
        await send({"type": f"{kind}.start", **start})
        await send({"type": f"{kind}.body", "body": response.body})


class CrossOrigin(CORSMiddleware):
    """Tells browsers which pages may read answers (CORS), and answers OPTIONS on every route.

    Any request header may come from an origin that may ask at all: what a header means is checked where it is
    read, and tracing, error reporting and GraphQL clients each bring their own.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        super().__init__(
            app,
            allow_origins=("*",) if origins.everyone else (),
            allow_methods=METHODS,
            allow_headers=("*",),
            # The refresh cookie of a front end on a sister host or another port. Never for an origin that
            # nobody named.
            allow_credentials=not origins.everyone,
            allow_private_network=True,
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            is_preflight = "access-control-request-method" in headers and "origin" in headers
            if scope["method"] == "OPTIONS" and not is_preflight:
                send = _options(send)
            elif not is_preflight:
                self._note(headers)
        await super().__call__(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read answers."""
        return self._origins.allows(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told that asks before it sends; 403 with the reason for a page that may not."""
        origin = request_headers["origin"]
        method = request_headers["access-control-request-method"]
        if not self.is_allowed_origin(origin):
            return self._refusal(self._origins.refused(origin, "read answers"))
        if method not in METHODS:
            spoken = ", ".join(METHODS)
            return self._refusal(Forbidden(f"{method[:20]} is not spoken here; these are: {spoken}."), origin)
        return super().preflight_response(request_headers)

    def _refusal(self, error: Forbidden, origin: str | None = None) -> Response:
        response = refusal(error, challenge=None)
        response.headers["vary"] = self.preflight_headers["Vary"]
        if origin is not None:
            response.headers["access-control-allow-origin"] = "*" if self._origins.everyone else origin
        return response

    def _note(self, headers: Headers) -> None:
        """A request that needs no preflight is answered, and its page reads nothing of it: say why."""
        origin = headers.get("origin")
        if origin is not None and not self.is_allowed_origin(origin) and not is_own(headers):
            self._origins.refused(origin, "read answers")


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a page of this very host and port asks; no page can forge `Sec-Fetch-Site`."""
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    origin = parse_origin(headers.get("origin", ""))
    if origin is None:
        return False
    own = parse_origin(f"{origin[0]}://{headers.get('host', '')}")
    return own is not None and origin[1:] == own[1:]


def parse_origin(text: str) -> Origin | None:
    """The origin in a header or a setting; None for what is none, as "null"."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or parts.username or parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port


def origin_of(url: str) -> Origin | None:
    """The origin of the page at this address."""
    parts = urlsplit(url)
    return parse_origin(f"{parts.scheme}://{parts.netloc}")


def _remedy(origin: str) -> str:
    if parse_origin(origin) is None:
        return (
            "It is a file or a sandboxed frame, which have no origin: serve the page over HTTP. "
            "See docs/front-end.md."
        )
    return (
        f"Add {origin} to CRM_ALLOWED_ORIGINS and restart, or have the page's own server forward /graphql. "
        "See docs/front-end.md."
    )


def _options(send: Send) -> Send:
    """For a plain OPTIONS: the route's 405, which names its methods, is the answer."""
    answered = False

    async def send_methods(message: Message) -> None:
        nonlocal answered
        if message["type"] == "http.response.start" and message["status"] == 405:
            answered = True
            headers = MutableHeaders(raw=list(message["headers"]))
            methods = {name.strip() for name in headers.get("allow", "GET, HEAD").split(",")}
            headers["allow"] = ", ".join(sorted(methods | {"OPTIONS"}))
            for name in ("content-length", "content-type"):
                del headers[name]
            message = {**message, "status": 204, "headers": headers.raw}
        elif answered:
            message = {**message, "body": b""}
        await send(message)

    return send_methods
