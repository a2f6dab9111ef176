"""A small OpenID provider that speaks the real protocol: discovery, keys, code with PKCE, ID tokens.

It checks its clients as Google does: redirect address, secret, a code that works once, the
challenge's verifier. What it says of the person who signs in, and what it gets wrong, a test sets.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "crm-tests.apps.example"
CLIENT_SECRET = "client-secret-of-tests-4gT9x"


class OpenIdProvider:
    """The provider, and the person that signs in at it."""

    def __init__(self) -> None:
        self.issuer = ""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.reset()

    def reset(self) -> None:
        """As at the start: a verified person, and everything right."""
        self.person: dict[str, Any] = {
            "sub": "google-1",
            "email": "ann@example.com",
            "email_verified": True,
            "name": "Ann",
            "hd": "example.com",
        }
        self.claims: dict[str, Any] = {}
        """Laid over those of the ID token; None removes one."""
        self.signs_with_another_key = False
        self.signs_by_secret = False
        self.requests: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    async def discovery(self, _request: Request) -> Response:
        """GET /.well-known/openid-configuration."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        """GET /keys."""
        key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return JSONResponse({"keys": [{**key, "kid": "1", "use": "sig", "alg": "RS256"}]})

    async def authorize(self, request: Request) -> Response:
        """GET /authorize: the person agrees at once."""
        asked = dict(request.query_params)
        self.requests.append(asked)
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_request", "why": "PKCE"}, status_code=400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", status_code=302)

    async def token(self, request: Request) -> Response:
        """POST /token: a code works once, for who began it."""
        form: dict[str, Any] = dict(parse_qsl((await request.body()).decode()))
        asked = self._codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or not self._is_client(request, form):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce"),
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": self._signed(claims),
            }
        )

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.signs_by_secret:
            return jwt.encode(claims, CLIENT_SECRET * 2, algorithm="HS256", headers={"kid": "1"})
        key = self._other_key if self.signs_with_another_key else self._key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "1"})

    def _is_client(self, request: Request, form: dict[str, Any]) -> bool:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        given = (form.get("client_id"), form.get("client_secret"))
        return request.headers.get("authorization") == f"Basic {basic}" or given == (CLIENT_ID, CLIENT_SECRET)


@contextlib.contextmanager
def running_provider() -> Iterator[OpenIdProvider]:
    """The provider on a free port of this machine."""
    provider = OpenIdProvider()
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/keys", provider.keys),
            Route("/authorize", provider.authorize),
            Route("/token", provider.token, methods=["POST"]),
        ]
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        provider.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the OpenID provider did not start"
            time.sleep(0.01)
        yield provider
        server.should_exit = True
        thread.join(10)
