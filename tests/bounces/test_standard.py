"""Receipts in the product's own form that say what came back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.routes import routes
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, settle, suppressions
from tests.delivery.factories import make_ledger
from tests.delivery.test_webhook import signed


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


async def test_an_entry_may_say_what_came_back(resources: Resources, client: httpx.AsyncClient) -> None:
    _, ids = await make_ledger(3, status=DeliveryStatus.SENT)
    failed = {"status": "FAILED", "reason": "BOUNCED", "attempt": 1}
    entries = [
        {**failed, "delivery_id": ids[0], "returned": "HARD", "code": "5.1.1"},
        {**failed, "delivery_id": ids[1], "returned": "GONE"},
        {**failed, "delivery_id": ids[2]},
    ]
    body = json.dumps({"receipts": entries}).encode()
    answer = await client.post("/webhooks/receipts", content=body, headers=signed(body))
    assert [one["index"] for one in answer.json()["errors"]] == [1]
    await settle(resources)
    assert await suppressions() == {"c0@example.com": "BOUNCED"}
    assert [(row["kind"], row["code"]) for row in await bounces()] == [("HARD", "5.1.1")]
