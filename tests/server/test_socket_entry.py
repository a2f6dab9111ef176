"""Who comes in at a websocket: nobody is acknowledged and then closed, and each refusal says what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId

from crm_graphql.accounts.tokens import LEEWAY, mint_token, mint_user_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from crm_graphql.resources import Resources
from crm_graphql.server.transports.socket_entry import ANONYMOUS_REASON, UNKNOWN_KEY_REASON
from tests.accounts.test_live import log_out, person
from tests.server.live_campaign import PROGRESS, LiveCampaign, until
from tests.server.live_server import Server, serving
from tests.server.transport_ws import TRANSPORT_WS, Peer, opened
from tests.servers.deployment import SECRET, Deployment

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("protocols")]


def token_for(seconds: float, secret: str = SECRET) -> str:
    """A token of the operator that ends so long from now."""
    settings = load_settings(_env_file=None, secret_key=secret)
    return mint_token(settings, Role.ADMIN, timedelta(seconds=seconds))


async def refused(served: Deployment, payload: dict[str, Any]) -> tuple[int, str]:
    """How the socket of this `connection_init` is closed: before anything else was said."""
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.send({"type": "connection_init", "payload": payload})
        # A message would be an acknowledgement that is taken back at once.
        return await peer.closed_at_once()


@pytest.mark.parametrize("seconds", [-3_600, -(LEEWAY.total_seconds() + 1), -2])
async def test_an_expired_token_is_refused_as_expired_and_never_acknowledged(
    served: Deployment, seconds: float
) -> None:
    code, reason = await refused(served, {"Authorization": f"Bearer {token_for(seconds)}"})
    assert code == 4440
    assert "expired" in reason
    assert "new one" in reason


@pytest.mark.parametrize(
    "token",
    ["nonsense", "a.b.c", token_for(3_600, "another-9Wm4kXc7Tz2QvL8pRb3N-secret")],
    ids=["nonsense", "three parts", "another server's"],
)
async def test_a_broken_token_or_one_of_another_server_is_refused_as_that(
    served: Deployment, token: str
) -> None:
    code, reason = await refused(served, {"Authorization": f"Bearer {token}"})
    assert code == 4403
    assert "not valid here" in reason


async def test_a_revoked_session_is_refused_as_ended_and_never_acknowledged(served: Deployment) -> None:
    who = await person(served)
    await log_out(served, who)
    code, reason = await refused(served, {"Authorization": f"Bearer {who.token}"})
    assert code == 4403
    assert "session has ended" in reason


@pytest.mark.parametrize("name", ["authToken", "token", "headers", "a" * 200, "ü" * 200])
async def test_a_key_that_means_nothing_here_is_named_with_the_one_that_does(
    served: Deployment, name: str
) -> None:
    code, reason = await refused(served, {name: f"Bearer {served.token}"})
    assert code == 4400
    assert f'"{name[:15]}' in reason
    assert "as Authorization" in reason


async def test_other_keys_beside_the_token_are_no_mistake(served: Deployment) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.init({"authorization": f"Bearer {served.token}", "X-Request-ID": "7"})
        await peer.is_well()


async def test_in_development_too_a_wrong_key_is_named_and_no_key_is_nobody(resources: Resources) -> None:
    async with serving(resources) as server:
        assert (await closed_by(server, {"authToken": "x"}))[0] == 4400
        async with server.opened() as socket:
            await Peer(socket).init({})


async def test_nothing_listens_for_revocations_once_a_connection_is_over(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    who = {"user_id": ObjectId(), "session_id": ObjectId(), "email": "a@example.com", "access_version": 1}
    token, _ = mint_user_token(resources.settings, role=Role.VIEWER, **who)  # type: ignore[arg-type]
    authorization = f"Bearer {token}"
    listeners = resources.access.revocations._listeners
    async with serving(resources) as server:
        async with server.opened() as socket:
            await Peer(socket).init({"Authorization": authorization})
            assert listeners
        await until(lambda: not listeners, "the socket's are gone")
        body = {"query": PROGRESS, "variables": {"id": campaign.id}}
        headers = {"authorization": authorization, "accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client,
            client.stream("POST", "/graphql", json=body) as stream,
        ):
            assert await anext(stream.aiter_lines()) == "event: next"
            assert listeners
        await until(lambda: not listeners, "the stream's are gone")


async def closed_by(server: Server, payload: dict[str, Any]) -> tuple[int, str]:
    async with server.opened() as socket:
        peer = Peer(socket)
        await peer.send({"type": "connection_init", "payload": payload})
        return await peer.closed_at_once()


def test_the_reasons_fit_into_a_close_frame() -> None:
    for reason in (ANONYMOUS_REASON, UNKNOWN_KEY_REASON.format("k" * 30)):
        assert len(reason.encode()) <= 123, reason
