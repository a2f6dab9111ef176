"""The API on a real uvicorn with its own protocol classes, in the event loop of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import free_port
from crm_graphql.resources import Resources
from crm_graphql.server.gateway import Gateway
from crm_graphql.server.uvicorn import options

TRANSPORT_WS = [Subprotocol("graphql-transport-ws")]


@dataclass
class Server:
    """The API on a port of its own."""

    port: int
    gateway: Gateway
    token: str

    @property
    def url(self) -> str:
        """Its address over HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def init(self) -> dict[str, Any]:
        """The `connection_init` of an administrator."""
        return {"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}}

    @asynccontextmanager
    async def opened(self, **more: Any) -> AsyncIterator[ClientConnection]:
        """A socket after its handshake."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(address, subprotocols=TRANSPORT_WS, compression=None, **more) as opened:
            yield opened

    @asynccontextmanager
    async def socket(self, **more: Any) -> AsyncIterator[ClientConnection]:
        """A socket that has been acknowledged."""
        async with self.opened(**more) as opened:
            await opened.send(json.dumps(self.init))
            assert json.loads(await opened.recv())["type"] == "connection_ack"
            yield opened


@asynccontextmanager
async def serving(
    resources: Resources, *, uvicorns_own: bool = False, **settings: Any
) -> AsyncIterator[Server]:
    """A server with some settings changed; with uvicorn's own protocol classes it is any ASGI server."""
    changed = resources.settings.model_copy(update=settings)
    app = create_app(changed, resources=resources.with_settings(changed))
    port = free_port()
    chosen = options(changed) | {"loop": "none", "lifespan": "on"}
    if uvicorns_own:
        chosen |= {"http": "httptools", "ws": "websockets-sansio"}
    running = uvicorn.Server(uvicorn.Config(app, port=port, **chosen))
    task = asyncio.create_task(running.serve())
    async with asyncio.timeout(60):
        while not running.started:
            await asyncio.sleep(0.02)
    token = mint_token(changed, Role.ADMIN, timedelta(hours=1))
    try:
        yield Server(port, app.state.gateway, token)
    finally:
        running.should_exit = True
        await task
