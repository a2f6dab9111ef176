"""Every answer is guarded: headers for browsers, compression of what is large."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from crm_graphql.core.settings import load_settings
from crm_graphql.http.security import edge_middleware

LARGE = {"rows": ["the same text again"] * 1_000}


async def large(_request: Request) -> Response:
    return JSONResponse(LARGE)


async def small(_request: Request) -> Response:
    return JSONResponse({"a": 1})


async def page(_request: Request) -> Response:
    return HTMLResponse("x", headers={"content-security-policy": "own", "cache-control": "max-age=5"})


async def script(_request: Request) -> Response:
    return Response("1", media_type="text/javascript")


async def events(_request: Request) -> Response:
    async def stream() -> AsyncIterator[str]:
        for _ in range(3):
            yield "data: " + "x" * 5_000 + "\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


def client(**overrides: object) -> httpx.AsyncClient:
    """A client of a small application behind the guards."""
    app = Starlette(
        routes=[Route(f"/{each.__name__}", each) for each in (large, small, page, script, events)],
        middleware=edge_middleware(load_settings(_env_file=None, **overrides)),
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://crm.test")


async def test_answers_have_the_headers_that_keep_browsers_honest() -> None:
    async with client() as http:
        headers = (await http.get("/small")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_an_answers_own_headers_stay_and_scripts_get_no_policy() -> None:
    async with client() as http:
        own = (await http.get("/page")).headers
        scripted = (await http.get("/script")).headers
    assert (own["content-security-policy"], own["cache-control"]) == ("own", "max-age=5")
    assert "content-security-policy" not in scripted
    assert scripted["x-content-type-options"] == "nosniff"


async def test_a_deployment_on_https_says_so() -> None:
    async with client(public_url="https://crm.example.com") as http:
        assert "max-age" in (await http.get("/small")).headers["strict-transport-security"]


async def test_only_large_answers_are_compressed() -> None:
    async with client() as http:
        many = await http.get("/large")
        few = await http.get("/small")
        plain = await http.get("/large", headers={"accept-encoding": "identity"})
    assert many.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in many.headers["vary"].lower()
    assert int(many.headers["content-length"]) < len(gzip.compress(many.content)) * 2
    assert many.json() == plain.json() == LARGE
    assert "content-encoding" not in few.headers
    assert "content-encoding" not in plain.headers


async def test_event_streams_are_not_compressed() -> None:
    async with client() as http:
        answer = await http.get("/events", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.text.count("data:") == 3
