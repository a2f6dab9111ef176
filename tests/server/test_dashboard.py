"""The dashboard's page and files, built and not built, at its own addresses and at no other."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from crm_graphql.core.settings import load_settings
from crm_graphql.server.transports import dashboard

MARK = '<head><meta name="crm-development"></head>'


def opened(*, development: bool = False) -> httpx.AsyncClient:
    settings = load_settings(_env_file=None).model_copy(update={"development": development})
    transport = httpx.ASGITransport(app=Starlette(routes=dashboard.routes(settings)))
    return httpx.AsyncClient(transport=transport, base_url="http://crm.example.com:8000")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the dashboard would be built to: empty as yet."""
    monkeypatch.setattr(dashboard, "FILES", tmp_path)
    return tmp_path


@pytest.fixture
def built(files: Path) -> Path:
    (files / "assets").mkdir()
    (files / "index.html").write_text("<html><head></head></html>")
    (files / "assets" / "index-1a2b.js").write_text("start()")
    (files / "built-from").write_text("not for browsers")
    return files


@pytest.mark.usefixtures("files")
async def test_without_a_build_the_first_address_is_the_explorers_and_screens_say_what_is_missing() -> None:
    async with opened() as client:
        first = await client.get("/")
        assert (first.status_code, first.headers["location"]) == (307, "/graphql")
        for path in ("/campaigns/abc", "/dashboard/assets/index-1a2b.js"):
            answer = await client.get(path)
            assert (answer.status_code, "run make setup" in answer.text) == (404, True)


@pytest.mark.usefixtures("files")
async def test_without_a_build_a_one_time_link_leads_to_a_plain_page_that_sets_the_password() -> None:
    async with opened() as client:
        answer = await client.get("/set-password")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "passwordSet(input: $input)" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", answer.headers["content-security-policy"])
    assert nonce
    assert f'<script nonce="{nonce[1]}">' in answer.text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/", "/campaigns", "/campaigns/Q2FtcGFpZ24=", "/customers/a/b", "/set-password"]
)
async def test_every_screens_address_is_the_same_page(path: str) -> None:
    async with opened() as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "<html><head></head></html>")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    ["/campaignsx", "/nothing", "/dashboard", "/exports", "/dashboard/built-from", "/set-password/more"],
)
async def test_addresses_of_no_screen_are_not_the_pages(path: str) -> None:
    async with opened() as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.usefixtures("built")
async def test_the_page_loads_from_this_server_alone_runs_no_inline_script_and_is_framed_by_none() -> None:
    async with opened() as client:
        answer = await client.get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://crm.example.com:8000 wss://crm.example.com:8000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.usefixtures("built")
async def test_only_in_development_the_page_takes_tokens_from_its_address() -> None:
    for development in (True, False):
        async with opened(development=development) as client:
            assert (MARK in (await client.get("/campaigns")).text) is development


@pytest.mark.usefixtures("built")
async def test_assets_are_kept_by_browsers_and_nothing_beside_them_is_served() -> None:
    async with opened() as client:
        answer = await client.get("/dashboard/assets/index-1a2b.js")
        assert answer.text == "start()"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        for path in ("../built-from", "%2e%2e/built-from", "..%2fbuilt-from", "other.js", ""):
            assert (await client.get(f"/dashboard/assets/{path}")).status_code == 404


async def test_assets_travel_compressed_to_who_takes_them_so(built: Path) -> None:
    script = "start();" * 1_000
    (built / "assets" / "index-1a2b.js").write_text(script)
    async with opened() as client:
        packed = await client.get("/dashboard/assets/index-1a2b.js", headers={"accept-encoding": "gzip"})
        plain = await client.get("/dashboard/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == script
