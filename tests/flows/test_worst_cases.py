"""Kill -9, restarts and outages in the middle: nothing accepted is lost or doubled, nobody gets it twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from crm_graphql.local.mongod import free_port
from tests.flows.campaigns import (
    LAUNCH,
    UPDATES,
    launch_to,
    ledger,
    make_customers,
    messages_of,
    watch_until_completed,
)
from tests.flows.world import World, killing, ten_times
from tests.servers.deployment import Deployment, Process, eventually

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("worst")]

CAMPAIGN_STATE = "query ($id: ID!) { campaign(id: $id) { status stats { total delivered failed } } }"
ORDERS = 30_000
CUSTOMERS = 3_000


class Orders:
    """A file of orders, and the totals that it must give by plain arithmetic."""

    def __init__(self, folder: Path, prefix: str, *, orders: int = ORDERS) -> None:
        random_ = random.Random(prefix)
        self.prefix = prefix
        self.file = folder / f"{prefix}.ndjson"
        self.cents: defaultdict[str, int] = defaultdict(int)
        self.visits: Counter[str] = Counter()
        with self.file.open("w") as out:
            for number in range(orders):
                customer = f"{prefix}-{random_.randrange(CUSTOMERS):05d}"
                cents = random_.randint(-500, 20_000)
                self.cents[customer] += cents
                self.visits[customer] += cents >= 0
                record = {
                    "order_id": f"{prefix}-O{number:06d}",
                    "customer_id": customer,
                    "amount": f"{cents / 100:.2f}",
                    "ordered_at": f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}",
                }
                out.write(json.dumps(record) + "\n")

    async def hold(self, world: World) -> None:
        """The totals in the database are exactly those of the file."""
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(world.mongod.url)
        database = client[world.deployment.environment["CRM_MONGODB_DATABASE"]]
        rows = await database.customers.find({"external_id": {"$regex": f"^{self.prefix}-"}}).to_list()
        assert {row["external_id"]: row["total_spend"] for row in rows} == {
            customer: cents * 100 for customer, cents in self.cents.items()
        }
        assert {row["external_id"]: row["visit_count"] for row in rows} == dict(self.visits) | {
            customer: 0 for customer in self.cents if customer not in self.visits
        }
        assert await database.dead_letters.count_documents({}) == 0
        await client.close()


async def test_consumers_killed_ten_times_in_the_middle_of_an_import_lose_and_double_nothing(
    world: World, tmp_path: Path
) -> None:
    orders = Orders(tmp_path, "kills")
    harms = [killing(world, "consumer-0"), killing(world, "consumer-1")]
    killed = asyncio.create_task(ten_times(harms, 1.5))
    created = 0
    # The same file again and again, so that every kill meets work under way.
    while not killed.done() or not created:
        done = await world.deployment.import_file("orders", orders.file)
        assert (done["received"], done["failed"], done["rejected"]) == (ORDERS, 0, 0)
        assert done["created"] + done["unchanged"] == ORDERS
        created += done["created"]
    await killed
    assert created == ORDERS
    await orders.hold(world)


async def test_planner_sender_and_simulator_killed_ten_times_send_each_message_once(world: World) -> None:
    deployment = world.deployment
    reachable = await make_customers(deployment, 1_000, frequent_share=1, without_email=20, prefix="killed")
    await asyncio.to_thread(deployment.simulator.control, latency_ms=300)
    harms = [killing(world, name) for name in ("consumer-0", "simulator", "consumer-1", "simulator")]
    killed = asyncio.create_task(ten_times(harms, 1.0))
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "killed-"}}
    campaigns = []
    # One campaign after the other, so that every kill meets one under way.
    while not killed.done():
        campaigns.append(await launch_to(deployment, rule))
        await watch_until_completed(deployment, campaigns[-1])
    await killed
    for campaign in campaigns:
        rows = await ledger(deployment, campaign)
        assert len({row["customer"]["externalId"] for row in rows}) == len(rows) == reachable + 20
        assert Counter(row["status"] for row in rows)["SKIPPED"] == 20
        sent = messages_of(deployment, campaign)
        assert max(Counter(message["to"] for message in sent).values()) == 1
        assert len(sent) == reachable


@pytest.mark.parametrize("server", ["mongod", "rabbitmq"])
async def test_a_server_restarted_under_load_loses_and_doubles_nothing(
    world: World, tmp_path: Path, server: str
) -> None:
    orders = Orders(tmp_path, f"restart-{server}")
    deployment = world.deployment
    reachable = await make_customers(
        deployment, 1_000, frequent_share=1, without_email=0, prefix=f"{server}-up"
    )
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": f"{server}-up"}}
    campaign = await launch_to(deployment, rule, launch=False)
    apis = range(len(deployment.apis))
    progress = [asyncio.create_task(watch_until_completed(deployment, campaign, api)) for api in apis]
    updates = [
        asyncio.create_task(watch_deliveries(deployment, campaign, api, recipients=reachable)) for api in apis
    ]
    await asyncio.sleep(0.5)
    await deployment.mutate(LAUNCH, {"id": campaign})
    importing = asyncio.create_task(deployment.import_file("orders", orders.file))
    await asyncio.sleep(2.5)
    victim = world.mongod if server == "mongod" else world.rabbitmq
    await asyncio.to_thread(victim.kill)
    await asyncio.sleep(1.0)
    await asyncio.to_thread(victim.start)
    done = await importing
    assert (done["received"], done["failed"], done["created"]) == (ORDERS, 0, ORDERS)
    await orders.hold(world)
    await hold_campaign(world, campaign, reachable)
    # Their sockets were open all the while: they came to the truth by themselves.
    async with asyncio.timeout(90):
        await asyncio.gather(*progress)
        followed = await asyncio.gather(*updates)
    truth = {row["id"]: row["status"] for row in await ledger(deployment, campaign)}
    assert followed == [truth for _ in apis]


async def watch_deliveries(
    deployment: Deployment, campaign: str, api: int, *, recipients: int
) -> dict[str, str]:
    """Follow the deliveries on one socket until each has its end: the statuses by id."""
    seen: dict[str, str] = {}
    async for data in deployment.subscribe(UPDATES, {"id": campaign, "after": None}, api):
        seen |= {row["id"]: row["status"] for row in data["deliveryUpdates"]["deliveries"]}
        if sum(status in ("DELIVERED", "FAILED") for status in seen.values()) == recipients:
            return seen
    raise AssertionError("the subscription ended before the campaign")


async def hold_campaign(world: World, campaign: str, reachable: int) -> None:
    """The campaign ends by itself and wrote to each person once."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(watch_until_completed(world.deployment, campaign), 1)

    async def completed() -> bool:
        found = (await world.deployment.graphql(CAMPAIGN_STATE, {"id": campaign}))["campaign"]
        return bool(found["status"] == "COMPLETED" and found["stats"]["total"] == reachable)

    await eventually(completed, within_seconds=60, what="the campaign's end")
    sent = Counter(message["to"] for message in messages_of(world.deployment, campaign))
    assert len(sent) == reachable
    assert max(sent.values()) == 1


