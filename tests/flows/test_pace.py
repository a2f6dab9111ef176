"""A campaign's pace over several processes, as the vendor sees it, and messages that wait through kill -9."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crm_graphql.core.ids import decode_key
from crm_graphql.local.mongod import Mongod
from tests.flows.campaigns import LAUNCH, launch_to, ledger, make_customers
from tests.servers.deployment import Deployment, eventually
from tests.servers.rabbitmq import RabbitNode

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

EVERYBODY = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
UPDATE = """mutation ($input: CampaignUpdateInput!) { campaignUpdate(input: $input) {
  errors { path message } } }"""
STATE = """query ($id: ID!) { campaign(id: $id) { status waitingUntil messagesPerSecond estimatedEndAt
  stats { total queued deferred sent delivered failed skipped } } }"""
RATE = 7


@pytest.fixture
async def deployment(mongod: Mongod, rabbitmq: RabbitNode, tmp_path: Path) -> AsyncIterator[Deployment]:
    """One with three consumer processes."""
    made = Deployment(tmp_path, mongod, rabbitmq, consumers=3, settings={"delivery_batch": 50})
    try:
        await made.start()
        yield made
    finally:
        await made.close()


def moments(deployment: Deployment, campaign: str) -> list[float]:
    """When the vendor took each message of the campaign, in order."""
    tag = str(decode_key("Campaign", campaign))
    return [one["taken_at"] for one in deployment.simulator.messages() if one["tag"] == tag]


async def test_seven_a_second_over_three_processes_are_seven_a_second_at_the_vendor(
    deployment: Deployment,
) -> None:
    await make_customers(deployment, 160, frequent_share=1, without_email=0, prefix="pace")
    campaign = await launch_to(deployment, EVERYBODY, launch=False)
    await deployment.mutate(UPDATE, {"input": {"id": campaign, "ratePerSecond": RATE}})
    await deployment.mutate(LAUNCH, {"id": campaign})
    await asyncio.sleep(14)
    state = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
    assert state["messagesPerSecond"] == pytest.approx(RATE, rel=0.2)
    assert state["estimatedEndAt"] is not None
    assert state["waitingUntil"] is None

    async def sent() -> bool:
        return len(moments(deployment, campaign)) == 160

    await eventually(sent, within_seconds=60, what="the last message")
    taken = moments(deployment, campaign)
    # After the first second, in which processes find each other.
    steady = [one for one in taken if one > taken[0] + 1]
    for start in (one for one in steady if one + 10 <= steady[-1]):
        within = sum(start <= one < start + 10 for one in steady)
        assert 0.95 * 10 * RATE <= within <= 1.05 * 10 * RATE
    assert deployment.simulator.stats()["sends_per_key_max"] == 1


async def test_senders_killed_while_messages_wait_forget_none_and_send_none_twice(
    deployment: Deployment,
) -> None:
    """Half of the messages are put off by the vendor, each once."""
    deployment.simulator.control(deferred_share=0.5, deferred_ms=4_000, latency_ms=50, failed_share=0)
    await make_customers(deployment, 2_000, frequent_share=1, without_email=0, prefix="wait")
    campaign = await launch_to(deployment, EVERYBODY)

    async def some_wait() -> bool:
        return bool((await deployment.graphql(STATE, {"id": campaign}))["campaign"]["stats"]["deferred"])

    for number in range(6):
        if number < 3:
            await eventually(some_wait, within_seconds=30, what="messages that wait")
        process = deployment.consumers[number % 3]
        await asyncio.to_thread(process.kill)
        process.start()
        await asyncio.sleep(1)

    async def completed() -> bool:
        state = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
        stats = state["stats"]
        parts = ("queued", "sent", "delivered", "failed", "skipped")
        assert stats["total"] == sum(stats[name] for name in parts)
        assert stats["deferred"] <= stats["queued"]
        return bool(state["status"] == "COMPLETED")

    await eventually(completed, within_seconds=120, what="the campaign's end")
    rows = await ledger(deployment, campaign)
    assert Counter(row["status"] for row in rows) == {"DELIVERED": 2_000}
    assert {row["attempt"] for row in rows} == {1}
    stats = deployment.simulator.stats()
    assert (stats["messages"], stats["sends_per_key_max"], stats["recipients_seen_again"]) == (2_000, 1, 0)
