"""How many deliveries a second, from campaignLaunch to COMPLETED, against the driver and the simulator alone?

Run: python -m benchmarks.delivery [--recipients 10000] [--bus embedded|rabbitmq|both]

The product: its processes over private servers, the simulator with receipts after 200 ms, launch and progress
through GraphQL. The raw limits: the same writes of the ledger by the bare driver (each row inserted, sent,
finished, in pages and batches of the same size, transactions and all), and the simulator alone, fed with the
same batches by four callers until its last receipt was taken by a server that does nothing with it.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_graphql.core.channels import EMAIL, Channel
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from crm_graphql.local.mongod import Mongod, free_port
from tests.servers.deployment import WEBHOOK_SECRET, Deployment
from tests.servers.rabbitmq import RabbitNode
from tests.servers.simulator import SimulatorProcess

Database = AsyncDatabase[dict[str, Any]]

PAGE = 1_000
BATCH = 200
CALLERS = 4
INDEXES = (
    ["campaign_id", "customer_id"],
    ["campaign_id", "number"],
    ["campaign_id", "revision", "_id"],
    ["campaign_id", "status", "_id"],
    ["customer_id", "_id"],
)

AUDIENCE = """mutation { audienceCreate(input: {name: "All", rule: {where: {field: "visitCount",
  operator: GTE, value: 0}}}) { audience { id } errors { message } } }"""
CREATE = """mutation ($audience: ID!) { campaignCreate(input: {name: "Bench", audienceId: $audience,
  channel: EMAIL, message: {subject: "Hello {{ customer.name }}",
  body: "Hi {{ customer.name | default: 'there' }}, you have been here {{ customer.visit_count }} times."}})
  { campaign { id } errors { message } } }"""
LAUNCH = "mutation ($id: ID!) { campaignLaunch(input: {id: $id}) { errors { message } } }"
STATE = "query ($id: ID!) { campaign(id: $id) { status stats { total delivered failed } } }"


def customers(count: int) -> list[dict[str, Any]]:
    """Customer documents as ingestion writes them."""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        texts = {"external_id": f"c{number}", "name": f"Name {number}", "email": f"c{number}@example.com"}
        rows.append(
            {
                **texts,
                "folded": {name: text.casefold() for name, text in texts.items()} | {"tags": []},
                "reach": EMAIL.bit,
                "tags": [],
                "total_spend": 0,
                "visit_count": number % 50,
                "created_at": now,
                "updated_at": now,
                "versions": {},
                "opening": {},
            }
        )
    return rows


async def product_rate(
    folder: Path,
    mongod: Mongod,
    rabbitmq: RabbitNode | None,
    recipients: int,
    consumers: int,
    *,
    create: str = CREATE,
    settings: Mapping[str, object] | None = None,
) -> tuple[float, dict[str, float]]:
    """Deliveries a second, and the processes' memory in MiB at the end."""
    folder.mkdir()
    deployment = Deployment(
        folder,
        mongod,
        rabbitmq,
        consumers=consumers,
        simulator_options={"receipt_delay_ms": 200, "seed": 1},
        settings={"log_level": "WARNING", **(settings or {})},
    )
    try:
        await deployment.start()
        await asyncio.sleep(3)
        database = deployment.environment["CRM_MONGODB_DATABASE"]
        async with AsyncMongoClient[dict[str, Any]](mongod.url) as mongo:
            await mongo[database]["customers"].insert_many(customers(recipients))
        audience = (await deployment.mutate(AUDIENCE, {}))["audience"]["id"]
        campaign = (await deployment.mutate(create, {"audience": audience}))["campaign"]["id"]
        began = time.perf_counter()
        await deployment.mutate(LAUNCH, {"id": campaign})
        while True:
            state = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
            if state["status"] == "COMPLETED":
                break
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        assert state["stats"]["total"] == recipients
        return recipients / seconds, _memory(deployment)
    finally:
        await deployment.close()


def _memory(deployment: Deployment) -> dict[str, float]:
    return {
        process.name: psutil.Process(process.pid).memory_info().rss / 2**20
        for process in deployment.processes
    }


async def driver_rate(mongod: Mongod, recipients: int) -> float:
    """Deliveries a second of the bare driver: planned, sent and finished one after another."""
    async with AsyncMongoClient[dict[str, Any]](mongod.url, w="majority") as mongo:
        database = mongo[f"raw_{ObjectId()}"]
        await database["campaigns"].insert_one({"_id": 1, "revision": 0})
        for keys in INDEXES:
            await database["deliveries"].create_index([(key, 1) for key in keys])
        began = time.perf_counter()
        ids: list[ObjectId] = []
        for start in range(0, recipients, PAGE):
            rows = [_ledger_row(number) for number in range(start, start + PAGE)]
            await _transact(mongo, functools.partial(_plan, database, rows))
            ids.extend(row["_id"] for row in rows)
        for status in ("SENT", "DELIVERED"):
            for start in range(0, recipients, BATCH):
                some = ids[start : start + BATCH]
                await _transact(mongo, functools.partial(_move, database, some, status))
        seconds = time.perf_counter() - began
        await mongo.drop_database(database)
        return recipients / seconds


