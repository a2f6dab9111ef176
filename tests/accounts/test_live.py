"""Live connections end with their caller: over real sockets, on a running product."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.accounts.doors import PASSWORD, TOKENS
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import SentCampaign

pytestmark = pytest.mark.xdist_group("protocols")

WATCH = "subscription ($id: ID!) { campaignProgress(campaignId: $id) { status } }"


@dataclass
class Person:
    """A user who is signed in at the running product."""

    id: str
    email: str
    token: str


async def payload_of(
    served: Deployment, document: str, variables: dict[str, Any], token: str | None = None
) -> Any:
    data = await served.graphql(document, variables, token=token)
    (payload,) = data.values()
    assert payload["errors"] == [], payload
    return payload


async def person(served: Deployment, role: str = "VIEWER") -> Person:
    """A user of the test's own."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    made = await payload_of(
        served,
        "mutation ($i: UserCreateInput!) { userCreate(input: $i) { user { id } inviteUrl errors { code } } }",
        {"i": {"email": email, "role": role}},
    )
    code = made["inviteUrl"].partition("#code=")[2]
    await payload_of(
        served,
        "mutation ($i: PasswordSetInput!) { passwordSet(input: $i) { errors { message } } }",
        {"i": {"code": code, "password": PASSWORD}},
    )
    return Person(made["user"]["id"], email, await login(served, email))


async def login(served: Deployment, email: str) -> str:
    """A new session's access token."""
    payload = await payload_of(
        served,
        f"mutation ($i: LoginInput!) {{ login(input: $i) {{ {TOKENS} }} }}",
        {"i": {"email": email, "password": PASSWORD}},
    )
    return str(payload["tokens"]["accessToken"])


async def read_to_the_end(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def deactivate(served: Deployment, who: Person) -> None:
    await update(served, who, isActive=False)


async def demote(served: Deployment, who: Person) -> None:
    await update(served, who, role="INGESTOR")


async def update(served: Deployment, who: Person, **changes: object) -> None:
    await payload_of(
        served,
        "mutation ($i: UserUpdateInput!) { userUpdate(input: $i) { errors { message } } }",
        {"i": {"id": who.id, **changes}},
    )


async def log_out(served: Deployment, who: Person) -> None:
    await payload_of(served, "mutation { logout { errors { message } } }", {}, who.token)


async def revoke_from_another_device(served: Deployment, who: Person) -> None:
    other = await login(served, who.email)
    await payload_of(served, "mutation { sessionsRevokeOthers { errors { message } } }", {}, other)


@pytest.mark.parametrize("end", [deactivate, demote, log_out, revoke_from_another_device])
async def test_an_open_socket_is_closed_when_its_caller_is_out(
    served: Deployment, campaign: SentCampaign, end: Callable[[Deployment, Person], Awaitable[None]]
) -> None:
    who, other = await person(served), await person(served)
    async with served.socket(token=who.token) as socket, served.socket(token=other.token) as theirs:
        for one in (socket, theirs):
            message = {
                "id": "1",
                "type": "subscribe",
                "payload": {"query": WATCH, "variables": {"id": campaign.id}},
            }
            await one.send(json.dumps(message))
            assert json.loads(await one.recv())["type"] == "next"
        await end(served, who)
        start = time.monotonic()
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(read_to_the_end(socket), 10)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4403
        assert time.monotonic() - start < 10
        # The same subscription of somebody else goes on.
        await theirs.send(json.dumps({"type": "ping"}))
        while json.loads(await theirs.recv())["type"] != "pong":
            pass


async def test_an_event_stream_ends_when_its_caller_is_out(
    served: Deployment, campaign: SentCampaign
) -> None:
    who = await person(served)
    body = {"query": WATCH, "variables": {"id": campaign.id}}
    headers = {"authorization": f"Bearer {who.token}", "accept": "text/event-stream"}
    async with (
        asyncio.timeout(60),
        served.http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == "event: next"
        await deactivate(served, who)
        async for _ in lines:
            pass


async def test_a_socket_takes_a_login_but_sets_and_uses_no_cookie(served: Deployment) -> None:
    who = await person(served)
    values = {"email": who.email, "password": PASSWORD}
    document = f"mutation ($i: LoginInput!) {{ login(input: $i) {{ {TOKENS} }} }}"
    refresh = f"mutation {{ refresh {{ {TOKENS} }} }}"
    asked = [(document, {"i": values}), (document, {"i": {**values, "useCookie": True}}), (refresh, {})]
    payloads = []
    async with served.socket(token=who.token) as socket:
        for number, (query, variables) in enumerate(asked):
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
            answer = json.loads(await socket.recv())
            payloads += answer["payload"]["data"].values()
            assert json.loads(await socket.recv())["type"] == "complete"
    signed_in, with_cookie, without_token = payloads
    assert (signed_in["errors"], signed_in["user"]["email"]) == ([], who.email)
    assert (with_cookie["tokens"], with_cookie["errors"][0]["code"]) == (None, "INVALID")
    assert (without_token["tokens"], without_token["errors"][0]["code"]) == (None, "REQUIRED")


async def test_a_revoked_keys_socket_is_closed_and_a_revoked_key_opens_none(served: Deployment) -> None:
    made = await payload_of(
        served,
        "mutation ($i: ApiKeyCreateInput!) { apiKeyCreate(input: $i) { secret apiKey { id } errors { code }"
        " } }",
        {"i": {"name": "live", "role": "VIEWER"}},
    )
    async with served.socket(token=made["secret"]) as socket:
        await payload_of(
            served,
            "mutation ($i: ApiKeyRevokeInput!) { apiKeyRevoke(input: $i) { errors { message } } }",
            {"i": {"id": made["apiKey"]["id"]}},
        )
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 10)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4403
    with pytest.raises(ConnectionClosed):
        async with served.socket(token=made["secret"]):
            pass
