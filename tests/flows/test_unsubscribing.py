"""People who unsubscribe while a campaign is sent and its processes are killed: a no is heard at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.flows.campaigns import launch_to, ledger, make_customers, messages_of, watch_until_completed
from tests.flows.world import World, killing, ten_times
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("worst")]

PEOPLE = 1_000
RULE = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "leaving-"}}
IN_HAND = timedelta(seconds=3)
"""How long after the answer a call may still arrive that was claimed before: it waits for the vendor."""
CLOSE = """mutation ($addresses: [String!]!) {
  suppressionsCreate(input: {channel: EMAIL, addresses: $addresses}) { errors { path message } } }"""


async def close_some(deployment: Deployment, closed: dict[str, datetime], killed: asyncio.Task[None]) -> None:
    """Close the addresses of people at random, five at a time, as long as there is killing; in `closed` the
    moment of the answer."""
    random_ = random.Random("leaving")
    addresses = [f"leaving-.{number}@example.com" for number in range(PEOPLE)]
    random_.shuffle(addresses)
    while addresses and not killed.done():
        some, addresses = addresses[:5], addresses[5:]
        await deployment.mutate(CLOSE, {"addresses": some})
        closed |= dict.fromkeys(some, datetime.now(UTC))
        await asyncio.sleep(0.1)


async def test_a_no_is_heard_between_claim_and_send_whatever_is_killed(world: World) -> None:
    deployment = world.deployment
    await make_customers(deployment, PEOPLE, frequent_share=1, without_email=0, prefix="leaving-")
    await asyncio.to_thread(deployment.simulator.control, latency_ms=400)
    harms = [killing(world, name) for name in ("consumer-0", "simulator", "consumer-1", "consumer-0")]
    closed: dict[str, datetime] = {}
    campaign = await launch_to(deployment, RULE)
    killed = asyncio.create_task(ten_times(harms, 1.0))
    await close_some(deployment, closed, killed)
    await killed
    await watch_until_completed(deployment, campaign)
    rows = {row["address"]: row for row in await ledger(deployment, campaign)}
    taken = {
        message["to"]: datetime.fromtimestamp(message["taken_at"], UTC)
        for message in messages_of(deployment, campaign)
    }
    assert len(rows) == PEOPLE
    late = {to: taken[to] - at for to, at in closed.items() if to in taken and taken[to] > at + IN_HAND}
    assert late == {}
    skipped = {to for to, row in rows.items() if row["status"] == "SKIPPED"}
    assert skipped == closed.keys() - taken.keys()
    assert len(skipped) > 20
    assert taken.keys() == rows.keys() - skipped
    reasons = Counter(rows[to]["reason"] for to in skipped)
    assert reasons == {"SUPPRESSED": len(skipped)}
