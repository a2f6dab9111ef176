"""The limits as callers meet them, in every transport: who passes one is told, everybody else goes on."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from tests.server.live_campaign import PROGRESS, LiveCampaign
from tests.server.live_server import Server, serving

LIST = "{ customers(first: 50) { nodes { id } } }"
"""Costs about a hundred."""


async def post(server: Server, query: str, token: str | None = None, **headers: str) -> httpx.Response:
    """One operation over HTTP."""
    known = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"{server.url}/graphql", json={"query": query}, headers={**known, **headers})


async def ask(opened: ClientConnection, key: str, query: str, **variables: Any) -> dict[str, Any]:
    """One operation over a socket; the first message that answers it."""
    payload = {"query": query, "variables": variables}
    await opened.send(json.dumps({"type": "subscribe", "id": key, "payload": payload}))
    async with asyncio.timeout(60):
        while (message := json.loads(await opened.recv()))["id"] != key:
            pass
    answer: dict[str, Any] = message
    return answer


async def test_a_caller_whose_minute_is_spent_waits_and_others_do_not(resources: Resources) -> None:
    async with serving(resources, rate_cost_per_minute=300) as server:
        statuses = [(await post(server, LIST, server.token)).status_code for _ in range(5)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        refused = await post(server, LIST, server.token)
        error = refused.json()["errors"][0]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        seconds = int(refused.headers["retry-after"])
        assert 0 < seconds <= 60
        assert error["extensions"]["retryAfterSeconds"] == seconds
        assert refused.headers["ratelimit-policy"] == '"cost";q=300;qu="cost";w=60'
        assert refused.headers["ratelimit"].startswith('"cost";r=')
        events = await post(server, LIST, server.token, accept="text/event-stream")
        assert events.status_code == 429
        other = mint_token(resources.settings, Role.VIEWER, timedelta(hours=1), "other")
        assert (await post(server, LIST, other)).status_code == 200


async def test_the_operations_of_a_socket_are_paid_from_the_same_minute(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    async with serving(resources, rate_cost_per_minute=300) as server, server.socket() as opened:
        assert (await ask(opened, "watch", PROGRESS, id=campaign.id))["type"] == "next"
        answers = [await ask(opened, f"list {number}", LIST) for number in range(5)]
        assert answers[0]["type"] == "next"
        assert answers[-1]["type"] == "error"
        assert answers[-1]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert (await post(server, LIST, server.token)).status_code == 429
        # What runs goes on.
        await campaign.change(0)
        async with asyncio.timeout(60):
            while json.loads(await opened.recv())["id"] != "watch":
                pass


async def test_strangers_share_what_their_address_may_ask(resources: Resources) -> None:
    async with serving(resources, anonymous_requests_per_minute=3) as server:
        statuses = [(await post(server, "{ __typename }")).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        assert (await post(server, "{ __typename }", server.token)).status_code == 200


async def test_a_document_over_a_limit_says_which_and_how_far(resources: Resources) -> None:
    async with serving(resources, query_depth=3, query_cost=50) as server:
        deep = await post(
            server, "{ campaigns { nodes { audience { customers { nodes { id } } } } } }", server.token
        )
        extensions = deep.json()["errors"][0]["extensions"]
        assert extensions["code"] == "TOO_COMPLEX"
        assert (extensions["setting"], extensions["limit"]) == ("CRM_QUERY_DEPTH", 3)
        assert extensions["value"] > 3
        dear = (await post(server, LIST, server.token)).json()["errors"][0]["extensions"]
        assert (dear["setting"], dear["limit"]) == ("CRM_QUERY_COST", 50)


async def test_a_socket_runs_so_many_operations_at_once(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    async with serving(resources, socket_operations_limit=2) as server, server.socket() as opened:
        for key in ("a", "b"):
            assert (await ask(opened, key, PROGRESS, id=campaign.id))["type"] == "next"
        refused = await ask(opened, "c", PROGRESS, id=campaign.id)
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await opened.send(json.dumps({"type": "complete", "id": "a"}))
        assert (await ask(opened, "c", PROGRESS, id=campaign.id))["type"] == "next"


async def test_a_caller_has_so_many_sockets_and_gets_the_place_back(resources: Resources) -> None:
    async with serving(resources, sockets_per_caller=2) as server:
        async with server.socket(), server.socket(), server.opened() as third:
            await third.send(json.dumps(server.init))
            with pytest.raises(ConnectionClosed) as closed:
                await third.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4441
        async with asyncio.timeout(60):
            while server.gateway.sockets.count():
                await asyncio.sleep(0.02)
        async with server.socket():
            assert server.gateway.sockets.count() == 1


async def test_event_streams_count_as_live_connections_too(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    body = {"query": PROGRESS, "variables": {"id": campaign.id}}
    async with serving(resources, sockets_per_caller=2) as server, server.socket():
        headers = {"authorization": f"Bearer {server.token}", "accept": "text/event-stream"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client:
            async with client.stream("POST", "/graphql", json=body) as stream:
                assert stream.status_code == 200
                await anext(stream.aiter_lines())
                refused = await client.post("/graphql", json=body)
                assert refused.status_code == 429
                assert refused.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
            async with asyncio.timeout(60):
                while server.gateway.sockets.count() > 1:
                    await asyncio.sleep(0.02)
            async with client.stream("POST", "/graphql", json=body) as stream:
                assert stream.status_code == 200


async def test_a_page_of_another_site_opens_no_socket(resources: Resources) -> None:
    async with serving(resources, allowed_origins=["https://app.example.com"]) as server:
        for origin in ("https://app.example.com", server.url):
            async with server.socket(origin=Origin(origin)):
                pass
        for origin in ("https://evil.example", "null", f"{server.url}0"):
            with pytest.raises(InvalidStatus) as refused:
                async with server.opened(origin=Origin(origin)):
                    pass
            assert refused.value.response.status_code == 403