async def test_a_broker_away_for_30_s_under_load_loses_and_doubles_nothing(
    world: World, tmp_path: Path
) -> None:
    before, away = Orders(tmp_path, "before"), Orders(tmp_path, "away", orders=5_000)
    deployment = world.deployment
    reachable = await make_customers(
        deployment, 1_000, frequent_share=1, without_email=0, prefix="broker-away"
    )
    await asyncio.to_thread(deployment.simulator.control, latency_ms=300)
    campaign = await launch_to(
        deployment, {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "broker-away"}}
    )
    importing = asyncio.create_task(deployment.import_file("orders", before.file))
    await asyncio.sleep(1.5)
    await asyncio.to_thread(world.rabbitmq.kill)
    went_at = time.monotonic()
    answer = await deployment.http.post(
        "/ingest/orders", content=away.file.read_bytes(), headers=sending(deployment, "away")
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 5_000
    await asyncio.sleep(30 - (time.monotonic() - went_at))
    await asyncio.to_thread(world.rabbitmq.start)
    done = await importing
    assert (done["received"], done["failed"], done["created"]) == (ORDERS, 0, ORDERS)
    await until_applied(deployment, answer.json()["id"], created=5_000)
    await before.hold(world)
    await away.hold(world)
    await hold_campaign(world, campaign, reachable)


def sending(deployment: Deployment, key: str) -> dict[str, str]:
    """The headers of a body of NDJSON under an idempotency key."""
    return {
        "authorization": f"Bearer {deployment.token}",
        "content-type": "application/x-ndjson",
        "idempotency-key": key,
    }


async def until_applied(deployment: Deployment, key: str, *, created: int) -> None:
    """Return when the ingestion has completed; each of its records was applied once."""

    async def completed() -> bool:
        document = "query ($id: ID!) { ingestion(id: $id) { status created failed } }"
        found = (await deployment.graphql(document, {"id": key}))["ingestion"]
        return bool(found == {"status": "COMPLETED", "created": created, "failed": 0})

    await eventually(completed, within_seconds=90, what="the ingestion's end")


async def test_an_api_killed_in_the_middle_of_a_body_is_retried_with_the_same_key(
    world: World, tmp_path: Path
) -> None:
    orders = Orders(tmp_path, "cut", orders=8_000)
    deployment = world.deployment
    body = orders.file.read_bytes()
    headers = sending(deployment, "cut-in-the-middle")
    halfway = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 40_000):
            yield body[start : start + 40_000]
            await asyncio.sleep(0.02)
            if start > len(body) // 2:
                halfway.set()
                await asyncio.sleep(0.2)

    cut_off = asyncio.create_task(deployment.http.post("/ingest/orders", content=slowly(), headers=headers))
    await halfway.wait()
    await killing(world, "api-0")()
    with pytest.raises(httpx.HTTPError):
        await cut_off
    await deployment.wait_until_ready()
    for _ in range(2):
        answer = await deployment.http.post("/ingest/orders", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        assert answer.json()["received"] == 8_000
    await until_applied(deployment, answer.json()["id"], created=8_000)
    await orders.hold(world)
    other = await deployment.http.post("/ingest/orders", content=body[: len(body) // 2], headers=headers)
    assert other.status_code in (400, 409), other.text


async def send_body(client: httpx.AsyncClient, deployment: Deployment, orders: Orders) -> str:
    """The orders through POST /ingest, under a key of their own; the ingestion's id."""
    answer = await client.post(
        "/ingest/orders", content=orders.file.read_bytes(), headers=sending(deployment, orders.prefix)
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def send_mutation(client: httpx.AsyncClient, deployment: Deployment, orders: Orders) -> str:
    """The orders as one mutation, under a key of their own; the ingestion's id."""
    document = """mutation ($input: OrdersIngestInput!) { ordersIngest(input: $input) {
        ingestion { id } errors { message } } }"""
    records = [
        {
            "externalId": row["order_id"],
            "customerExternalId": row["customer_id"],
            "amount": row["amount"],
            "orderedAt": row["ordered_at"],
        }
        for row in map(json.loads, orders.file.read_text().splitlines())
    ]
    answer = await client.post(
        "/graphql",
        json={
            "query": document,
            "variables": {"input": {"records": records, "idempotencyKey": orders.prefix}},
        },
        headers={"authorization": f"Bearer {deployment.token}"},
    )
    payload = answer.json()["data"]["ordersIngest"]
    assert payload["errors"] == []
    return str(payload["ingestion"]["id"])


@pytest.mark.parametrize("send", [send_body, send_mutation])
async def test_an_api_killed_between_accepting_and_answering_is_retried_with_the_same_key(
    world: World, tmp_path: Path, send: Callable[[httpx.AsyncClient, Deployment, Orders], Awaitable[str]]
) -> None:
    orders = Orders(tmp_path, f"unanswered-{send.__name__}", orders=900)
    deployment = world.deployment
    port = free_port()
    environment = {"CRM_PORT": str(port), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "tests.servers.api_dying_before_its_answer"]
    dying = Process(orders.prefix, command, {**deployment.environment, **environment}, deployment.folder)
    dying.start()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
        ) as client:

            async def is_ready() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await client.get("/health/ready")).status_code == 200
                return False

            async def is_dead() -> bool:
                return not dying.is_running

            await eventually(is_ready, what="the start of an API")
            with pytest.raises(httpx.HTTPError):
                await send(client, deployment, orders)
            await eventually(is_dead, within_seconds=10, what="its death")
    finally:
        dying.kill()
    first = await send(deployment.http, deployment, orders)
    assert await send(deployment.http, deployment, orders) == first
    await until_applied(deployment, first, created=900)
    await orders.hold(world)
