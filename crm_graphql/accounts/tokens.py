"""Access tokens: short-lived JWTs, signed with the deployment's own key (HS256)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import jwt

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import TokenExpired, Unauthenticated
from crm_graphql.core.settings import MIN_SECRET_BYTES, Settings, SettingsError

ALGORITHM = "HS256"
"""The only one: the header of a token never chooses how it is checked."""

LEEWAY = timedelta(seconds=5)
"""How far the clocks of the machines of a deployment may lie apart."""

_CLAIMS = ("iss", "aud", "sub", "role", "iat", "exp", "jti")
_MAX_TOKEN_LENGTH = 4096


def mint_token(settings: Settings, role: Role, ttl: timedelta, subject: str = "operator") -> str:
    """A bearer token of `role` that is good for `ttl` from now.

    Raises SettingsError when there is no key to sign with, or a weak one.
    """
    key = settings.secret_key.get_secret_value()
    if len(key.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"CRM_SECRET_KEY is {'too short' if key else 'not set'}. Set it to the value that the server has."
        )
    now = datetime.now(UTC)
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_issuer,
        "sub": subject,
        "role": role.value,
        "iat": now,
        "exp": now + ttl,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_token(settings: Settings, token: str) -> Actor:
    """The caller that `token` names. Raises Unauthenticated, saying what to do, for a bad or expired one."""
    key = settings.secret_key.get_secret_value()
    if len(key.encode()) < MIN_SECRET_BYTES or len(token) > _MAX_TOKEN_LENGTH:
        raise _not_ours()
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=settings.token_issuer,
            issuer=settings.token_issuer,
            leeway=LEEWAY,
            options={"require": list(_CLAIMS)},
        )
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        return Actor(Role(claims["role"]), str(claims["sub"]), expires_at)
    except jwt.ExpiredSignatureError:
        raise TokenExpired("The token has expired. Get a new one: `crm token`.") from None
    except (jwt.PyJWTError, ValueError):
        raise _not_ours() from None


def _not_ours() -> Unauthenticated:
    return Unauthenticated(
        "The token is not valid here. Get one of this server: `crm token`, with the server's settings."
    )
