"""The one way from the text of an Authorization header to an actor: GraphQL, websockets, SSE and the bulk
doors."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.secret_texts import API_KEY_PREFIX
from crm_graphql.accounts.tokens import read_token
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import NothingShown, RateLimited, Unauthenticated, Unavailable
from crm_graphql.mongo.transient import is_transient

HOW_TO_SIGN_IN = (
    'A bearer token is needed: "Authorization: Bearer <token>". Sign in with `login`, or use an API key, '
    "or make an operator's token with `crm token`."
)
_MAX_KEY_LENGTH = 128


async def authenticate(access: Access, authorization: object, address: str | None = None) -> Actor:
    """The caller by an Authorization header, or by what stands for it in a websocket's `connection_init`.

    An access token (a user's or an operator's) is checked without the database, its signature once in a
    process; an API key is looked up by its hash and then known for half a minute. What was revoked is out
    within a second (`revocations`). Raises Unauthenticated, saying what is wrong (NothingShown where nothing
    was shown that could be), and Unavailable for a
    key that would have to be looked up while the database is away, RateLimited when `address` has tried too
    many keys that are none.
    """
    scheme, _, credential = str(authorization or "").strip().partition(" ")
    credential = credential.strip()
    # The explorer's page is opened with Basic, which its browser then sends with everything.
    if scheme.lower() in ("", "basic"):
        raise NothingShown(HOW_TO_SIGN_IN)
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated(HOW_TO_SIGN_IN)
    if credential.startswith(API_KEY_PREFIX):
        actor = await _key_actor(access, credential, address)
    else:
        actor = _token_actor(access, credential)
    access.revocations.check(actor)
    return actor


async def identify(
    access: Access, authorization: object, address: str | None = None
) -> Actor | Unauthenticated:
    """Like `authenticate`, with the error as a value: fields that need nobody go on without a caller."""
    try:
        return await authenticate(access, authorization, address)
    except Unauthenticated as error:
        return error


def _token_actor(access: Access, token: str) -> Actor:
    """The actor of an access token; one that was good stays known until it expires."""
    actor = access.tokens.get(token)
    if actor is not None and actor.expires_at is not None and actor.expires_at > datetime.now(UTC):
        return actor
    access.tokens.pop(token, None)
    actor = access.tokens[token] = read_token(access.settings, token)
    return actor


async def _key_actor(access: Access, secret: str, address: str | None) -> Actor:
    try:
        actor = await access.keys.actor(secret, address) if len(secret) <= _MAX_KEY_LENGTH else None
    except RateLimited:
        raise
    except Exception as error:
        if not is_transient(error):
            raise
        raise Unavailable("API keys cannot be looked up: the database is away. Try again later.") from None
    if actor is None:
        raise Unauthenticated("This API key is not known here. It may have been revoked.")
    if actor.expires_at is not None and actor.expires_at <= datetime.now(UTC):
        raise Unauthenticated("The API key has expired. An administrator can make a new one.")
    return actor
