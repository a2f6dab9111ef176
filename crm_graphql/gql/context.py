"""The context of a resolver: who asks, what is open, and the request's loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from crm_graphql.accounts.sessions import Origin
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.gql.live import LiveHub
from crm_graphql.resources import Resources

Key = TypeVar("Key")
Value = TypeVar("Value")


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
    _loaders: dict[object, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks. Raises Unauthenticated when nobody is known."""
        if isinstance(self.identity, Actor):
            return self.identity
        raise self.identity

    @property
    def origin(self) -> Origin:
        """Where the caller is: address and the client's own name."""
        if self.connection is None:
            return Origin()
        client = self.connection.client
        return Origin(client.host if client else None, self.connection.headers.get("user-agent"))

    def renewed(self) -> Context:
        """The same caller with loaders of its own and no connection: for an event of a subscription."""
        return Context(self.resources, self.live, self.request_id, self.identity)

    @property
    def scope(self) -> tuple[str, ...]:
        """What the answers depend on, of the caller: see `Actor.scope`; empty for nobody."""
        return self.identity.scope if isinstance(self.identity, Actor) else ()

    @property
    def caller(self) -> str | None:
        """Who asks, where somebody is known."""
        return self.identity.subject if isinstance(self.identity, Actor) else None

    def loader(self, make: Callable[[Context], DataLoader[Key, Value]]) -> DataLoader[Key, Value]:
        """The request's loader that `make` makes, made once."""
        if make not in self._loaders:
            self._loaders[make] = make(self)
        return self._loaders[make]


Info = StrawberryInfo[Context, None]
