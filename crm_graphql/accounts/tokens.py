"""Access tokens: short-lived JWTs, signed with the deployment's own key (HS256).

One deployment makes them and only its own processes read them, so a shared key is enough, and checking one
costs some microseconds. Each names its key (`kid`): CRM_SECRET_KEY signs, and tokens of the keys in
CRM_PREVIOUS_SECRET_KEYS, former ones or the next one, are good too.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from bson import ObjectId
from bson.errors import InvalidId

from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.errors import TokenExpired, Unauthenticated
from crm_graphql.core.settings import MIN_SECRET_BYTES, Settings, SettingsError

ALGORITHM = "HS256"
"""The only one: the header of a token never chooses how it is checked."""

TOKEN_TYPE = "at+jwt"  # noqa: S105
"""RFC 9068: no other kind of JWT passes for an access token."""

LEEWAY = timedelta(seconds=5)
"""How far the clocks of the machines of a deployment may lie apart."""

_CLAIMS = ("iss", "aud", "sub", "role", "iat", "nbf", "exp", "jti")
_MAX_TOKEN_LENGTH = 4096


@functools.lru_cache(maxsize=64)
def key_id(key: str) -> str:
    """The public name of a signing key; says nothing of the key."""
    return hashlib.sha256(b"crm-graphql key id\0" + key.encode()).hexdigest()[:16]


def derived_key(settings: Settings, purpose: str) -> bytes:
    """A key for one purpose other than access tokens, so that what one signs never passes for the other."""
    return hmac.digest(settings.secret_key.get_secret_value().encode(), purpose.encode(), "sha256")


def derived_keys(settings: Settings, purpose: str) -> list[bytes]:
    """The derived keys that count while CRM_SECRET_KEY is being changed, ours first: what a process with the
    other settings made passes too."""
    return [hmac.digest(key.encode(), purpose.encode(), "sha256") for key in _keys(settings).values()]


def mint_token(settings: Settings, role: Role, ttl: timedelta, subject: str = "operator") -> str:
    """An operator's bearer token of `role`, good for `ttl` from now. It belongs to no user and cannot be
    revoked.

    Raises SettingsError when there is no key to sign with, or a weak one.
    """
    return _signed(settings, {"sub": subject, "role": role.value}, ttl)[0]


def mint_user_token(
    settings: Settings,
    *,
    user_id: ObjectId,
    session_id: ObjectId,
    role: Role,
    email: str,
    access_version: int,
) -> tuple[str, datetime]:
    """A user's access token for one session, and when it ends. Raises SettingsError as `mint_token`."""
    claims = {
        "sub": str(user_id),
        "role": role.value,
        "sid": str(session_id),
        "ver": access_version,
        "email": email,
    }
    return _signed(settings, claims, timedelta(seconds=settings.access_token_ttl_seconds))


def read_token(settings: Settings, token: str) -> Actor:
    """The caller that `token` names. Raises Unauthenticated, saying what to do, for a bad or expired one.

    Touches no database: whether the session or the user still stands is `revocations`'s business.
    """
    if len(token) > _MAX_TOKEN_LENGTH:
        raise _not_ours()
    try:
        header = jwt.get_unverified_header(token)
        key = _keys(settings).get(str(header.get("kid")))
        if key is None or header.get("typ") != TOKEN_TYPE:
            raise _not_ours()
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=settings.token_issuer,
            issuer=settings.token_issuer,
            leeway=LEEWAY,
            options={"require": list(_CLAIMS)},
        )
        return _actor(claims)
    except jwt.ExpiredSignatureError:
        raise TokenExpired(
            "The token has expired. Get a new one: users by `refresh`, operators with `crm token`."
        ) from None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, InvalidId):
        raise _not_ours() from None


def _signed(settings: Settings, claims: dict[str, Any], ttl: timedelta) -> tuple[str, datetime]:
    key = settings.secret_key.get_secret_value()
    if len(key.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"CRM_SECRET_KEY is {'too short' if key else 'not set'}. Set it to the value that the server has."
        )
    now = datetime.now(UTC).replace(microsecond=0)
    always = {
        "iss": settings.token_issuer,
        "aud": settings.token_issuer,
        "iat": now,
        "nbf": now,
        "exp": now + ttl,
        "jti": uuid.uuid4().hex,
    }
    headers = {"typ": TOKEN_TYPE, "kid": key_id(key)}
    return jwt.encode({**always, **claims}, key, algorithm=ALGORITHM, headers=headers), now + ttl


def _keys(settings: Settings) -> dict[str, str]:
    """The keys that tokens may be signed with, by their ids; weak ones are none."""
    found = [secret.get_secret_value() for secret in (settings.secret_key, *settings.previous_secret_keys)]
    return {key_id(key): key for key in found if len(key.encode()) >= MIN_SECRET_BYTES}


def _actor(claims: dict[str, Any]) -> Actor:
    role, expires_at = Role(claims["role"]), datetime.fromtimestamp(int(claims["exp"]), UTC)
    if "sid" not in claims:
        return Actor(role, claims["sub"], expires_at=expires_at)
    return Actor(
        role,
        claims["sub"],
        kind=ActorKind.USER,
        name=str(claims["email"]),
        user_id=ObjectId(claims["sub"]),
        session_id=ObjectId(claims["sid"]),
        access_version=int(claims["ver"]),
        expires_at=expires_at,
    )


def _not_ours() -> Unauthenticated:
    return Unauthenticated(
        "The token is not valid here. Get one of this server: sign in, or `crm token` with its settings."
    )
