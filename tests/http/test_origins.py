"""Pages of other origins: which may read answers and open websockets, and what the others are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from structlog.testing import capture_logs

from crm_graphql.app import create_app
from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.http.origins import Origins
from crm_graphql.http.security import edge_middleware
from crm_graphql.server.transports import dashboard, explorer

APP = "https://app.example.com"
EVIL = "https://evil.example"
DEV = "http://localhost:5173"
CLIENTS_SEND = (
    "apollo-require-preflight,apollographql-client-name,apollographql-client-version,authorization,baggage,"
    "content-type,idempotency-key,last-event-id,sentry-trace,traceparent,tracestate,x-crm-client,"
    "x-graphql-event-stream-token,x-request-id"
)


async def small(_request: Request) -> Response:
    return JSONResponse({"a": 1})


async def taken(_request: Request) -> Response:
    return JSONResponse({"a": 1}, 202)


def client(**overrides: object) -> httpx.AsyncClient:
    """A client of a small application behind the guards."""
    routes = [
        Route("/small", small),
        Route("/taken", taken, methods=["POST"]),
        Mount("/files", StaticFiles(directory="/", check_dir=False)),
    ]
    settings = load_settings(_env_file=None, **overrides)
    app = Starlette(routes=routes, middleware=edge_middleware(settings))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://crm.test")


def preflight(origin: str, method: str = "POST", headers: str = CLIENTS_SEND) -> dict[str, str]:
    """What a browser asks before it sends."""
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }


@pytest.mark.parametrize(
    ("origin", "settings"),
    [
        (APP, {"allowed_origins": [APP]}),
        (APP, {"allowed_origins": [f"{APP}:443"]}),
        (APP, {"front_end_url": f"{APP}/crm/"}),
        (APP, {"public_url": APP}),
        (DEV, {"development": True}),
        ("http://127.0.0.1:3000", {"development": True}),
        ("https://[::1]:3000", {"development": True}),
    ],
)
async def test_a_page_that_may_read_is_told_so_before_and_after(
    origin: str, settings: dict[str, Any]
) -> None:
    async with client(**settings) as http:
        asked = await http.options("/taken", headers=preflight(origin))
        answer = await http.post("/taken", headers={"origin": origin})
    assert asked.status_code == 200
    for told in (asked.headers, answer.headers):
        assert told["access-control-allow-origin"] == origin
        assert told["access-control-allow-credentials"] == "true"
        assert "origin" in told["vary"].lower()
    assert set(asked.headers["access-control-allow-headers"].split(",")) == set(CLIENTS_SEND.split(","))
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, POST"
    assert int(asked.headers["access-control-max-age"]) >= 600
    exposed = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"retry-after", "ratelimit", "ratelimit-policy", "x-request-id", "content-disposition"} <= exposed


@pytest.mark.parametrize(
    ("origin", "settings"),
    [
        (EVIL, {"allowed_origins": [APP]}),
        (f"{APP}.evil.example", {"allowed_origins": [APP]}),
        ("http://app.example.com", {"allowed_origins": [APP]}),
        (f"{APP}:8443", {"allowed_origins": [APP]}),
        (DEV, {}),
        ("http://127.0.0.1:8000", {}),
        (DEV, {"allowed_origins": [APP]}),
        (EVIL, {"development": True}),
        ("http://localhost.evil.example", {"development": True}),
        ("http://evil.example:5173", {"development": True}),
        ("null", {"development": True}),
        ("file://", {"development": True}),
    ],
)
async def test_a_page_that_may_not_read_is_told_why_and_so_is_the_log(
    origin: str, settings: dict[str, Any]
) -> None:
    async with client(**settings) as http:
        with capture_logs() as logs:
            asked = await http.options("/small", headers=preflight(origin))
        answer = await http.get("/small", headers={"origin": origin})
    assert asked.status_code == 403
    assert "origin" in asked.headers["vary"].lower()
    assert not any("access-control-allow-origin" in told.headers for told in (asked, answer))
    (error,) = asked.json()["errors"]
    assert (error["code"], error["path"]) == ("FORBIDDEN", [])
    assert origin in error["message"]
    assert "docs/front-end.md" in error["message"]
    (line,) = logs
    assert (line["origin"], line["log_level"]) == (origin, "warning")


async def test_a_refusal_says_what_to_set_or_that_a_file_has_no_origin() -> None:
    async with client() as http:
        page = await http.options("/small", headers=preflight(APP))
        file = await http.options("/small", headers=preflight("null"))
    assert f"Add {APP} to CRM_ALLOWED_ORIGINS" in page.text
    assert "CRM_ALLOWED_ORIGINS" not in file.text
    assert "serve the page over HTTP" in file.text


async def test_a_page_that_asked_nothing_before_is_in_the_log_and_own_pages_are_not() -> None:
    async with client() as http:
        with capture_logs() as logs:
            for _ in range(3):
                await http.get("/small", headers={"origin": EVIL})
            await http.get("/small", headers={"origin": "http://crm.test"})
            # Behind a proxy that changes Host.
            await http.get("/small", headers={"origin": APP, "sec-fetch-site": "same-origin"})
            await http.get("/small")
    assert [line["origin"] for line in logs] == [EVIL]


async def test_the_log_holds_no_flood_of_origins() -> None:
    origins = Origins(load_settings(_env_file=None))
    with capture_logs() as logs:
        for _ in range(3):
            origins.refused(f"https://{'a' * 5_000}.example", "read answers")
    assert len(logs) == 1
    assert len(logs[0]["origin"]) == 200
    assert len(str(origins.refused(f"https://{'a' * 5_000}.example", "read answers"))) < 1_000


async def test_a_star_lets_all_pages_read_and_none_bring_a_cookie() -> None:
    async with client(allowed_origins=["*"], development=True) as http:
        asked = await http.options("/small", headers=preflight(EVIL))
        answer = await http.get("/small", headers={"origin": DEV})
    for told in (asked, answer):
        assert told.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in told.headers


async def test_a_method_that_nothing_speaks_is_refused_by_name() -> None:
    async with client(allowed_origins=[APP]) as http:
        answer = await http.options("/small", headers=preflight(APP, "DELETE"))
    assert answer.status_code == 403
    assert "DELETE is not spoken here; these are: GET, HEAD, POST." in answer.text
    assert answer.headers["access-control-allow-origin"] == APP


async def test_a_plain_options_names_the_methods_of_the_route() -> None:
    async with client() as http:
        answers = [await http.options(path) for path in ("/small", "/taken", "/files/x")]
        missing = await http.options("/nowhere")
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert [answer.headers["allow"] for answer in answers] == [
        "GET, HEAD, OPTIONS",
        "OPTIONS, POST",
        "GET, HEAD, OPTIONS",
    ]
    assert not any(answer.content for answer in answers)
    assert missing.status_code == 404


@pytest.fixture
async def whole() -> AsyncIterator[httpx.AsyncClient]:
    """The product's own routes, not started: OPTIONS needs nothing of what is opened."""
    app = create_app(load_settings(_env_file=None, development=True))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://crm.test"
    ) as http:
        yield http


