"""The explorer: GraphiQL for a browser on `/graphql`, from files that this server itself serves."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount

from crm_graphql.server.transports.pages import STATIC, Assets, marked, page_headers

FILES = STATIC / "graphiql"

# Monaco sets styles on elements and may wrap its workers in blobs.
_POLICY = (
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:"
)

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


async def explorer_page(request: Request, *, development: bool = False) -> Response:
    """GraphiQL's page; where it was not built, a page that says so and what to do.

    In `development` the page takes a token from its address: see graphiql/src/address.ts.
    """
    page = FILES / "index.html"
    html = page.read_text(encoding="utf-8") if page.is_file() else _MISSING
    return HTMLResponse(marked(html, development=development), headers=page_headers(request, _POLICY))


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
    return HTMLResponse(_LOCKED, status_code=401, headers={**page_headers(request, _POLICY), **asks})


_assets = Assets(lambda: FILES, "The explorer was not built: run make setup.")

routes = [Mount("/graphiql/assets", app=_assets)]
