"""Bulk operations and changes of customers as they are watched."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from crm_graphql.bulk.targets import Target
from crm_graphql.core.ids import encode_id
from crm_graphql.core.tasks import end_tasks
from crm_graphql.core.times import format_moment
from crm_graphql.customers.changed import last_customers_change
from crm_graphql.customers.schema import subscriptions
from crm_graphql.resources import Resources
from tests.bulk.factories import EVERYONE, finish, people, tag
from tests.delivery.running import until
from tests.server.live_server import serving


async def watch(socket: ClientConnection, document: str) -> AsyncIterator[dict[str, Any]]:
    """What a subscription tells, to its end."""
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document}}))
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10.0))
        if message["type"] == "complete":
            return
        if message["type"] == "next":
            yield message["payload"]["data"]


async def test_progress_is_watched_to_the_end(resources: Resources) -> None:
    await people(3)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    key = encode_id("BulkOperation", row["_id"])
    document = f'subscription {{ bulkOperationProgress(operationId: "{key}") {{ status done }} }}'
    seen = []
    async with serving(resources) as server, server.socket() as socket:
        async for event in watch(socket, document):
            seen.append(event["bulkOperationProgress"])
            if len(seen) == 1:
                await finish(resources, row["_id"])
    assert seen[0] == {"status": "ACCEPTED", "done": 0}
    assert seen[-1] == {"status": "COMPLETED", "done": 3}


async def test_changes_of_customers_are_told_at_most_once_a_second_and_none_is_lost(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "LEAST_SECONDS", 0.4)
    keys = await people(1)
    moments: list[str] = []
    told_at: list[float] = []

    async def note(socket: ClientConnection) -> None:
        async for event in watch(socket, "subscription { customersChanged { at } }"):
            moments.append(event["customersChanged"]["at"])
            told_at.append(time.monotonic())

    async def is_told() -> bool:
        return bool(moments)

    async def is_last_told() -> bool:
        last = await last_customers_change()
        return last is not None and moments[-1] == format_moment(last)

    async with serving(resources) as server, server.socket() as socket:
        noting = asyncio.create_task(note(socket))
        await until(is_told)
        for number in range(12):
            await tag(resources, Target(keys=keys), add=[f"t{number}"])
            await asyncio.sleep(0.08)
        await until(is_last_told)
        await end_tasks([noting])
    assert moments[0].startswith("1970-")
    assert sorted(set(moments)) == moments
    assert min(later - earlier for earlier, later in pairwise(told_at)) > 0.3