ROUTES = [
    route.path
    for route in create_app(load_settings(_env_file=None)).routes
    if isinstance(route, Route | Mount)
]


@pytest.mark.parametrize("path", ROUTES)
async def test_every_route_answers_options(
    whole: httpx.AsyncClient, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the pages were built.
    for page in (explorer, dashboard):
        monkeypatch.setattr(page, "FILES", tmp_path)
    (tmp_path / "index.html").write_text("<html></html>")
    (tmp_path / "assets").mkdir()
    asked = await whole.options(path, headers=preflight(DEV))
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, DEV)
    plain = await whole.options(f"{path}/x.js" if path.endswith("assets") else path)
    assert plain.status_code == 204
    assert "OPTIONS" in plain.headers["allow"]


async def test_a_fault_of_the_server_can_be_read_by_a_page_of_another_origin(
    whole: httpx.AsyncClient,
) -> None:
    # Nothing is open yet, which nobody foresees.
    answer = await whole.get("/audit/export", headers={"origin": DEV})
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["code"] == "INTERNAL"
    assert answer.headers["access-control-allow-origin"] == DEV
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("x-request-id") == [answer.headers["x-request-id"]]


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "crm.test", True),
        ("http://crm.test", "crm.test", True),
        ("https://crm.test", "crm.test", True),
        ("https://crm.test", "crm.test:443", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://CRM.test", "crm.TEST", True),
        (APP, "crm.test", True),
        (f"{APP}:443", "crm.test", True),
        ("http://app.example.com", "crm.test", False),
        (f"{APP}.evil.example", "crm.test", False),
        (EVIL, "crm.test", False),
        ("http://crm.test:8001", "crm.test:8000", False),
        ("http://crm.test", "crm.test:8000", False),
        ("http://crm.test@evil.example", "evil.example", False),
        ("http://evil.example/crm.test", "crm.test", False),
        ("null", "crm.test", False),
        ("", "crm.test", False),
        ("http://", "", False),
        ("http://[", "[", False),
        ("http://crm.test:99999", "crm.test:99999", False),
        ("file://", "crm.test", False),
    ],
)
def test_a_websocket_is_opened_only_for_own_and_listed_pages(
    origin: str | None, host: str, allowed: bool
) -> None:
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    origins = Origins(load_settings(_env_file=None, allowed_origins=[APP]))
    assert origins.allows_socket(headers) is allowed


def test_a_star_opens_websockets_for_every_page() -> None:
    origins = Origins(load_settings(_env_file=None, allowed_origins=["*"]))
    assert origins.allows_socket({"host": "crm.test", "origin": EVIL})


@pytest.mark.parametrize(
    "origin", ["app.example.com", f"{APP}/", f"{APP} {EVIL}", f'"{APP}"', "https://a b", "ftp://a", "{}"]
)
def test_what_is_no_origin_stops_the_start_and_says_what_one_is(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_ALLOWED_ORIGINS", origin)
    with pytest.raises(SettingsError) as refused:
        load_settings(_env_file=None)
    told = str(refused.value)
    assert told.startswith(f"CRM_ALLOWED_ORIGINS: {origin!r} is not an origin. Write ")
    assert APP in told
