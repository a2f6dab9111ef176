"""Reads that would walk everything: bounded in time, and ended when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from pymongo.read_concern import ReadConcern

from crm_graphql.core.paging import SortKey
from crm_graphql.resources import Resources
from tests.gql.factories import insert_customers
from tests.server.live_server import Server, serving

LIST = "{ customers(first: 1) { nodes { id } } }"
SLOWLY = {"$where": "function () { sleep(100); return false }"}
"""A tenth of a second for each customer, on the server."""


@pytest.fixture
async def slow_lists(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of customers take ten seconds and more."""
    await insert_customers(200)
    monkeypatch.setattr(SortKey, "mongo_filter", lambda _self, _page, **_: SLOWLY)


async def running_reads(resources: Resources) -> int:
    """How many slow reads MongoDB has under way."""
    admin = resources.mongo.get_database("admin", read_concern=ReadConcern("local"))
    cursor = await admin.aggregate(
        [{"$currentOp": {}}, {"$match": {"command.filter.$where": {"$exists": True}}}]
    )
    return len(await cursor.to_list())


async def none_running(resources: Resources, *, within: float) -> bool:
    """Whether the last slow read ends within so many seconds."""
    until = time.monotonic() + within
    while await running_reads(resources):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.05)
    return True


async def some_running(resources: Resources) -> None:
    """Wait until a slow read is under way."""
    async with asyncio.timeout(60):
        while not await running_reads(resources):
            await asyncio.sleep(0.02)


def asking(server: Server, *, seconds: float = 30.0) -> httpx.AsyncClient:
    """A client with an administrator's token."""
    headers = {"authorization": f"Bearer {server.token}"}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=seconds, trust_env=False)


@pytest.mark.usefixtures("slow_lists")
async def test_a_list_that_takes_too_long_is_unavailable_and_says_what_to_narrow(
    resources: Resources,
) -> None:
    async with serving(resources, read_timeout_seconds=1.0) as server, asking(server) as client:
        start = time.monotonic()
        answer = await client.post("/graphql", json={"query": LIST})
        assert time.monotonic() - start < 5
        error = answer.json()["errors"][0]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert "Narrow the filter" in error["message"]
        assert await none_running(resources, within=3)


@pytest.mark.usefixtures("slow_lists")
async def test_a_caller_who_leaves_frees_the_query(resources: Resources) -> None:
    async with serving(resources, read_timeout_seconds=60.0) as server:
        async with asking(server) as client:
            waiting = asyncio.create_task(client.post("/graphql", json={"query": LIST}))
            await some_running(resources)
            waiting.cancel()
        assert await none_running(resources, within=5)


@pytest.mark.usefixtures("slow_lists")
async def test_a_socket_that_completes_a_query_frees_it(resources: Resources) -> None:
    async with serving(resources, read_timeout_seconds=60.0) as server, server.socket() as socket:
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": LIST}}))
        await some_running(resources)
        await socket.send(json.dumps({"type": "complete", "id": "1"}))
        assert await none_running(resources, within=5)


@pytest.mark.usefixtures("slow_lists")
async def test_more_slow_reads_than_connections_wait_for_one_no_longer_than_the_deadline(
    resources: Resources,
) -> None:
    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        body: dict[str, Any] = (await client.post("/graphql", json={"query": LIST})).json()
        return body

    async with serving(resources, read_timeout_seconds=1.5) as server, asking(server) as client:
        start = time.monotonic()
        answers = await asyncio.gather(*(ask(client) for _ in range(150)))
        assert time.monotonic() - start < 15
        assert all(answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE" for answer in answers)
