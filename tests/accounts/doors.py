"""Clients of one API in this process: people and machines, each at an address of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.setup_code import setup_code
from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources

PASSWORD = "seven green kettles sing"
ORIGIN = "http://crm.test"
TOKENS = "user { id email role } tokens { accessToken refreshToken } errors { code path message }"


class Client:
    """One client at one address. `token` is what it signs in with from now on."""

    def __init__(self, app: Starlette, resources: Resources, address: str) -> None:
        self.resources = resources
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 40000)),
            base_url=ORIGIN,
            headers={"user-agent": "tests"},
        )
        self.token: str | None = None
        self.refresh_token: str | None = None

    async def post(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One operation, as the HTTP answer."""
        given = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": document, "variables": variables or {}}
        return await self.http.post("/graphql", json=body, headers={**given, **(headers or {})})

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        answer = await self.post(document, variables, headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def data(self, document: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The one field's value of an operation that must not have top-level errors."""
        body = await self.ask(document, variables)
        assert "errors" not in body, body
        (value,) = body["data"].values()
        return value

    async def mutate(self, name: str, input: Mapping[str, Any] | None, selection: str = "") -> dict[str, Any]:
        """The payload of a mutation."""
        kind = name[0].upper() + name[1:] + "Input"
        head, argument = (f"($input: {kind}!)", "(input: $input)") if input is not None else ("", "")
        document = f"mutation {head} {{ {name}{argument} {{ {selection} errors {{ code path message }} }} }}"
        payload: dict[str, Any] = await self.data(document, {"input": input} if input is not None else {})
        return payload

    async def login(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in, and keep the tokens where it succeeded."""
        body = await self.ask(
            f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {TOKENS} }} }}",
            {"input": {"email": email, "password": password}},
        )
        payload: dict[str, Any] = body["data"]["login"]
        self._keep(payload)
        return payload

    async def refresh(self, token: str | None = None) -> dict[str, Any]:
        """Use a refresh token, its own unless another is given, and keep the new ones."""
        payload: dict[str, Any] = await self.data(
            f"mutation ($input: RefreshInput) {{ refresh(input: $input) {{ {TOKENS} }} }}",
            {"input": {"refreshToken": token or self.refresh_token}},
        )
        self._keep(payload)
        return payload

    async def is_in(self) -> bool:
        """Whether its token still counts."""
        body = await self.ask("{ sessions { id } }")
        return "errors" not in body

    def _keep(self, payload: Mapping[str, Any]) -> None:
        if payload["tokens"]:
            self.token = payload["tokens"]["accessToken"]
            self.refresh_token = payload["tokens"]["refreshToken"] or self.refresh_token


class Doors:
    """The API, and ways to come to it."""

    def __init__(self, app: Starlette, resources: Resources) -> None:
        self.app = app
        self.resources = resources
        self._addresses = 0
        self._open: list[Client] = []

    def client(self, address: str | None = None) -> Client:
        """A client at a fresh address, or at this one."""
        self._addresses += 1
        made = Client(
            self.app, self.resources, address or f"10.0.{self._addresses // 250}.{self._addresses % 250}"
        )
        self._open.append(made)
        return made

    def operator(self, role: Role = Role.ADMIN, subject: str = "operator") -> Client:
        """A client with an operator's token."""
        made = self.client()
        made.token = mint_token(self.resources.settings, role, timedelta(minutes=5), subject)
        return made

    async def first_admin(self, email: str = "ada@example.com") -> Client:
        """The first user, signed in."""
        made = self.client()
        payload = await made.data(
            f"mutation ($input: RegisterInput!) {{ register(input: $input) {{ {TOKENS} }} }}",
            {
                "input": {
                    "email": email,
                    "password": PASSWORD,
                    "setupCode": setup_code(self.resources.settings),
                }
            },
        )
        assert payload["errors"] == [], payload
        made._keep(payload)
        return made

    async def user(self, email: str, role: Role = Role.VIEWER, *, by: Client | None = None) -> Client:
        """A user who was invited, has set a password, and is signed in."""
        admin = by or self.operator()
        made = await admin.mutate("userCreate", {"email": email, "role": role.value}, "user { id } inviteUrl")
        client = self.client()
        done = await client.mutate("passwordSet", {"code": code_of(made["inviteUrl"]), "password": PASSWORD})
        assert done["errors"] == [], done
        assert (await client.login(email))["errors"] == []
        return client

    async def close(self) -> None:
        """Let go of the clients."""
        for client in self._open:
            await client.http.aclose()


def code_of(url: str) -> str:
    """The code in a one-time link."""
    return url.partition("#code=")[2]


@asynccontextmanager
async def open_doors(resources: Resources, **settings: Any) -> AsyncIterator[Doors]:
    """The API in this process over opened resources, with some settings changed."""
    changed = resources.settings.model_copy(update={"public_url": ORIGIN, **settings})
    own = dataclasses.replace(resources.with_settings(changed), access=Access(changed, resources.bus))
    app = create_app(changed, resources=own)
    async with app.router.lifespan_context(app):
        doors = Doors(app, own)
        try:
            yield doors
        finally:
            await doors.close()
