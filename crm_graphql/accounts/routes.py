"""GET /auth/google and /auth/google/callback, and the plain page behind one-time links.

The flow is OpenID Connect's authorization code with PKCE, state and nonce, done by Authlib. What must survive
from its first request to its second lies in a signed cookie of ten minutes for these two paths alone. At the
end the browser has the refresh cookie and is sent to the front end, which calls `refresh`: no token is ever
in an address.
"""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

import httpx2
import structlog
from authlib.integrations.starlette_client import OAuth, OAuthError
from itsdangerous import TimestampSigner
from joserfc.errors import JoseError
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crm_graphql.accounts.google import sign_in_with_google
from crm_graphql.accounts.sessions import Origin, SignedIn
from crm_graphql.accounts.throttle import Throttled, address_buckets
from crm_graphql.accounts.tokens import derived_keys
from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.errors import DomainError
from crm_graphql.core.ids import encode_id
from crm_graphql.core.settings import Settings
from crm_graphql.http.cookies import is_secure, set_refresh_cookie
from crm_graphql.resources import Resources

log = structlog.get_logger()

FLOW_SECONDS = 600
PROVIDER_SECONDS = 10.0
_OWN_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/._~!$&'()*+,;=:@%?-]{0,500}")
_ACTION = "googleSignIn"


class GoogleSignIn:
    """The two requests of the flow, over one deployment's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._issuer = settings.google_issuer.rstrip("/")
        oauth = OAuth()
        oauth.register(
            "google",
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": PROVIDER_SECONDS,
                # Authlib opens a client for each request; reading all authorities anew is most of its time.
                "verify": ssl.create_default_context(),
            },
        )
        self._client = oauth.google

    async def start(self, request: Request) -> Response:
        """Send the browser to Google. `?next=/path` is where on the front end it ends up."""
        wanted = request.query_params.get("next", "/")
        request.session["next"] = wanted if _OWN_PATH.fullmatch(wanted) else "/"
        back = f"{self._settings.public_url.rstrip('/')}/auth/google/callback"
        try:
            response: Response = await self._client.authorize_redirect(request, back, prompt="select_account")
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("the OpenID provider cannot be reached", error=repr(error))
            return _sorry("Google cannot be reached at this moment.", 503)
        response.headers["cache-control"] = "no-store"
        return response

    async def callback(self, request: Request) -> Response:
        """Take the browser back from Google, with a session where all is well."""
        resources: Resources = request.app.state.resources
        origin = Origin(request.client.host if request.client else None, request.headers.get("user-agent"))
        target = str(request.session.get("next", "/"))
        try:
            admitted = await resources.access.throttle.admit(address_buckets("google", origin.address))
            signed_in = await self._signed_in(request, resources, origin)
        except (OAuthError, JoseError, ValueError, KeyError) as error:
            log.warning("signing in with Google failed", error=repr(error))
            request.session.clear()
            await self._record(resources, origin, code="INVALID")
            return _sorry("Google's answer does not belong to a sign-in that was begun in this browser.", 400)
        except httpx2.HTTPError as error:
            log.warning("the OpenID provider cannot be reached", error=repr(error))
            return _sorry("Google cannot be reached at this moment.", 503)
        except Throttled as error:
            return _sorry(str(error), 429)
        except DomainError as error:
            request.session.clear()
            await self._record(resources, origin, code=error.code.value, subject=error.subject)
            return _sorry(str(error), 403)
        request.session.clear()
        await admitted.succeeded()
        await self._record(resources, origin, signed_in=signed_in)
        response = RedirectResponse(f"{self._settings.pages_url}{target}", status_code=303)
        response.headers["cache-control"] = "no-store"
        set_refresh_cookie(
            response, signed_in.refresh_token, signed_in.refresh_token_expires_at, self._settings
        )
        return response

    async def _signed_in(self, request: Request, resources: Resources, origin: Origin) -> SignedIn:
        token = await self._client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "values": [self._issuer]},
                "aud": {"essential": True, "value": self._settings.google_client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True},
            },
        )
        return await sign_in_with_google(
            token["userinfo"],
            origin,
            access=resources.access,
            clock=resources.clock,
            transact=resources.in_transaction,
        )

    async def _record(
        self,
        resources: Resources,
        origin: Origin,
        *,
        signed_in: SignedIn | None = None,
        code: str | None = None,
        subject: object = None,
    ) -> None:
        actor = None
        if signed_in is not None:
            key = signed_in.user["_id"]
            subject = encode_id("User", key)
            name = signed_in.user["email"]
            actor = Actor(Role.VIEWER, str(key), kind=ActorKind.USER, name=name, user_id=key)
        await record(
            actor,
            _ACTION,
            subject_id=str(subject) if subject else None,
            succeeded=code is None,
            code=code,
            ip_address=origin.address,
            settings=resources.settings,
            clock=resources.clock,
        )


def set_password_page() -> Response:
    """The page that a one-time link opens where the dashboard was not built."""
    nonce = secrets.token_urlsafe(16)
    return _page(_set_password_html().replace("NONCE", nonce), nonce)


@cache
def _set_password_html() -> str:
    return files("crm_graphql.accounts").joinpath("set_password.html").read_text(encoding="utf-8")


async def _not_configured(_request: Request) -> Response:
    return _sorry("Signing in with Google is not configured on this server.", 404)


def _sorry(reason: str, status: int) -> Response:
    head = "<!doctype html><html lang=en><meta charset=utf-8><title>Not signed in</title>"
    return _page(f"{head}<p>{escape(reason)}</p></html>", None, status)


def _page(text: str, nonce: str | None, status: int = 200) -> Response:
    inline = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; " if nonce else ""
    headers = {
        "cache-control": "no-store",
        "content-security-policy": f"default-src 'none'; {inline}base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(text, status_code=status, headers=headers)


class FlowCookie(SessionMiddleware):
    """Keeps a sign-in under way in a cookie, signed with the first of the keys and good with any of them: it
    may begin at one process and end at another while the key is being changed."""

    def __init__(self, app: ASGIApp, keys: Sequence[str], *, https_only: bool) -> None:
        super().__init__(
            app,
            secret_key=keys[0],
            session_cookie="crm_google",
            path="/auth/google",
            max_age=FLOW_SECONDS,
            # Lax, not Strict: Google sends the browser back by a link from another site.
            same_site="lax",
            https_only=https_only,
        )
        # It signs with the last.
        self.signer = TimestampSigner(list(reversed(keys)))


def routes(settings: Settings) -> list[Route]:
    """The routes of this deployment."""
    if not settings.google_client_id:
        return [Route("/auth/google", _not_configured, methods=["GET"])]
    google = GoogleSignIn(settings)
    keys = [key.hex() for key in derived_keys(settings, "google sign-in")]
    flow = Middleware(FlowCookie, keys, https_only=is_secure(settings))
    return [
        Route("/auth/google", google.start, methods=["GET"], middleware=[flow]),
        Route("/auth/google/callback", google.callback, methods=["GET"], middleware=[flow]),
    ]
