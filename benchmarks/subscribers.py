"""How many dashboards does one API process feed, how soon after each change, and at what cost?

Run: python -m benchmarks.subscribers [--sockets 1000 3000 5000] [--servers shared unshared stock reference]

So many graphql-transport-ws subscribers of one campaign's progress. Four times a second the product's own
ledger writer, in this process, commits receipts to MongoDB and announces the campaign on RabbitMQ; the last
change completes it. Each run is a fresh server process: the product, the product with sharing switched off,
Strawberry's view over the same schema, and the protocol's reference server (npm graphql-ws on ws), told of
the same changes over HTTP. `at`: from the timestamp that the server put into a frame to its arrival; `all`:
from the beginning of a change's commit to its arrival at the last socket that got it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import multiprocessing
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import psutil
import structlog
from pymongo import AsyncMongoClient

from benchmarks.delivery import customers
from benchmarks.edges import command as edge_command
from benchmarks.progress_driver import CHANGES, CHANGES_A_SECOND, RECIPIENTS, Driver, make_campaigns
from benchmarks.websocket_load import Load, Seen, raise_file_limit, run
from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, Settings, load_settings
from crm_graphql.local.mongod import Mongod, free_port
from crm_graphql.resources import Resources, open_resources
from tests.servers.deployment import Deployment, Process, eventually
from tests.servers.rabbitmq import RabbitNode
from tests.servers.sent_campaign import NO_RECEIPTS

CLIENTS = Path(__file__).parents[1] / "tests" / "clients" / "node_modules" / "graphql-ws"
SOCKETS_A_PERSON = 10
DRAIN_SECONDS = 60.0
SERVERS = ("shared", "unshared", "stock", "reference")
PROGRESS = """subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  campaignId status stats { total totalIsFinal queued sent delivered failed skipped } revision at } }"""

Change = Callable[[int], Awaitable[int]]
"""Makes the change of this number and returns its revision once it is committed."""


@dataclass
class Served:
    """A fresh server under load."""

    port: int
    pid: int
    change: Change
    end: Callable[[], object]


async def serve_product(name: str, deployment: Deployment, driver: Driver) -> Served:
    """One API process of ours, or Strawberry's view, on a port of its own."""
    port = free_port()
    environment = {**deployment.environment, "CRM_PORT": str(port), "CRM_LOG_LEVEL": "WARNING"}
    environment["CRM_SHARE_STREAMS"] = str(name == "shared").lower()
    command = edge_command("stock" if name == "stock" else "product")
    process = Process(f"{name}-{port}", command, environment, deployment.folder)
    process.start()
    await _wait_for(f"http://127.0.0.1:{port}/health/ready", process.log)
    return Served(port, process.pid, driver.change, process.kill)


