"""What a resolver knows of its request: who asks, what is open, and the request's loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from crm_graphql.accounts.tokens import read_token
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.gql.live import LiveHub
from crm_graphql.gql.rates import RateState
from crm_graphql.resources import Resources

Key = TypeVar("Key")
Value = TypeVar("Value")

HOW_TO_SIGN_IN = 'A bearer token is needed: "Authorization: Bearer <token>". `crm token` makes one.'


@dataclass
class Context:
    """One operation of a request or a websocket, or one event of a subscription."""

    resources: Resources
    live: LiveHub
    request_id: str
    identity: Actor | Unauthenticated
    """Who asks, or why nobody is known."""
    connection: HTTPConnection | None = None
    """The request or websocket it came by; None where an operation outlives it, as a shared subscription."""
    response: Response | None = None
    """Headers and cookies set here go out with the answer; None where the transport has none."""
    rate: RateState | None = None
    """Where the caller stands with its share of the minute, once that was looked at."""
    _loaders: dict[object, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks. Raises Unauthenticated when nobody is known."""
        if isinstance(self.identity, Actor):
            return self.identity
        raise self.identity

    def renewed(self) -> Context:
        """The same caller with loaders of its own and no connection: for an event of a subscription."""
        return Context(self.resources, self.live, self.request_id, self.identity)

    @property
    def scope(self) -> tuple[str, ...]:
        """What the answers depend on, of the caller: see `Actor.scope`; empty for nobody."""
        return self.identity.scope if isinstance(self.identity, Actor) else ()

    def loader(self, make: Callable[[Context], DataLoader[Key, Value]]) -> DataLoader[Key, Value]:
        """The request's loader that `make` makes, made once."""
        if make not in self._loaders:
            self._loaders[make] = make(self)
        return self._loaders[make]


Info = StrawberryInfo[Context, None]


def authenticate(request: HTTPConnection) -> Actor:
    """The caller of an HTTP request or websocket handshake by its Authorization header.

    Raises Unauthenticated, saying what is wrong with the token.
    """
    return authenticate_bearer(request.app.state.resources, request.headers.get("authorization"))


def authenticate_bearer(resources: Resources, header: object) -> Actor:
    """The caller by the text of an Authorization header. Raises Unauthenticated."""
    if not header:
        raise Unauthenticated(HOW_TO_SIGN_IN)
    scheme, _, token = str(header).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(HOW_TO_SIGN_IN)
    return read_token(resources.settings, token.strip())


def identify(resources: Resources, header: object) -> Actor | Unauthenticated:
    """Like `authenticate_bearer`, with the error as a value: fields that need nobody go on without."""
    try:
        return authenticate_bearer(resources, header)
    except Unauthenticated as error:
        return error
