"""What a resolver knows of its request: who asks, what is open, and the request's loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from crm_graphql.accounts import authentication
from crm_graphql.accounts.sessions import Origin
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.gql.live import LiveHub
from crm_graphql.resources import Resources

Key = TypeVar("Key")
Value = TypeVar("Value")

@dataclass
class Context:
    """One request, or one websocket connection with all its operations."""

    resources: Resources
    live: LiveHub
    request_id: str
    identity: Actor | Unauthenticated
    """Who asks, or why nobody is known."""
    connection_params: dict[str, Any] | None = None
    """The payload of `connection_init`; set by the websocket handler before it asks `on_ws_connect`."""
    request: HTTPConnection | None = None
    """The HTTP request or websocket that it came with."""
    response: Response | None = None
    """Where cookies are set; None on a websocket."""
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
        if self.request is None:
            return Origin()
        client = self.request.client
        return Origin(client.host if client else None, self.request.headers.get("user-agent"))

    def loader(self, make: Callable[[Context], DataLoader[Key, Value]]) -> DataLoader[Key, Value]:
        """The request's loader that `make` makes, made once."""
        if make not in self._loaders:
            self._loaders[make] = make(self)
        return self._loaders[make]


Info = StrawberryInfo[Context, None]


async def authenticate(request: HTTPConnection) -> Actor:
    """The caller of an HTTP request by its Authorization header. Raises Unauthenticated, saying what is wrong."""
    access = request.app.state.resources.access
    return await authentication.authenticate(access, request.headers.get("authorization"))
