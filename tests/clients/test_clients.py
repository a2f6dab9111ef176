"""graphql-ws, graphql-sse, urql and Apollo Client: operations, persisted queries, and lost connections."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from tests.clients.scripts import running
from tests.servers.deployment import SECRET, Deployment
from tests.servers.sent_campaign import RECIPIENTS, SentCampaign

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("protocols")]

CLIENTS = ["graphql_ws", "graphql_sse", "urql", "apollo"]
RESTART = 1012


def options(served: Deployment, campaign: SentCampaign, client: str, **more: Any) -> dict[str, Any]:
    """What a script is told."""
    known = {"url": served.url, "token": served.token, "campaign": campaign.id, "deliveries": RECIPIENTS}
    return {"client": client, **known, **more}


def check_followed(found: dict[str, Any], campaign: SentCampaign) -> None:
    """Nothing was missed, nothing went back, and the end is the truth."""
    assert {key for key, states in found["states"].items() if states[-1] == "DELIVERED"} == set(
        campaign.deliveries
    )
    assert all(states == sorted(states, reverse=True) for states in found["states"].values()), found["states"]
    assert found["revisions"] == sorted(found["revisions"])
    assert found["progress"]["status"] == "COMPLETED"
    stats = found["progress"]["stats"]
    assert (stats["total"], stats["delivered"]) == (RECIPIENTS, RECIPIENTS)


@pytest.mark.parametrize(
    ("client", "lazy"), [("graphql_ws", True), ("graphql_ws", False), *[(name, True) for name in CLIENTS[1:]]]
)
async def test_a_client_queries_changes_and_watches(
    served: Deployment, campaign: SentCampaign, client: str, *, lazy: bool
) -> None:
    async with running("operations.mjs", options(served, campaign, client, lazy=lazy)) as script:
        await script.until(ready=True)
        await campaign.record(5)
        await script.until(delivered=5)
        await campaign.finish()
        found = await script.result()
    assert found["connectedAtFirst"] is (client == "graphql_ws" and not lazy)
    assert len(found["query"]["data"]["customers"]["nodes"]) == 2
    made = found["mutation"]["data"]["audienceCreate"]
    assert (made["audience"]["name"], made["errors"]) == (f"By {client}", [])
    assert "nope" in str(found["refused"])
    events = found["events"]
    assert events[0]["stats"]["delivered"] == 0
    assert (events[-1]["status"], events[-1]["stats"]["delivered"]) == ("COMPLETED", RECIPIENTS)
    assert [event["revision"] for event in events] == sorted(event["revision"] for event in events)


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_whose_network_fails_resumes_and_misses_nothing(
    served: Deployment, campaign: SentCampaign, client: str
) -> None:
    async with running("following.mjs", options(served, campaign, client, relayed=True)) as script:
        await script.until(ready=True)
        await campaign.record(4)
        await script.until(delivered=4)
        await script.say("cut")
        await script.until(cut=True)
        await campaign.record(4)
        await script.say("restore")
        await script.until(delivered=8)
        await campaign.finish()
        found = await script.result()
    check_followed(found, campaign)
    assert found["seen"]["connected"] >= 2


@pytest.mark.parametrize("clients", [["graphql_ws", "urql", "apollo"], ["graphql_sse"]], ids=str)
async def test_a_restart_of_the_server_costs_no_client_anything(
    served: Deployment, campaign: SentCampaign, clients: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        scripts = [
            await stack.enter_async_context(running("following.mjs", options(served, campaign, name)))
            for name in clients
        ]

        async def all_say(**event: object) -> None:
            for script in scripts:
                await script.until(**event)

        await all_say(ready=True)
        await campaign.record(4)
        await all_say(delivered=4)
        await asyncio.to_thread(served.apis[0].stop)
        served.apis[0].start()
        await served.wait_until_ready()
        await campaign.record(4)
        await all_say(delivered=8)
        await campaign.finish()
        results = [await script.result() for script in scripts]
    for client, found in zip(clients, results, strict=True):
        check_followed(found, campaign)
        closed = found["seen"]["closed"][0]
        assert closed[0] == ("cut" if client == "graphql_sse" else RESTART), found["seen"]


@pytest.mark.parametrize(
    ("client", "how"), [("graphql_ws", [4440, "Token expired"]), ("graphql_sse", ["expired"])]
)
async def test_a_client_whose_token_expires_gets_a_new_one_and_misses_nothing(
    served: Deployment, campaign: SentCampaign, client: str, how: list[Any]
) -> None:
    settings = load_settings(_env_file=None, secret_key=SECRET)
    minted = 0

    def token() -> str:
        nonlocal minted
        minted += 1
        # Two watches; the first tokens end soon.
        ttl = timedelta(seconds=5) if minted <= 2 else timedelta(hours=1)
        return mint_token(settings, Role.ADMIN, ttl)

    async with running("following.mjs", options(served, campaign, client, token=None), token=token) as script:
        await script.until(ready=True)
        await campaign.record(4)
        await script.until(delivered=4)
        await script.until(closed=True)
        await campaign.finish()
        found = await script.result()
    check_followed(found, campaign)
    assert how == found["seen"]["closed"][0][: len(how)], found["seen"]
    assert found["seen"]["connected"] >= 2


@pytest.mark.parametrize("client", ["urql", "apollo"])
async def test_a_document_that_the_server_knows_is_sent_by_its_hash_alone(
    served: Deployment, client: str
) -> None:
    alias = f"found{uuid.uuid4().hex}"
    told = {"client": client, "url": served.url, "token": served.token, "alias": alias}
    async with running("persisted.mjs", told) as script:
        first, second = await script.result()
    for round_ in (first, second):
        assert len(round_["result"]["data"][alias]["nodes"]) == 1, round_
        assert round_["mutation"]["data"]["campaignLaunch"]["errors"][0]["code"] == "INVALID"
    unknown, taught = first["requests"][:2]
    assert (unknown["method"], unknown["hasDocument"]) == ("GET", False)
    assert taught["hasDocument"]
    assert unknown["hash"] == taught["hash"] == second["requests"][0]["hash"]
    known = second["requests"][0]
    assert (known["method"], known["hasDocument"], known["status"]) == ("GET", False, 200)
    assert not any(request["method"] == "GET" for request in second["requests"][1:])