async def serve_reference(driver: Driver) -> Served:
    """The reference server, told of each change after its commit."""
    script = Path(__file__).with_name("reference_server.mjs")
    process = subprocess.Popen(["node", str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(await asyncio.to_thread(process.stdout.readline))
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)
    await client.post("/", json=await driver.state())

    async def change(number: int) -> int:
        await driver.change(number)
        state = await driver.state()
        await client.post("/", json=state)
        return int(state["revision"])

    return Served(port, process.pid, change, process.kill)


async def _wait_for(url: str, log: Callable[[], str]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ready() -> bool:
            try:
                return (await client.get(url, timeout=5)).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(ready, within_seconds=30, what=url)
        except AssertionError:
            raise RuntimeError(log()[-2000:]) from None


async def measure(name: str, served: Served, campaign: str, tokens: Sequence[str], sockets: int) -> None:
    """Connect the subscribers, make the changes, print the line."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    load = Load(served.port, sockets, tokens, PROGRESS, {"id": campaign})
    server = psutil.Process(served.pid)
    empty = server.memory_info().rss
    client = context.Process(target=run, args=(load, theirs), daemon=True)
    client.start()
    theirs.close()
    await _receive(ours)
    full = server.memory_info().rss
    ours.send("measure")
    cpu, began = server.cpu_times(), time.perf_counter()
    committed: dict[int, float] = {}
    revision = 0
    for number in range(CHANGES):
        await asyncio.sleep(max(0.0, began + number / CHANGES_A_SECOND - time.perf_counter()))
        start = time.time()
        revision = await served.change(number)
        committed[revision] = start
    ours.send((revision, time.time() + DRAIN_SECONDS))
    # What the changes cost, the backlog that they left behind included.
    seen: Seen = await _receive(ours)
    taken, spent = time.perf_counter() - began, server.cpu_times()
    used = (spent.user + spent.system - cpu.user - cpu.system) / taken * 100
    client.join()
    print(line(name, sockets, seen, committed, revision, used, (full - empty) / sockets, taken), flush=True)


async def _receive(pipe: Connection) -> Any:
    return await asyncio.to_thread(pipe.recv)


def line(
    name: str,
    sockets: int,
    seen: Seen,
    committed: dict[int, float],
    final: int,
    cpu_percent: float,
    bytes_a_socket: float,
    seconds: float,
) -> str:
    """One row of the table."""
    from_server = sorted(seen.since_server)
    from_change = sorted(
        seen.last_seen[revision] - at for revision, at in committed.items() if revision in seen.last_seen
    )
    missing = sockets - seen.final.get(final, 0)
    return (
        f"{name:<10} {sockets:>6,} {seen.frames / seconds:>8,.0f}"
        f" {at(from_server, 0.5):>8,.0f} {at(from_server, 0.99):>8,.0f}"
        f" {at(from_change, 0.5):>8,.0f} {at(from_change, 0.99):>8,.0f}"
        f" {bytes_a_socket / 1024:>7.1f} {missing:>8,} {seen.lost_sockets:>6,} {cpu_percent:>7.0f}"
        f" {seen.cpu_percent:>7.0f}"
    )


HEADING = (
    "server     sockets frames/s   at p50   at p99  all p50  all p99  KiB/so  missing   lost   CPU %"
    " load %   (milliseconds; CPU of one core; `all`: from change to the last socket)"
)


def at(values: Sequence[float], share: float) -> float:
    """A percentile in milliseconds."""
    if not values:
        return math.nan
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


async def main(folder: Path, sizes: Sequence[int], servers: Sequence[str]) -> None:
    """Start what all runs share, make a campaign for each, and run them one after another."""
    if "reference" in servers and not (CLIENTS.is_dir() and shutil.which("node")):
        print("Without the reference server: install Node 20 and run scripts/install_test_clients.sh")
        servers = [name for name in servers if name != "reference"]
    raise_file_limit()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    mongod, rabbitmq = Mongod(folder / "mongod"), RabbitNode(folder / "rabbitmq")
    mongod.start()
    rabbitmq.start()
    deployment = Deployment(folder, mongod, rabbitmq, consumers=1, simulator_options=NO_RECEIPTS)
    try:
        await deployment.start()
        async with AsyncMongoClient[dict[str, Any]](mongod.url) as mongo:
            name = deployment.environment["CRM_MONGODB_DATABASE"]
            await mongo[name]["customers"].insert_many(customers(RECIPIENTS))
        runs = [(server, sockets) for sockets in sizes for server in servers]
        campaigns = await make_campaigns(deployment, len(runs))
        for process in deployment.processes:
            process.kill()
        settings = settings_of(deployment)
        async with open_resources(settings) as resources:
            print(HEADING)
            for (server, sockets), campaign in zip(runs, campaigns, strict=True):
                await one_run(deployment, resources, server, campaign, sockets)
    finally:
        await deployment.close()
        rabbitmq.close()
        mongod.kill()


async def one_run(
    deployment: Deployment, resources: Resources, server: str, campaign: str, sockets: int
) -> None:
    """A fresh server, its subscribers, its line."""
    driver = Driver(resources, campaign)
    await driver.open()
    if server == "reference":
        served = await serve_reference(driver)
    else:
        served = await serve_product(server, deployment, driver)
    people = range(max(1, sockets // SOCKETS_A_PERSON))
    tokens = [
        mint_token(resources.settings, Role.VIEWER, timedelta(hours=1), f"person-{number}")
        for number in people
    ]
    try:
        await measure(server, served, campaign, tokens, sockets)
    finally:
        served.end()


def settings_of(deployment: Deployment) -> Settings:
    """What its processes have from their environment."""
    values = {name.removeprefix("CRM_").lower(): value for name, value in deployment.environment.items()}
    return load_settings(_env_file=None, **{**values, "bus": BusKind(values["bus"])})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sockets", type=int, nargs="+", default=[1_000, 3_000, 5_000])
    parser.add_argument("--servers", nargs="+", default=SERVERS, choices=SERVERS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(main(Path(temporary), arguments.sockets, arguments.servers))
