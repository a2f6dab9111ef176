"""What anybody may ask is answered to a caller whose credential does not count, and says that it does not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, TOKENS, Client, Doors, open_doors

PUBLIC = "{ viewer { role } serverInfo { currency } }"
LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation ($input: RefreshInput) {{ refresh(input: $input) {{ {TOKENS} }} }}"


def expired(client: Client) -> str:
    """A token that was good."""
    return f"Bearer {mint_token(client.resources.settings, Role.ADMIN, timedelta(hours=-1))}"


def shown(client: Client, what: str) -> dict[str, str]:
    """The header that a test is about."""
    return {"authorization": expired(client) if what == "an expired token" else what}


def codes(body: dict[str, Any]) -> list[str]:
    """The codes of its errors outside payloads."""
    return [error["extensions"]["code"] for error in body.get("errors", [])]


@pytest.mark.parametrize(
    ("credential", "reason"),
    [
        ("an expired token", "The token has expired"),
        ("Bearer nonsense", "The token is not valid here"),
        ("Bearer undefined", "The token is not valid here"),
        ("Bearer crmk_0123456789abcdef0123456789abcdef", "API key is not known here"),
        ("Bearer", "A bearer token is needed"),
        ("Token abc", "A bearer token is needed"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", "A bearer token is needed"),
    ],
)
async def test_a_credential_that_does_not_count_is_told_beside_the_data(
    doors: Doors, credential: str, reason: str
) -> None:
    client = doors.client()
    answer = await client.post(PUBLIC, headers=shown(client, credential))
    body = answer.json()
    assert answer.status_code == 200
    assert body["data"] == {"viewer": None, "serverInfo": {"currency": "USD"}}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert reason in error["message"]
    # What is null for it, and nothing else, bears its path.
    assert error["path"] == ["viewer"]
    alone = (await client.post("{ serverInfo { currency } }", headers=shown(client, credential))).json()
    assert (alone["data"], codes(alone)) == ({"serverInfo": {"currency": "USD"}}, ["UNAUTHENTICATED"])
    assert "path" not in alone["errors"][0]


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}])
async def test_who_shows_nothing_is_told_nothing(doors: Doors, headers: dict[str, str]) -> None:
    body = (await doors.client().post(PUBLIC, headers=headers)).json()
    assert (body["data"]["viewer"], codes(body)) == (None, [])


async def test_a_session_that_was_ended_is_told_so(doors: Doors) -> None:
    user = await doors.user("u@example.com")
    assert (await user.mutate("logout", None))["errors"] == []
    body = await user.ask(PUBLIC)
    assert (body["data"]["viewer"], codes(body)) == (None, ["UNAUTHENTICATED"])


async def test_one_error_is_enough_where_a_field_says_it_already(doors: Doors) -> None:
    client = doors.client()
    document = "{ serverInfo { currency } sessions { id } }"
    body = (await client.post(document, headers=shown(client, "Bearer x"))).json()
    assert codes(body) == ["UNAUTHENTICATED"]
    assert body["errors"][0]["path"] == ["sessions"]


async def test_a_page_comes_in_with_its_old_token_still_at_hand(doors: Doors) -> None:
    user = await doors.user("u@example.com")
    client = doors.client()
    old = shown(client, "an expired token")
    login = {"input": {"email": "u@example.com", "password": PASSWORD}}
    for document, variables, field in (
        (LOGIN, login, "login"),
        (REFRESH, {"input": {"refreshToken": user.refresh_token}}, "refresh"),
    ):
        body = (await client.post(document, variables, old)).json()
        assert codes(body) == []
        assert body["data"][field]["errors"] == []
        assert body["data"][field]["tokens"]["accessToken"]


async def test_it_is_told_by_get_and_in_an_event_stream_too(doors: Doors) -> None:
    client = doors.client()
    headers = shown(client, "an expired token")
    by_get = await client.http.get("/graphql", params={"query": PUBLIC}, headers=headers)
    assert codes(by_get.json()) == ["UNAUTHENTICATED"]
    stream = await client.post(PUBLIC, headers={**headers, "accept": "text/event-stream"})
    event = next(line for line in stream.text.splitlines() if line.startswith("data: {"))
    assert codes(json.loads(event.removeprefix("data: "))) == ["UNAUTHENTICATED"]


async def test_who_may_not_read_the_schema_for_an_old_token_is_told_that_it_is_old(
    resources: Resources,
) -> None:
    async with open_doors(resources, development=False) as doors:
        client = doors.client()
        told = [
            (await client.post("{ __schema { queryType { name } } }", headers=headers)).json()["errors"][0]
            for headers in (shown(client, "an expired token"), {})
        ]
    assert [error["extensions"]["code"] for error in told] == ["UNAUTHENTICATED", "UNAUTHENTICATED"]
    assert "expired" in told[0]["message"]
    assert "needs a token" in told[1]["message"]
