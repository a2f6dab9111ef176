"""The one way from the text of an Authorization header to an actor: GraphQL, websockets, SSE and the bulk
doors."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.secret_texts import API_KEY_PREFIX
from crm_graphql.accounts.tokens import read_token
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated

HOW_TO_SIGN_IN = (
    'A bearer token is needed: "Authorization: Bearer <token>". Sign in with `login`, or use an API key, '
    "or make an operator's token with `crm token`."
)
_MAX_KEY_LENGTH = 128


async def authenticate(access: Access, authorization: object) -> Actor:
    """The caller by an Authorization header, or by what stands for it in a websocket's `connection_init`.

    An access token (a user's or an operator's) is checked without the database; an API key is looked up by
    its hash and then known for half a minute. What was revoked is out within a second (`standing`). Raises
    Unauthenticated, saying what is wrong.
    """
    scheme, _, credential = str(authorization or "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated(HOW_TO_SIGN_IN)
    if credential.startswith(API_KEY_PREFIX):
        actor = await _key_actor(access, credential)
    else:
        actor = read_token(access.settings, credential)
    access.standing.check(actor)
    return actor


async def identify(access: Access, authorization: object) -> Actor | Unauthenticated:
    """Like `authenticate`, with the error as a value: fields that need nobody go on without a caller."""
    try:
        return await authenticate(access, authorization)
    except Unauthenticated as error:
        return error


async def _key_actor(access: Access, secret: str) -> Actor:
    actor = await access.keys.actor(secret) if len(secret) <= _MAX_KEY_LENGTH else None
    if actor is None:
        raise Unauthenticated("This API key is not known here. It may have been revoked.")
    if actor.expires_at is not None and actor.expires_at <= datetime.now(UTC):
        raise Unauthenticated("The API key has expired. An administrator can make a new one.")
    return actor
