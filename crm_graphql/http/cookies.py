"""The refresh token as a browser's cookie, and the guard against requests that other sites forge.

Only the refresh token ever is a cookie: HttpOnly (scripts cannot read it), SameSite=Strict (other sites'
pages do not send it), Secure, for the path of the API alone. A request that uses or sets it must besides be a
POST of JSON that comes from this server's own pages or from an allowed origin: browsers say so in `Origin`
and `Sec-Fetch-Site`, which no page can forge. Who sends neither is no browser and must send `X-CRM-Client`,
which a page on another site cannot add without being asked for first (CORS preflight).
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from crm_graphql.core.errors import Forbidden, InvalidInput
from crm_graphql.core.settings import Settings
from crm_graphql.http.origins import LOCAL_HOSTS, Origins, origin_of, parse_origin

COOKIE_PATH = "/graphql"
CLIENT_HEADER = "x-crm-client"


def is_secure(settings: Settings) -> bool:
    """Whether cookies are Secure: always but on plain HTTP of this machine, in development."""
    parts = urlsplit(settings.public_url)
    return not (settings.development and parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)


def cookie_name(settings: Settings) -> str:
    """The cookie's name. Browsers take a `__Secure-` one only over HTTPS, so nobody on the way can plant
    it."""
    return "__Secure-crm_refresh" if is_secure(settings) else "crm_refresh"


def set_refresh_cookie(response: Response, token: str, expires_at: datetime, settings: Settings) -> None:
    """Hand the browser its refresh token."""
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=max(0, int((expires_at - datetime.now(UTC)).total_seconds())),
        path=COOKIE_PATH,
        secure=is_secure(settings),
        httponly=True,
        samesite="strict",
    )


def clear_refresh_cookie(response: Response, settings: Settings) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        cookie_name(settings), path=COOKIE_PATH, secure=is_secure(settings), httponly=True, samesite="strict"
    )


def refresh_cookie(
    request: HTTPConnection | None, response: Response | None, settings: Settings
) -> str | None:
    """The refresh token that the browser sent, if it sent one; then the request has passed
    `require_own_page`."""
    if request is None or response is None:
        return None
    token = request.cookies.get(cookie_name(settings))
    if token is not None:
        require_own_page(request, response, settings)
    return token


def require_own_page(
    request: HTTPConnection | None, response: Response | None, settings: Settings
) -> Response:
    """The response to set a cookie on. Raises InvalidInput on a websocket, Forbidden for a request that
    another site's page may have made."""
    if request is None or response is None:
        raise InvalidInput("Cookies are for HTTP requests. Leave useCookie out, or send this as a POST.")
    if request.scope.get("method") != "POST" or not _is_json(request):
        raise Forbidden("With a cookie this must be a POST with Content-Type application/json.")
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None and site is None:
        if CLIENT_HEADER not in request.headers:
            raise Forbidden("With a cookie this needs an Origin, or the header X-CRM-Client.")
        return response
    if origin is not None and not _may_use_cookies(origin, request, settings):
        raise Forbidden("This page's origin is not allowed to use cookies here. See CRM_ALLOWED_ORIGINS.")
    if site not in (None, "same-origin", "same-site", "none") or (origin is None and site != "same-origin"):
        raise Forbidden(
            "A page of another site cannot use cookies here. The same site is the same host, on any port, or "
            "a sister host; localhost and 127.0.0.1 are two sites."
        )
    return response


def _may_use_cookies(origin: str, request: HTTPConnection, settings: Settings) -> bool:
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin == own or request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return Origins(settings).names(origin) or parse_origin(origin) == origin_of(settings.public_url)


def _is_json(request: HTTPConnection) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
