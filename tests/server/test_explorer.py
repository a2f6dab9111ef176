"""The explorer's page and files, built and not built."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from crm_graphql.server.transports import explorer


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The explorer over an empty folder, as where it was not built."""
    monkeypatch.setattr(explorer, "FILES", tmp_path)
    app = Starlette(routes=[Route("/graphql", explorer.explorer_page), *explorer.routes])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm.example.com:8000") as opened:
        yield opened


def build(folder: Path) -> None:
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<html>GraphiQL</html>")
    (folder / "assets" / "index-1a2b.js").write_text("start()")
    (folder / "secret.txt").write_text("not for browsers")


async def test_without_a_build_the_page_says_what_is_missing_and_that_all_else_works(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/graphql")
    assert answer.status_code == 200
    assert "install Node 20.19 or later and run <code>make setup</code>" in answer.text
    assert "All else works" in answer.text
    assert (await client.get("/graphiql/assets/index-1a2b.js")).status_code == 404


async def test_the_page_may_load_only_from_this_server(client: httpx.AsyncClient, tmp_path: Path) -> None:
    build(tmp_path)
    answer = await client.get("/graphql")
    assert answer.text == "<html>GraphiQL</html>"
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://crm.example.com:8000 wss://crm.example.com:8000"


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x,y", ""])
async def test_a_made_up_host_never_gets_into_the_policy(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/graphql", headers={"host": host})
    assert "connect-src 'self';" in answer.headers["content-security-policy"]


async def test_assets_are_kept_by_browsers_and_nothing_beside_them_is_served(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    build(tmp_path)
    answer = await client.get("/graphiql/assets/index-1a2b.js")
    assert answer.text == "start()"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "other.js", ""):
        assert (await client.get(f"/graphiql/assets/{path}")).status_code == 404


@pytest.fixture
async def in_production(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """The whole API, not in development."""
    settings = resources.settings.model_copy(update={"development": False})
    app = create_app(settings, resources=resources.with_settings(settings))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        headers = {"accept": "text/html, */*;q=0.5"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://crm.test", headers=headers
        ) as opened:
            yield opened


async def test_in_production_the_page_asks_for_a_token(
    in_production: httpx.AsyncClient, resources: Resources
) -> None:
    token = mint_token(resources.settings, Role.VIEWER, timedelta(minutes=5))
    assert (await in_production.get("/graphql", auth=("anyone", token))).status_code == 200
    for wrong in [None, ("anyone", "nonsense"), (token, "")]:
        answer = await in_production.get("/graphql", auth=wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "crm token" in answer.text
    broken = await in_production.get("/graphql", headers={"authorization": "Basic %%%"})
    assert broken.status_code == 401


async def test_only_in_development_the_page_takes_tokens_from_its_address(
    in_production: httpx.AsyncClient, resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "FILES", tmp_path)
    (tmp_path / "index.html").write_text("<html><head></head></html>")
    mark = '<head><meta name="crm-development"></head>'
    token = mint_token(resources.settings, Role.VIEWER, timedelta(minutes=5))
    page = await in_production.get("/graphql", auth=("anyone", token))
    assert (page.status_code, mark in page.text) == (200, False)
    assert resources.settings.development
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as local:
            assert mark in (await local.get("/graphql", headers={"accept": "text/html"})).text


async def test_a_password_for_the_page_runs_no_operation(
    in_production: httpx.AsyncClient, resources: Resources
) -> None:
    token = mint_token(resources.settings, Role.ADMIN, timedelta(minutes=5))
    query = {"query": "{ customers { totalCount } }"}
    answer = await in_production.get("/graphql", params=query, auth=("x", token))
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_in_production_the_schema_is_hidden_from_strangers(
    in_production: httpx.AsyncClient, resources: Resources
) -> None:
    asked = {"query": "{ __schema { queryType { name } } }"}
    refused = (await in_production.post("/graphql", json=asked)).json()
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    hidden = (await in_production.post("/graphql", json={"query": "{ custmers { totalCount } }"})).json()
    assert "customers" not in hidden["errors"][0]["message"]
    token = mint_token(resources.settings, Role.VIEWER, timedelta(minutes=5))
    known = {"authorization": f"Bearer {token}"}
    assert "data" in (await in_production.post("/graphql", json=asked, headers=known)).json()
