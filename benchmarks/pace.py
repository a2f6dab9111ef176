"""What do pace, quiet hours and cap cost, and what do further consumer processes add?

Run: python -m benchmarks.pace [--recipients 10000] [--only rules|processes|vendor]

`rules`: deliveries a second from campaignLaunch to the last hand-over, by one consumer process, with nothing
to keep to, and with a pace far above what is possible, quiet hours that are not now, a frequency cap and a
topic: beside the raw driver, which makes the same reservations (a document a person) in the same batches.

`processes`: the same with one, two and three consumer processes, on one campaign and on three at once; the
machine is the limit. `vendor`: likewise with a vendor that takes 2.5 s for a call, and is the limit.
Each figure is beside that of one process, and the CPU that a message costs: more processes must add where the
vendor is the limit, and must never take away.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from bson import ObjectId
from pymongo import AsyncMongoClient

from benchmarks.delivery import AUDIENCE, CREATE, LAUNCH, customers
from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment
from tests.servers.rabbitmq import RabbitNode

BATCH = 200
SLOW_CALL_MS = 2_500
TOPIC = (
    """mutation { topicCreate(input: {name: "News", isOptOut: true}) { topic { id } errors { message } } }"""
)
CAP = """mutation { settingsUpdate(input: {frequencyCapMessages: 900, frequencyCapDays: 30}) {
  errors { message } } }"""
UPDATE = "mutation ($input: CampaignUpdateInput!) { campaignUpdate(input: $input) { errors { message } } }"
STATE = "query ($id: ID!) { campaign(id: $id) { stats { total totalIsFinal queued } } }"


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement."""

    label: str
    consumers: int = 1
    campaigns: int = 1
    has_rules: bool = False
    simulator: Mapping[str, float] = field(default_factory=dict)


class Figures(NamedTuple):
    """Of all the run's campaigns together."""

    rate: float
    """Messages a second that were handed over."""
    cpu: float
    """Milliseconds of consumers and MongoDB a message: what others do on the machine does not show in it."""


async def measure(run: Run, folder: Path, mongod: Mongod, rabbitmq: RabbitNode, recipients: int) -> Figures:
    """One run, from the launch to the last hand-over."""
    folder.mkdir()
    deployment = Deployment(
        folder,
        mongod,
        rabbitmq,
        consumers=run.consumers,
        simulator_options={"receipt_delay_ms": 200, "seed": 1, **run.simulator},
        settings={"log_level": "WARNING", "vendor_deadline_seconds": 10, "lease_seconds": 15},
    )
    try:
        await deployment.start()
        await asyncio.sleep(3)
        database = deployment.environment["CRM_MONGODB_DATABASE"]
        async with AsyncMongoClient[dict[str, Any]](mongod.url) as mongo:
            await mongo[database]["customers"].insert_many(customers(recipients))
        keys = [await _draft(deployment, run) for _ in range(run.campaigns)]
        pids = [mongod_pid(mongod), *(one.pid for one in deployment.consumers)]
        before, began = cpu_seconds(pids), time.perf_counter()
        await asyncio.gather(*(deployment.mutate(LAUNCH, {"id": key}) for key in keys))
        for key in keys:
            await _until_handed_over(deployment, key)
        count = recipients * run.campaigns
        seconds = time.perf_counter() - began
        return Figures(count / seconds, (cpu_seconds(pids) - before) * 1_000 / count)
    finally:
        await deployment.close()


def mongod_pid(mongod: Mongod) -> int:
    """The process that serves the port."""
    port = str(mongod.port)
    found = psutil.process_iter(["name", "cmdline"])
    return next(one.pid for one in found if one.info["name"] == "mongod" and port in one.info["cmdline"])


