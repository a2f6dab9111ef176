"""The dashboard: its page for `/` and the addresses of its screens, from files of this package."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from crm_graphql.accounts.links import PAGE as SET_PASSWORD
from crm_graphql.accounts.routes import set_password_page
from crm_graphql.core.settings import Settings
from crm_graphql.server.transports.pages import STATIC, Assets, marked, page_headers

FILES = STATIC / "dashboard"

DOCUMENTS = FILES / "documents.json"
"""What the page asks for, to the letter: its build writes it for deployments that run a list alone."""

SCREENS = (
    *("account", "audiences", "bulk", "campaigns", "customers", "downloads", "imports", "library"),
    *("reports", "settings", "suppressions"),
)
"""First segments of the screens' addresses: dashboard/src/app/router.tsx has the rest. All other addresses
stay the API's or nobody's."""

# Mantine sets styles on elements and writes its colours into a style element.
_POLICY = "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'"

_MISSING = "The dashboard was not built: run make setup."


def routes(settings: Settings) -> list[BaseRoute]:
    """The page's addresses and its files. Where it was not built `/` is the explorer's, and one-time links
    lead to the plain page of `accounts`.

    In development the page takes a token from its address: see dashboard/src/api/session.ts.
    """

    async def page(request: Request) -> Response:
        file = FILES / "index.html"
        if file.is_file():
            html = marked(file.read_text(encoding="utf-8"), development=settings.development)
            return HTMLResponse(html, headers=page_headers(request, _POLICY))
        if request.url.path == "/":
            return RedirectResponse("/graphql", status_code=307)
        if request.url.path == SET_PASSWORD:
            return set_password_page()
        return PlainTextResponse(_MISSING, status_code=404)

    screens = [Route(path, page) for name in SCREENS for path in (f"/{name}", f"/{name}/{{rest:path}}")]
    assets = Mount("/dashboard/assets", app=Assets(lambda: FILES, _MISSING))
    return [Route("/", page), Route(SET_PASSWORD, page), *screens, assets]
