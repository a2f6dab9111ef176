"""The clients of docs/clients, exactly as they stand there, through what happens to a page in its life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from crm_graphql.local.mongod import Mongod
from tests.accounts.doors import PASSWORD
from tests.accounts.test_live import person
from tests.clients.scripts import Script, running
from tests.flows.campaigns import LAUNCH, launch_to, ledger, make_customers
from tests.servers.deployment import Deployment, eventually
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("documented clients")]

CLIENTS = ["graphql-ws", "urql", "apollo", "graphql-sse"]
ORIGIN = "http://127.0.0.1:5173"
RECIPIENTS = 1_500
ACCESS_TOKEN_TTL_SECONDS = 30
"""The least that can be set."""
TOKEN_EXPIRED = 4440


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product in one process, for front ends on another port."""
    settings = {
        "development": True,
        "allowed_origins": ORIGIN,
        "access_token_ttl_seconds": ACCESS_TOKEN_TTL_SECONDS,
    }
    opened = Deployment(
        tmp_path_factory.mktemp("documented"),
        mongod,
        None,
        # Slow enough to be killed in the middle of a campaign.
        simulator_options={"receipt_delay_ms": 300, "failed_share": 0.0, "seed": 1},
        settings=settings,
    )
    try:
        await opened.start()
        opened.simulator.control(throttle_per_second=300)
        await make_customers(opened, RECIPIENTS, frequent_share=0, without_email=0, prefix="watched")
        yield opened
    finally:
        await opened.close()


async def all_said(scripts: Iterable[Script], **event: object) -> None:
    await asyncio.gather(*[script.until(**event) for script in scripts])


async def kill_in_the_middle(deployment: Deployment, campaign: str) -> None:
    """End it as kill -9 does while some are delivered and others are not; then start it on the same port."""
    before = (await stats_of(deployment, campaign))["delivered"]
    stats: dict[str, int] = {}

    async def some_more_were_delivered() -> bool:
        stats.update(await stats_of(deployment, campaign))
        return stats["delivered"] > before

    await eventually(some_more_were_delivered, what="more deliveries")
    deployment.apis[0].kill()
    assert stats["delivered"] < RECIPIENTS, "the campaign was over before the kill"
    deployment.apis[0].start()
    await deployment.wait_until_ready()


async def stats_of(deployment: Deployment, campaign: str) -> dict[str, int]:
    document = "query ($id: ID!) { campaign(id: $id) { stats { delivered } } }"
    stats: dict[str, int] = (await deployment.graphql(document, {"id": campaign}))["campaign"]["stats"]
    return stats


async def follow_through_kills(
    deployment: Deployment, campaign: str, ways_in: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """What each client ends with by each way in, when the first tokens expire and then the server is killed
    twice, all while the campaign is sent."""
    known = {"url": deployment.url, "campaign": campaign, "deliveries": RECIPIENTS, "origin": ORIGIN}
    async with AsyncExitStack() as stack:
        scripts = {
            (client, way): await stack.enter_async_context(
                running("documented.mjs", {"client": client, **known, **told})
            )
            for client in CLIENTS
            for way, told in ways_in.items()
        }
        await all_said(scripts.values(), page=True)
        await deployment.mutate(LAUNCH, {"id": campaign})
        await all_said(scripts.values(), status="SENDING")
        deployment.simulator.control(outage=True)
        await all_said([script for (_, way), script in scripts.items() if way == "cookie"], renewed=True)
        deployment.simulator.control(outage=False)
        for _ in range(2):
            await kill_in_the_middle(deployment, campaign)
        results = await asyncio.gather(*[script.result() for script in scripts.values()])
        return dict(zip(scripts, results, strict=True))


def check_truth(truth: Mapping[str, str], client: tuple[str, str], found: dict[str, Any]) -> None:
    """Nothing was missed, nothing is wrong, and the page ended in what the server says."""
    assert found["problems"] == [], client
    told = {key: states[-1][1] for key, states in found["told"].items()}
    assert told == truth, client
    assert all(states == sorted(states) for states in found["told"].values()), client
    assert not found["wentBack"], client
    page = found["page"]
    shown = list(truth)[:100]
    assert [delivery["id"] for delivery in page["deliveries"]] == shown, client
    assert all(delivery["status"] == truth[delivery["id"]] for delivery in page["deliveries"]), client
    assert (page["status"], page["stats"]["delivered"]) == ("COMPLETED", RECIPIENTS), client


async def test_errors_closed_connections_and_old_answers_are_met_as_documented() -> None:
    async with running("policies.mjs", {}) as script:
        found = await script.result()
    assert found["failed"] == {}
    assert found["held"] >= 17


async def test_from_another_origin_with_a_token_or_a_cookie_through_expiry_and_kill_9(
    deployment: Deployment,
) -> None:
    campaign = await launch_to(deployment, EVERYBODY, launch=False)
    who = await person(deployment)
    login = {"email": who.email, "password": PASSWORD}
    ways_in: dict[str, dict[str, object]] = {"token": {"token": deployment.token}, "cookie": {"login": login}}
    results = await follow_through_kills(deployment, campaign, ways_in)
    truth = {row["id"]: row["status"] for row in await ledger(deployment, campaign)}
    for (client, way), found in results.items():
        check_truth(truth, (client, way), found)
        codes = [code for code, _reason in found["seen"]["closed"]]
        assert way == "token" or TOKEN_EXPIRED in codes or client == "graphql-sse", (client, codes)
