"""Doors beside GraphQL: one form of refusal for all, and none waits for a body that does not come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from crm_graphql.core.errors import ErrorCode, RateLimited, Unauthenticated, Unavailable
from crm_graphql.http.doors import STATUSES, refusal
from crm_graphql.resources import Resources
from tests.server.live_server import Server, serving

HEAD = b"customer_id,name\n"


def test_every_code_has_a_status() -> None:
    assert STATUSES.keys() == set(ErrorCode)


def test_who_may_come_again_is_told_when() -> None:
    assert refusal(Unavailable("x", retry_after_seconds=7)).headers["retry-after"] == "7"
    assert refusal(RateLimited("x", retry_after_seconds=9)).headers["retry-after"] == "9"


def test_a_401_names_what_to_bring() -> None:
    assert refusal(Unauthenticated("x")).headers["www-authenticate"] == "Bearer"


@pytest.fixture
async def server(resources: Resources) -> AsyncIterator[Server]:
    async with serving(resources, ingest_read_seconds=0.5, request_read_seconds=0.5) as started:
        yield started


async def answer_to_a_drip(server: Server, path: str, *headers: str) -> bytes:
    """What a client is told that goes on sending, a little now and then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    fields = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Transfer-Encoding: chunked", *headers]
    writer.write("\r\n".join(fields).encode() + b"\r\n\r\n11\r\n" + HEAD + b"\r\n")
    # What it goes on to send may reset the connection behind the answer: read that as it comes.
    answered = asyncio.ensure_future(reader.readuntil(b"}]}"))
    try:
        async with asyncio.timeout(60):
            while not answered.done():
                writer.write(b"7\r\nC0,Ida\n\r\n")
                await asyncio.wait({answered}, timeout=0.1)
        return answered.result()
    finally:
        writer.transport.abort()


async def test_a_file_that_drips_is_ended_and_goes_on_by_its_key(server: Server) -> None:
    headers = {
        "Authorization": f"Bearer {server.token}",
        "Content-Type": "text/csv",
        "Idempotency-Key": "once",
    }
    told = await answer_to_a_drip(server, "/ingest/customers", *(f"{k}: {v}" for k, v in headers.items()))
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"CRM_INGEST_READ_SECONDS" in told
    async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client:
        again = await client.post("/ingest/customers", content=HEAD + b"C0,Ida\n")
        assert (again.status_code, again.json()["accepted"]) == (202, 1)


async def test_receipts_that_do_not_come_are_ended(server: Server) -> None:
    assert (await answer_to_a_drip(server, "/webhooks/receipts")).startswith(b"HTTP/1.1 408 ")
