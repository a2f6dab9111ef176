"""POST /ingest: what a client that speaks HTTP sees."""

from __future__ import annotations

import dataclasses
import gzip
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import decode_key
from crm_graphql.ingestion.routes import routes
from crm_graphql.resources import Resources
from tests.ingestion.doors import apply_pending

BODY = b"order_id,customer_id,amount,ordered_at\no1,c1,1.5,2024-01-01\no2,c1,x,2024-01-01\n"


async def test_a_file_is_taken(client: httpx.AsyncClient, resources: Resources) -> None:
    answer = await client.post("/ingest/orders?source=till", content=BODY)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["kind"], body["status"], body["source"]) == ("ORDERS", "ACCEPTED", "till")
    assert (body["received"], body["accepted"], body["rejected"]) == (2, 1, 1)
    assert isinstance(decode_key("Ingestion", body["id"]), ObjectId)
    await apply_pending(resources)
    assert await resources.database.orders.count_documents({}) == 1


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/ndjson", "application/jsonl"])
async def test_ndjson_gzip_under_a_key(client: httpx.AsyncClient, content_type: str) -> None:
    headers = {"content-type": content_type, "content-encoding": "gzip", "idempotency-key": "k"}
    body = gzip.compress(b'{"customer_id":"1","name":"Ann"}\n')
    first = await client.post("/ingest/customers", content=body, headers=headers)
    again = await client.post("/ingest/customers", content=body, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    other = await client.post("/ingest/customers", content=body[:-1], headers=headers)
    assert other.status_code == 400
    other = await client.post(
        "/ingest/customers", content=gzip.compress(b'{"customer_id":"2"}'), headers=headers
    )
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "CONFLICT")


async def test_a_json_array(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    body = b'[{"customer_id": "1"}, {"customer_id": 2}]'
    answer = await client.post("/ingest/customers", content=body, headers=headers)
    assert (answer.status_code, answer.json()["rejected"]) == (202, 1)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"authorization": ""}, 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer nonsense"}, 401, "UNAUTHENTICATED"),
        ({"content-encoding": "br"}, 415, "INVALID"),
        ({"content-length": str(10**15)}, 413, "LIMIT_EXCEEDED"),
        ({"content-length": "9" * 5_000}, 413, "LIMIT_EXCEEDED"),
        ({"idempotency-key": "x" * 300}, 400, "INVALID"),
        ({"content-encoding": "gzip"}, 400, "INVALID"),
    ],
)
async def test_refusals(client: httpx.AsyncClient, headers: dict[str, str], status: int, code: str) -> None:
    answer = await client.post("/ingest/orders", content=BODY, headers=headers)
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert error["code"] == code
    assert error["message"].endswith((".", "one."))


@pytest.mark.parametrize("content_type", [None, "application/xml", "application/vnd.ms-excel", "text/plain"])
async def test_the_content_decides_what_a_file_is(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    del client.headers["content-type"]
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await client.post("/ingest/orders", content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["received"]) == (202, 2)


async def test_a_viewer_may_not_send(client: httpx.AsyncClient, resources: Resources) -> None:
    token = mint_token(resources.settings, Role.VIEWER, timedelta(hours=1), "v")
    answer = await client.post("/ingest/orders", content=BODY, headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "FORBIDDEN")


async def test_too_much_waiting_is_a_503_that_says_when(
    client: httpx.AsyncClient, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.ingestion.admission.Admission._count", _full)
    limits: dict[str, Any] = {"backpressure_wait_seconds": 0.1, "pending_records_limit": 1}
    settings = resources.settings.model_copy(update=limits)
    app = Starlette(routes=routes)
    app.state.resources = dataclasses.replace(resources, settings=settings)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://crm", headers=client.headers
    ) as other:
        answer = await other.post("/ingest/orders", content=BODY)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["errors"][0]["code"] == "UNAVAILABLE"


async def _full(_self: object) -> int:
    return 10**6
