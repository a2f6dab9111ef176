"""Sockets that take more than they are due: none stays without a token, no answers fill the memory."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection

from crm_graphql.gql.context import Context
from crm_graphql.resources import Resources
from crm_graphql.server.engine import Answer
from crm_graphql.server.operations.preparing import Operation
from crm_graphql.server.transports.socket_messages import CloseCode
from tests.gql.factories import insert_customers
from tests.server.live_server import serving
from tests.server.test_sockets import masked, raw_socket

LONG = "{ customers(first: 100) { nodes { name } } }"


async def closed_with(opened: ClientConnection) -> int:
    """The code that the socket is closed with."""
    async with asyncio.timeout(60):
        await opened.wait_closed()
    assert opened.close_code is not None
    return opened.close_code


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": None}])
async def test_outside_development_a_socket_without_a_token_is_closed(
    resources: Resources, payload: object
) -> None:
    async with serving(resources, development=False) as server, server.opened() as opened:
        await opened.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert await closed_with(opened) == CloseCode.FORBIDDEN


async def test_in_development_nobody_is_told_so_for_each_operation(resources: Resources) -> None:
    async with serving(resources) as server, server.opened() as opened:
        await opened.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await opened.recv())["type"] == "connection_ack"
        payload = {"query": "{ customers { totalCount } }"}
        await opened.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        answer = json.loads(await opened.recv())["payload"]
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_sockets_that_do_not_say_who_they_are_are_counted_by_address(resources: Resources) -> None:
    async with (
        serving(resources, anonymous_sockets_per_address=3, connection_init_timeout_seconds=30.0) as server,
        AsyncExitStack() as stack,
    ):
        silent = [await stack.enter_async_context(server.opened()) for _ in range(3)]
        async with server.opened() as fourth:
            assert await closed_with(fourth) == CloseCode.TOO_MANY_SOCKETS
        # Who says so leaves its place to others.
        for opened in silent:
            await opened.send(json.dumps(server.init))
            assert json.loads(await opened.recv())["type"] == "connection_ack"
        async with server.socket():
            assert server.gateway.sockets.count() == 4


async def test_a_client_that_asks_and_does_not_read_holds_a_few_answers(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await insert_customers(100, name="n" * 5_000)
    async with serving(resources, slow_reader_seconds=3.0, socket_operations_limit=100) as server:
        engine, executed = server.gateway.engine, 0
        execute = engine.execute

        async def counted(operation: Operation, context: Context) -> Answer:
            nonlocal executed
            executed += 1
            return await execute(operation, context)

        monkeypatch.setattr(engine, "execute", counted)
        reader, writer = await raw_socket(server)
        for number in range(100):
            payload = {"query": LONG}
            writer.write(masked({"type": "subscribe", "id": f"{number}", "payload": payload}))
        async with asyncio.timeout(20):
            while server.gateway.sockets.count():
                await asyncio.sleep(0.05)
        writer.close()
        del reader
    # Half a megabyte each: what the outbox takes, and those under way.
    assert executed < 25
