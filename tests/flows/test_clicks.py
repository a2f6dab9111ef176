"""Clicks on the bad day: while MongoDB or the broker stand still, or both, and through kill -9."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.flows.campaigns import AUDIENCE, CREATE, LAUNCH, make_customers, messages_of, watch_until_completed
from tests.flows.world import World
from tests.servers.deployment import Deployment, eventually
from tests.tracking.factories import BROWSER

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("worst")]

PEOPLE = 40
TARGET = "https://shop.example/x?a=1#b"
PERSON = {"user-agent": BROWSER, "accept-language": "de"}
RESULTS = "query ($id: ID!) { campaign(id: $id) { results { clicks machineClicks } links { url clicks } } }"


async def campaign_with_link(deployment: Deployment, prefix: str) -> tuple[str, list[str]]:
    """A campaign that was delivered, and the path of each person's link."""
    await make_customers(deployment, PEOPLE, frequent_share=1, without_email=0, prefix=prefix)
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": prefix}}
    audience = await deployment.mutate(AUDIENCE, {"name": prefix, "rule": rule})
    message = {"subject": "News", "body": f'<a href="{TARGET}">Look</a>'}
    content = {
        "name": "News",
        "audienceId": audience["audience"]["id"],
        "channel": "EMAIL",
        "message": message,
    }
    made = await deployment.mutate(CREATE, {"input": content})
    campaign = str(made["campaign"]["id"])
    await deployment.mutate(LAUNCH, {"id": campaign})
    await watch_until_completed(deployment, campaign)
    # Sooner only machines click.
    await asyncio.sleep(2.2)
    bodies = [message["body"] for message in await asyncio.to_thread(messages_of, deployment, campaign)]
    return campaign, [path for body in bodies for path in re.findall(r"(/c/[\w-]+)", body)]


@contextmanager
def standing_still(*pids: int) -> Iterator[None]:
    """Servers that answer nothing and refuse nothing, which is worse than being gone."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def clicked(deployment: Deployment, paths: list[str]) -> list[float]:
    """The seconds that each click took, each of which must lead on."""
    seconds = []
    async with httpx.AsyncClient(
        base_url=deployment.url, headers=PERSON, trust_env=False, timeout=30
    ) as client:
        for path in paths:
            began = time.monotonic()
            answer = await client.get(path)
            seconds.append(time.monotonic() - began)
            assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    return seconds


async def until_counted(deployment: Deployment, campaign: str, clicks: int) -> None:
    async def counted() -> bool:
        found: dict[str, Any] = (await deployment.graphql(RESULTS, {"id": campaign}))["campaign"]
        links = [{"url": TARGET, "clicks": clicks}]
        return bool(found["results"]["clicks"] == clicks and found["links"] == links)

    await eventually(counted, within_seconds=60, what="the count of the clicks")


@pytest.mark.parametrize("away", [["mongod"], ["rabbitmq"], ["mongod", "rabbitmq"]])
async def test_clicks_lead_on_at_once_while_servers_stand_still_and_are_counted_afterwards(
    world: World, away: list[str]
) -> None:
    campaign, paths = await campaign_with_link(world.deployment, f"still-{len(away)}{away[0]}-")
    assert len(paths) == PEOPLE
    with standing_still(*(getattr(world, name).pid for name in away)):
        seconds = await clicked(world.deployment, paths)
    # At the most the first ones wait; the machine may be busy.
    assert sorted(seconds)[PEOPLE // 2] < 0.1
    assert max(seconds) < 2.0
    await until_counted(world.deployment, campaign, PEOPLE)


async def test_no_click_that_was_answered_is_lost_with_the_process(world: World) -> None:
    deployment = world.deployment
    campaign, paths = await campaign_with_link(deployment, "killed-")
    with standing_still(world.mongod.pid or 0, world.rabbitmq.pid or 0):
        await clicked(deployment, paths)
        deployment.apis[0].kill()
    deployment.apis[0].start()
    await deployment.wait_until_ready()
    await until_counted(deployment, campaign, PEOPLE)
    assert not list((deployment.folder / ".crm" / "tracking").glob("*.hits"))
