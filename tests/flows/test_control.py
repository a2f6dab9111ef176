"""Pause, resume, cancel and retry through kill -9: nobody is written to twice, nobody is left out."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_graphql.core.times import format_moment
from tests.flows.campaigns import launch_to, make_customers, messages_of
from tests.flows.control import (
    RECIPIENTS,
    act,
    harm,
    hold_exact,
    hold_still,
    kill,
    state,
    until_handed_over,
    until_settled,
    until_status,
)
from tests.flows.world import World

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("control")]

RULE = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "control-"}}

SLOW = {"latency_ms": 300.0, "failed_share": 0.0, "rejected_share": 0.0}


@pytest.fixture(scope="module")
async def people(world: World) -> World:
    """Two thousand who can be written to."""
    await make_customers(world.deployment, RECIPIENTS, frequent_share=1, without_email=0, prefix="control")
    return world


@pytest.fixture
async def slow(people: World) -> World:
    """A vendor so slow that a campaign takes some seconds, and refuses nobody."""
    await behave(people, **SLOW)
    return people


async def behave(world: World, **behaviour: float) -> None:
    await asyncio.to_thread(world.deployment.simulator.control, **behaviour)


async def all_delivered(world: World, campaign: str) -> None:
    await until_status(world.deployment, campaign, "COMPLETED")
    rows = await hold_exact(world.deployment, campaign)
    assert Counter(row["status"] for row in rows) == {"DELIVERED": RECIPIENTS}


async def test_paused_killed_and_resumed(slow: World) -> None:
    deployment = slow.deployment
    campaign = await launch_to(deployment, RULE)
    await until_handed_over(deployment, campaign, 200)
    await act(deployment, "campaignPause", campaign)
    await kill(deployment.consumers)
    await hold_still(deployment, campaign)
    assert (await state(deployment, campaign))["status"] == "PAUSED"
    await act(deployment, "campaignResume", campaign)
    await all_delivered(slow, campaign)


async def test_paused_while_its_recipients_are_written_down_killed_and_resumed(slow: World) -> None:
    deployment = slow.deployment
    campaign = await launch_to(deployment, RULE)
    await act(deployment, "campaignPause", campaign)
    await kill(deployment.consumers)
    await hold_still(deployment, campaign)
    await act(deployment, "campaignResume", campaign)
    await all_delivered(slow, campaign)


async def test_paused_and_resumed_again_and_again_while_everything_is_killed(slow: World) -> None:
    deployment = slow.deployment
    campaign = await launch_to(deployment, RULE)
    for number in range(6):
        await asyncio.sleep(0.4)
        if (await state(deployment, campaign))["status"] != "SENDING":
            break
        await act(deployment, "campaignPause", campaign)
        await harm(slow, number, **SLOW)
        await act(deployment, "campaignResume", campaign)
    await all_delivered(slow, campaign)


async def test_cancelled_and_killed(slow: World) -> None:
    deployment = slow.deployment
    campaign = await launch_to(deployment, RULE)
    await until_handed_over(deployment, campaign, 200)
    await act(deployment, "campaignCancel", campaign)
    await kill(deployment.consumers)
    await asyncio.sleep(0.5)
    await kill(deployment.consumers)
    stats = (await until_settled(deployment, campaign))["stats"]
    assert (stats["totalIsFinal"], stats["skipped"] > 0) == (True, True)
    await hold_still(deployment, campaign, after_seconds=0)
    rows = await hold_exact(deployment, campaign)
    assert {(row["status"], row["reason"]) for row in rows} == {("DELIVERED", None), ("SKIPPED", "CANCELLED")}
    sent = len(await asyncio.to_thread(messages_of, deployment, campaign))
    assert Counter(row["status"] for row in rows)["DELIVERED"] == sent
    assert (await state(deployment, campaign))["status"] == "CANCELLED"


async def refused_campaign(world: World) -> tuple[str, set[str]]:
    """One that is over, of which the vendor refused a half; their deliveries."""
    await behave(world, latency_ms=0, failed_share=0, rejected_share=0.5)
    campaign = await launch_to(world.deployment, RULE)
    await until_status(world.deployment, campaign, "COMPLETED")
    rows = await hold_exact(world.deployment, campaign)
    refused = {row["id"] for row in rows if row["reason"] == "VENDOR_REJECTED"}
    assert len(refused) > RECIPIENTS / 4
    await behave(world, **SLOW)
    return campaign, refused


def retried(rows: list[dict[str, Any]]) -> set[str]:
    return {row["id"] for row in rows if row["attempt"] == 2}


async def test_retried_while_everything_is_killed(people: World) -> None:
    deployment = people.deployment
    campaign, refused = await refused_campaign(people)
    await act(deployment, "campaignRetry", campaign)
    for number in range(4):
        await harm(people, number, **SLOW)
        await asyncio.sleep(0.5)
    await all_delivered(people, campaign)
    assert retried(await hold_exact(deployment, campaign)) == refused


async def test_paused_in_a_retry_killed_and_resumed(people: World) -> None:
    deployment = people.deployment
    campaign, refused = await refused_campaign(people)
    await act(deployment, "campaignRetry", campaign)
    await act(deployment, "campaignPause", campaign)
    await kill(deployment.consumers)
    await hold_still(deployment, campaign)
    await act(deployment, "campaignResume", campaign)
    await all_delivered(people, campaign)
    assert retried(await hold_exact(deployment, campaign)) == refused


async def test_a_retry_that_is_cancelled_and_killed_leaves_what_was_and_skips_the_rest(
    people: World,
) -> None:
    deployment = people.deployment
    campaign, refused = await refused_campaign(people)
    await act(deployment, "campaignRetry", campaign)
    await until_handed_over(deployment, campaign, RECIPIENTS + 100)
    await act(deployment, "campaignCancel", campaign)
    await kill(deployment.consumers)
    await until_settled(deployment, campaign)
    rows = await hold_exact(deployment, campaign)
    by_id = {row["id"]: row for row in rows}
    ends = {(row["status"], row["reason"]) for row in rows if row["id"] not in refused}
    assert ends == {("DELIVERED", None)}
    # What was put back before the end was sent or skipped; what was not stays as it failed.
    assert {(by_id[key]["status"], by_id[key]["reason"]) for key in refused} <= {
        ("DELIVERED", None),
        ("SKIPPED", "CANCELLED"),
        ("FAILED", "VENDOR_REJECTED"),
    }


async def test_a_schedule_that_came_while_every_consumer_was_dead_is_launched_when_one_lives(
    slow: World,
) -> None:
    deployment = slow.deployment
    campaign = await launch_to(deployment, RULE, launch=False)
    for process in deployment.consumers:
        await asyncio.to_thread(process.kill)
    at = format_moment(datetime.now(UTC) + timedelta(seconds=1))
    await act(deployment, "campaignSchedule", campaign, at=at)
    await asyncio.sleep(1.5)
    assert (await state(deployment, campaign))["status"] == "SCHEDULED"
    for process in deployment.consumers:
        process.start()
    await all_delivered(slow, campaign)
