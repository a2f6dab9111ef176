"""A process that is told to stop finishes what it began, and tells sockets to come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from crm_graphql.local.mongod import Mongod
from tests.flows.campaigns import PROGRESS, launch_to
from tests.servers.deployment import Deployment

pytestmark = pytest.mark.xdist_group("campaign")

NOBODY = {"where": {"field": "externalId", "operator": "EQ", "value": "nobody"}}
SERVICE_RESTART = 1012
"""RFC 6455's registry: the client may reconnect."""


@pytest.fixture
async def single(mongod: Mongod, tmp_path: Path) -> AsyncIterator[Deployment]:
    """One process that may be stopped."""
    started = Deployment(tmp_path, mongod, None)
    try:
        await started.start()
        yield started
    finally:
        await started.close()


async def test_sigterm_finishes_a_request_and_closes_sockets_for_a_reconnect(single: Deployment) -> None:
    campaign = await launch_to(single, NOBODY, launch=False)
    halfway = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"customer_id": "before"}\n'
        halfway.set()
        await asyncio.sleep(1.5)
        yield b'{"customer_id": "after"}\n'

    async def watch() -> int | None:
        try:
            async for _ in single.subscribe(PROGRESS, {"id": campaign}):
                watched.set()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        return None

    watched = asyncio.Event()
    watching = asyncio.create_task(watch())
    await watched.wait()
    headers = {"authorization": f"Bearer {single.token}", "content-type": "application/x-ndjson"}
    sending = asyncio.create_task(single.http.post("/ingest/customers", content=slowly(), headers=headers))
    await halfway.wait()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(single.apis[0].stop)
    answer = await sending
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert await watching == SERVICE_RESTART
