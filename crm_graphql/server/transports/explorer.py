"""The explorer: GraphiQL for a browser on `/graphql`, from files that this server itself serves."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

FILES = Path(__file__).parents[2] / "static" / "graphiql"

# Everything from this server and nothing from elsewhere; Monaco sets styles on elements and may wrap its
# workers in blobs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'{sockets}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")

_DEVELOPMENT_MARK = '<meta name="crm-development">'

_MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>crm_graphql</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<h1>The GraphQL API is here</h1>
<p>The explorer was not built: install Node 20.19 or later and run <code>make setup</code>, then start the
server again. All else works: send GraphQL to this address with any client.</p>
</body></html>
"""

_LOCKED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>crm_graphql</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<h1>The explorer needs a token here</h1>
<p>Load this page again and give an access token as the password, with any name: <code>crm token</code> on the
server prints one. All else works without this page: send GraphQL to this address with any client.</p>
</body></html>
"""


def _headers(request: Request) -> dict[str, str]:
    host = request.headers.get("host", "")
    # Some browsers do not take 'self' to include this server's websockets.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return {
        "content-security-policy": _POLICY.format(sockets=sockets),
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


async def explorer_page(request: Request, *, development: bool = False) -> Response:
    """GraphiQL's page; where it was not built, a page that says so and what to do.

    In `development` the page takes a token from its address: see graphiql/src/address.ts.
    """
    page = FILES / "index.html"
    html = page.read_text(encoding="utf-8") if page.is_file() else _MISSING
    if development:
        html = html.replace("<head>", f"<head>{_DEVELOPMENT_MARK}", 1)
    return HTMLResponse(html, headers=_headers(request))


def basic_password(authorization: str | None) -> str:
    """The password of an Authorization header (RFC 7617): the one thing that a browser can send with a page
    that it was pointed to. Empty for none."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def locked_page(request: Request) -> Response:
    """What stands in the explorer's place for who has no token. Browsers ask for one then."""
    asks = {
        "www-authenticate": 'Basic realm="Any name, and an access token as the password", charset="UTF-8"'
    }
    return HTMLResponse(_LOCKED, status_code=401, headers={**_headers(request), **asks})


class _Assets:
    """The page's scripts, workers, styles and fonts. Their names carry a hash, so browsers keep them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        files = FILES / "assets"
        if not files.is_dir():
            missing = PlainTextResponse("The explorer was not built: run make setup.", status_code=404)
            await missing(scope, receive, send)
            return
        await _KeptFiles(directory=files)(scope, receive, send)


class _KeptFiles(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response


routes = [Mount("/graphiql/assets", app=_Assets())]
