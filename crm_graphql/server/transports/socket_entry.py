"""Entry to a socket: who comes in by `connection_init`; the close code and reason of who does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket

from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import RateLimited, TokenExpired, Unavailable
from crm_graphql.server.gateway import Caller, Gateway
from crm_graphql.server.transports.socket_messages import CloseCode

AUTHORIZATION = "authorization"
"""The one key of `connection_init` that means something here, in any case."""
ANONYMOUS_REASON = "Forbidden: a token is needed. Send it in the payload of connection_init as Authorization"
"""Short enough for a close frame."""
UNKNOWN_KEY_REASON = 'Send the token as Authorization: "Bearer <token>". connection_init has no key "{}" here'
UNKNOWN_KEY_LENGTH = 30
"""Characters of a key that are shown: a close frame has room for as many."""


class NoEntry(Exception):
    """Who is at the door does not come in; the socket is closed with `code`, and the text is the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


async def caller_of(payload: Mapping[str, Any], websocket: WebSocket, gateway: Gateway) -> Caller:
    """Who comes in: by the payload's Authorization, or else by the handshake's header. Nobody in particular
    only in development. Raises NoEntry, before anything was acknowledged."""
    given = next((value for name, value in payload.items() if name.lower() == AUTHORIZATION), None)
    given = given or websocket.headers.get(AUTHORIZATION)
    unknown = next((name for name in payload if name.lower() != AUTHORIZATION), None)
    if given is None and unknown is not None:
        # Not Forbidden: clients try that again, and this is a mistake in their code.
        raise NoEntry(CloseCode.BAD_REQUEST, UNKNOWN_KEY_REASON.format(unknown[:UNKNOWN_KEY_LENGTH]))
    try:
        caller = await gateway.identify_live(given, websocket)
    except (Unavailable, RateLimited) as error:
        raise NoEntry(CloseCode.TRY_AGAIN_LATER, str(error)) from None
    if isinstance(caller, Actor) or (given is None and gateway.settings.development):
        return caller
    if given is None:
        raise NoEntry(CloseCode.FORBIDDEN, ANONYMOUS_REASON)
    if isinstance(caller, TokenExpired):
        raise NoEntry(CloseCode.TOKEN_EXPIRED, str(caller))
    raise NoEntry(CloseCode.FORBIDDEN, f"Forbidden: {caller}")
