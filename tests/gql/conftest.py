"""The API over an emptied database, asked through its HTTP door in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources


@dataclass
class Api:
    """Asks as a caller of a role would."""

    http: httpx.AsyncClient
    resources: Resources

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: Role | None = Role.ADMIN,
        subject: str = "tester",
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        headers = {}
        if role is not None:
            token = mint_token(self.resources.settings, role, timedelta(minutes=5), subject)
            headers["authorization"] = f"Bearer {token}"
        answer = await self.http.post(
            "/graphql", json={"query": document, "variables": variables or {}}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def data(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of an operation that must not have top-level errors."""
        body = await self.ask(document, variables)
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data


@pytest.fixture
async def api(resources: Resources) -> AsyncIterator[Api]:
    """The API in this process."""
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as http:
            yield Api(http, resources)
