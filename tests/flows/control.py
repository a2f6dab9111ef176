"""Campaigns under control through the public API, and what must hold of them whatever was killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from crm_graphql.core.ids import decode_key
from tests.flows.campaigns import check_sum, ledger, messages_of
from tests.flows.world import World
from tests.servers.deployment import Deployment, Process, eventually

RECIPIENTS = 2_000
STATE = """query ($id: ID!) { campaign(id: $id) {
  status stats { total totalIsFinal queued sent delivered failed skipped } } }"""


async def act(deployment: Deployment, name: str, campaign: str, **given: Any) -> None:
    """Do something to the campaign, which must be allowed."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ errors {{ code message }} }} }}"
    await deployment.mutate(document, {"input": {"id": campaign, **given}})


async def state(deployment: Deployment, campaign: str) -> dict[str, Any]:
    """The campaign as it stands; its figures must add up."""
    found: dict[str, Any] = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
    check_sum(found["stats"])
    return found


async def until_status(deployment: Deployment, campaign: str, status: str, *, seconds: float = 90) -> None:
    """Wait for it, every read exact."""

    async def reached() -> bool:
        return bool((await state(deployment, campaign))["status"] == status)

    await eventually(reached, within_seconds=seconds, what=f"the campaign to be {status}")


async def until_handed_over(deployment: Deployment, campaign: str, count: int) -> None:
    """Wait until the vendor has so many messages of the campaign."""

    async def reached() -> bool:
        return len(await asyncio.to_thread(messages_of, deployment, campaign)) >= count

    await eventually(reached, within_seconds=60, what=f"{count} messages")


async def until_settled(deployment: Deployment, campaign: str) -> dict[str, Any]:
    """Wait until nothing is queued and nothing waits for a receipt; the campaign then."""

    async def reached() -> bool:
        stats = (await state(deployment, campaign))["stats"]
        return bool(stats["queued"] == 0 and stats["sent"] == 0)

    await eventually(reached, within_seconds=90, what="an end of every message")
    return await state(deployment, campaign)


async def hold_still(deployment: Deployment, campaign: str, *, after_seconds: float = 2.0) -> None:
    """From so long on nothing is handed over any more, for a while."""
    await asyncio.sleep(after_seconds)
    before = len(await asyncio.to_thread(messages_of, deployment, campaign))
    await asyncio.sleep(2.0)
    assert len(await asyncio.to_thread(messages_of, deployment, campaign)) == before


async def kill(processes: Sequence[Process]) -> None:
    """Kill -9 all of them, then start them again."""
    for process in processes:
        await asyncio.to_thread(process.kill)
    for process in processes:
        process.start()


async def harm(world: World, number: int, **behaviour: float) -> None:
    """Kill -9 something else each time: a consumer, the other one, the simulator (which then behaves so
    again), an API."""
    deployment = world.deployment
    match number % 4:
        case 0 | 1:
            await kill([deployment.consumers[number % 2]])
        case 2:
            await asyncio.to_thread(deployment.simulator.kill)
            await asyncio.to_thread(deployment.simulator.start)
            await asyncio.to_thread(deployment.simulator.control, **behaviour)
        case _:
            await kill([deployment.apis[1]])
            await deployment.wait_until_ready(1)


async def hold_exact(deployment: Deployment, campaign: str) -> list[dict[str, Any]]:
    """Everybody once in the ledger, each attempt handed over once, and none but what the ledger says. The
    ledger."""
    rows = await ledger(deployment, campaign)
    assert len({row["customer"]["externalId"] for row in rows}) == len(rows)
    keys = Counter(message["key"] for message in await asyncio.to_thread(messages_of, deployment, campaign))
    assert max(keys.values(), default=1) == 1, "a message was handed over twice"
    handed_over = Counter(key.rpartition("-")[0] for key in keys)
    # Of one that was skipped at last, earlier attempts were.
    attempts = Counter({_key(row["id"]): row["attempt"] - (row["status"] == "SKIPPED") for row in rows})
    assert handed_over - attempts == Counter(), "more attempts than the ledger knows"
    ended = {_key(row["id"]) for row in rows if row["status"] in ("DELIVERED", "SENT")}
    assert ended <= set(handed_over), "said to be sent, and was not"
    return rows


def _key(delivery: str) -> str:
    return str(decode_key("Delivery", delivery))