def cpu_seconds(pids: Sequence[int]) -> float:
    """What these processes have used so far."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


async def _draft(deployment: Deployment, run: Run) -> str:
    audience = (await deployment.mutate(AUDIENCE, {}))["audience"]["id"]
    key = str((await deployment.mutate(CREATE, {"audience": audience}))["campaign"]["id"])
    if run.has_rules:
        topic = (await deployment.mutate(TOPIC, {}))["topic"]["id"]
        await deployment.mutate(CAP, {})
        hour = datetime.now(UTC).hour
        quiet = {"from": f"{(hour + 10) % 24:02d}:00", "until": f"{(hour + 16) % 24:02d}:00"}
        terms = {"topicId": topic, "ratePerSecond": 100_000, "quietHours": quiet}
        await deployment.mutate(UPDATE, {"input": {"id": key, **terms}})
    return key


async def _until_handed_over(deployment: Deployment, key: str) -> None:
    while True:
        stats = (await deployment.graphql(STATE, {"id": key}))["campaign"]["stats"]
        if stats["totalIsFinal"] and not stats["queued"]:
            return
        await asyncio.sleep(0.1)


async def reservations_rate(mongod: Mongod, recipients: int) -> float:
    """Reservations a second of the bare driver: one document a person, made in batches."""
    async with AsyncMongoClient[dict[str, Any]](mongod.url, w="majority") as mongo:
        collection = mongo[f"raw_{ObjectId()}"]["sent_lately"]
        await collection.create_index("customer_id")
        began = time.perf_counter()
        for _ in range(0, recipients, BATCH):
            people = [ObjectId() for _ in range(BATCH)]
            now = datetime.now(UTC)
            await collection.insert_many(
                [
                    {"_id": f"{one}:EMAIL", "customer_id": one, "sends": [], "changed_at": now}
                    for one in people
                ]
            )
            await collection.update_many(
                {"_id": {"$in": [f"{one}:EMAIL" for one in people]}},
                {"$push": {"sends": {"d": ObjectId(), "at": now}}},
            )
        seconds = time.perf_counter() - began
        await mongo.drop_database(collection.database)
        return recipients / seconds


def runs(only: str | None) -> list[list[Run]]:
    """Groups of runs; the first of a group is what the others are held against."""
    slow = {"latency_ms": SLOW_CALL_MS}
    groups: dict[str, list[list[Run]]] = {
        "rules": [[Run("nothing to keep to"), Run("pace, hours, cap, topic", has_rules=True)]],
        "processes": [
            [Run(f"{count} processes, {campaigns} campaigns", count, campaigns) for count in (1, 2, 3)]
            for campaigns in (1, 3)
        ],
        "vendor": [
            [
                Run(f"slow vendor, {count} processes, {campaigns} campaigns", count, campaigns, False, slow)
                for count in (1, 2, 3)
            ]
            for campaigns in (1, 3)
        ],
    }
    return [group for name, found in groups.items() if only in (None, name) for group in found]


async def run(recipients: int, only: str | None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mongod = Mongod(folder / "mongod", cache_gb=1.0)
        mongod.start()
        rabbitmq = RabbitNode(folder / "rabbitmq")
        rabbitmq.start()
        try:
            if only in (None, "rules"):
                raw = await reservations_rate(mongod, recipients)
                print(f"{'driver alone, reservations':42} {raw:8,.0f} a second")
            for number, group in enumerate(runs(only)):
                first: Figures | None = None
                for place, one in enumerate(group):
                    here = folder / f"run-{number}-{place}"
                    found = await measure(one, here, mongod, rabbitmq, recipients // one.campaigns)
                    first = first or found
                    ratios = (
                        f"{found.rate / first.rate:5.0%}   {found.cpu:5.2f} ms {found.cpu / first.cpu:5.0%}"
                    )
                    print(f"{one.label:42} {found.rate:8,.0f} deliveries/s {ratios}", flush=True)
        finally:
            rabbitmq.close()
            mongod.stop()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--only", choices=("rules", "processes", "vendor"))
    arguments = parser.parse_args()
    asyncio.run(run(arguments.recipients, arguments.only))


if __name__ == "__main__":
    main()
