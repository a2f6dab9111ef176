"""Clients of the doors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.ingestion.routes import routes
from crm_graphql.resources import Resources
from tests.gql.conftest import api as api


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the routes with an ingestor's token."""
    app = Starlette(routes=routes)
    app.state.resources = resources
    token = mint_token(resources.settings, Role.INGESTOR, timedelta(hours=1), "shop")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://crm",
        headers={"authorization": f"Bearer {token}", "content-type": "text/csv"},
    ) as opened:
        yield opened
