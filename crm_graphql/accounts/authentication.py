"""The one way from the text of an Authorization header to an actor: GraphQL, websockets, SSE and the bulk
doors."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.secret_texts import API_KEY_PREFIX
from crm_graphql.accounts.tokens import read_token
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated, Unavailable
from crm_graphql.mongo.transient import is_transient

HOW_TO_SIGN_IN = (
    'A bearer token is needed: "Authorization: Bearer <token>". Sign in with `login`, or use an API key, '
    "or make an operator's token with `crm token`."
)
REMEMBERED_TOKENS = 10_000
"""Good tokens whose signature need not be checked again; about 10 MB at most."""
_MAX_KEY_LENGTH = 128


async def authenticate(access: Access, authorization: object) -> Actor:
    """The caller by an Authorization header, or by what stands for it in a websocket's `connection_init`.

    An access token (a user's or an operator's) is checked without the database, its signature once in a
    process; an API key is looked up by its hash and then known for half a minute. What was revoked is out
    within a second (`revocations`). Raises Unauthenticated, saying what is wrong, and Unavailable for a
    key that would have to be looked up while the database is away.
    """
    scheme, _, credential = str(authorization or "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated(HOW_TO_SIGN_IN)
    if credential.startswith(API_KEY_PREFIX):
        actor = await _key_actor(access, credential)
    else:
        actor = _token_actor(access, credential)
    access.revocations.check(actor)
    return actor


async def identify(access: Access, authorization: object) -> Actor | Unauthenticated:
    """Like `authenticate`, with the error as a value: fields that need nobody go on without a caller."""
    try:
        return await authenticate(access, authorization)
    except Unauthenticated as error:
        return error


def _token_actor(access: Access, token: str) -> Actor:
    """The actor of an access token; one that was good stays known until it expires."""
    actor = access.tokens.get(token)
    if actor is not None and actor.expires_at is not None and actor.expires_at > datetime.now(UTC):
        return actor
    access.tokens.pop(token, None)
    actor = read_token(access.settings, token)
    while len(access.tokens) >= REMEMBERED_TOKENS:
        del access.tokens[next(iter(access.tokens))]
    access.tokens[token] = actor
    return actor


async def _key_actor(access: Access, secret: str) -> Actor:
    try:
        actor = await access.keys.actor(secret) if len(secret) <= _MAX_KEY_LENGTH else None
    except Exception as error:
        if not is_transient(error):
            raise
        raise Unavailable("API keys cannot be looked up: the database is away. Try again later.") from None
    if actor is None:
        raise Unauthenticated("This API key is not known here. It may have been revoked.")
    if actor.expires_at is not None and actor.expires_at <= datetime.now(UTC):
        raise Unauthenticated("The API key has expired. An administrator can make a new one.")
    return actor
