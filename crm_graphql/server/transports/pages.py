"""Pages: what those that this server itself serves have in common, from their policy to their files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parents[2] / "static"

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")

_DEVELOPMENT_MARK = '<meta name="crm-development">'


def page_headers(request: Request, policy: str) -> dict[str, str]:
    """The headers of a page whose own part of the policy is `policy`: all of it comes from this server, and
    no other page frames it."""
    host = request.headers.get("host", "")
    # Some browsers do not take 'self' to include this server's websockets.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return {
        "content-security-policy": (
            f"default-src 'none'; script-src 'self'; {policy}; connect-src 'self'{sockets}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def marked(html: str, *, development: bool) -> str:
    """The page, which in `development` takes a token from its address: elsewhere a link signs nobody in."""
    return html.replace("<head>", f"<head>{_DEVELOPMENT_MARK}", 1) if development else html


class Assets:
    """A page's scripts, workers, styles and fonts. Their names carry a hash, so browsers keep them."""

    def __init__(self, folder: Callable[[], Path], missing: str) -> None:
        """`missing` is answered while `folder()`, where the page was built to, has none."""
        self._folder = folder
        self._missing = missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        files = self._folder() / "assets"
        if not files.is_dir():
            await PlainTextResponse(self._missing, status_code=404)(scope, receive, send)
            return
        # Nothing in them is secret: their compressed length tells nobody anything.
        await GZipMiddleware(_KeptFiles(directory=files))(scope, receive, send)


class _KeptFiles(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response