async def _transact(
    mongo: AsyncMongoClient[dict[str, Any]], work: Callable[[AsyncClientSession], Awaitable[None]]
) -> None:
    async with mongo.start_session() as session:
        await session.with_transaction(work)


async def _plan(database: Database, rows: list[dict[str, Any]], session: AsyncClientSession) -> None:
    await database["campaigns"].update_one({"_id": 1}, {"$inc": {"revision": 1}}, session=session)
    await database["deliveries"].insert_many(rows, session=session)


async def _move(database: Database, ids: list[ObjectId], status: str, session: AsyncClientSession) -> None:
    deliveries = database["deliveries"]
    await deliveries.find({"_id": {"$in": ids}}, {"status": 1}, session=session).to_list()
    campaign = await database["campaigns"].find_one_and_update(
        {"_id": 1}, {"$inc": {"revision": 1}}, session=session
    )
    assert campaign is not None
    change = {"status": status, "revision": campaign["revision"], "sent_at": datetime.now(UTC)}
    await deliveries.update_many({"_id": {"$in": ids}}, {"$set": change}, session=session)


def _ledger_row(number: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "_id": ObjectId(),
        "campaign_id": 1,
        "number": number,
        "customer_id": ObjectId(),
        "channel": "EMAIL",
        "address": f"c{number}@example.com",
        "values": {"customer": {"name": f"Name {number}", "visit_count": number % 50}},
        "status": "QUEUED",
        "attempt": 1,
        "revision": 0,
        "created_at": now,
        "updated_at": now,
    }


async def simulator_rate(folder: Path, recipients: int) -> float:
    """Messages a second that the simulator takes and sends receipts for."""
    folder.mkdir()
    received = 0
    all_here = asyncio.Event()

    async def take(request: Request) -> Response:
        nonlocal received
        body = await request.body()
        received += body.count(b'"delivery_id"')
        if received >= recipients:
            all_here.set()
        return Response(status_code=202)

    port = free_port()
    app = Starlette(routes=[Route("/", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    serving = asyncio.create_task(server._serve())
    simulator = SimulatorProcess(
        folder, callback_url=f"http://127.0.0.1:{port}/", secret=WEBHOOK_SECRET, receipt_delay_ms=200, seed=1
    )
    try:
        simulator.start()
        async with httpx.AsyncClient(trust_env=False) as http:
            vendor = SimulatorVendor(http, simulator.url)
            starts = iter(range(0, recipients, BATCH))

            async def call() -> None:
                for start in starts:
                    await vendor.send(
                        [_message(number) for number in range(start, start + BATCH)], deadline_seconds=30
                    )

            began = time.perf_counter()
            await asyncio.gather(*(call() for _ in range(CALLERS)))
            await all_here.wait()
            return recipients / (time.perf_counter() - began)
    finally:
        simulator.close()
        server.should_exit = True
        await serving


def _message(number: int) -> OutgoingMessage:
    body = f"Hi Name {number}, you have been here {number % 50} times."
    address = f"c{number}@example.com"
    return OutgoingMessage(f"{number:024x}-1", Channel.EMAIL, address, f"Hello Name {number}", body)


async def run(recipients: int, bus: str) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mongod = Mongod(folder / "mongod", cache_gb=1.0)
        mongod.start()
        rabbitmq = RabbitNode(folder / "rabbitmq")
        try:
            driver = await driver_rate(mongod, recipients)
            print(f"driver alone, the same writes       {driver:8,.0f} deliveries/s")
            simulator = await simulator_rate(folder / "simulator", recipients)
            print(f"simulator alone, sent to receipt    {simulator:8,.0f} deliveries/s")
            raw = 1 / (1 / driver + 1 / simulator)
            print(f"both, one after the other           {raw:8,.0f} deliveries/s")
            runs: list[tuple[str, RabbitNode | None, int]] = []
            if bus in ("embedded", "both"):
                runs.append(("embedded bus, one process", None, 0))
            if bus in ("rabbitmq", "both"):
                rabbitmq.start()
                runs += [
                    ("RabbitMQ, one consumer process", rabbitmq, 1),
                    ("RabbitMQ, two consumer processes", rabbitmq, 2),
                ]
            for number, (label, node, consumers) in enumerate(runs):
                rate, memory = await product_rate(
                    folder / f"run-{number}", mongod, node, recipients, consumers
                )
                sizes = ", ".join(f"{process} {size:.0f} MiB" for process, size in memory.items())
                print(f"{label:35} {rate:8,.0f} deliveries/s  {rate / raw:4.0%} of both  ({sizes})")
        finally:
            rabbitmq.close()
            mongod.stop()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--bus", choices=("embedded", "rabbitmq", "both"), default="both")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.recipients // PAGE * PAGE, arguments.bus))


if __name__ == "__main__":
    main()
