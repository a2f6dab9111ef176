"""How many requests a second does one API process answer, beside Strawberry's view and a bare route?

Run: python -m benchmarks.http_requests [--seconds 5] [--connections 16]

A trivial query, a list of 100 customers with eight fields, a small mutation (an audience gets a new name):
each with a token, on keep-alive connections. The product and Strawberry's own view serve the same schema from
the same database, each as one process on uvicorn; the bare route reads the JSON and answers a constant. The
load is made by this process on raw transports. The servers take turns; the best round of each counts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import uvloop
from pymongo import AsyncMongoClient

from benchmarks.delivery import customers
from benchmarks.edges import command
from benchmarks.http_load import Rate, measure, post
from crm_graphql.local.mongod import Mongod, free_port
from tests.flows.campaigns import AUDIENCE
from tests.servers.deployment import Deployment, Process, eventually

ROUNDS = 3
SERVERS = ("product", "stock", "bare")
TYPENAME = "{ __typename }"
LIST = """{ customers(first: 100) { nodes {
  externalId name email city totalSpend visitCount lastVisitAt createdAt } } }"""
RENAME = """mutation ($id: ID!, $name: String!) { audienceUpdate(input: {id: $id, name: $name}) {
  audience { name } errors { message } } }"""
RULE = {"where": {"field": "visitCount", "operator": "GTE", "value": 10}}


async def start(name: str, deployment: Deployment) -> tuple[Process, int]:
    """One server process, ready."""
    port = free_port()
    environment = {**deployment.environment, "CRM_PORT": str(port), "CRM_LOG_LEVEL": "WARNING"}
    process = Process(name, command(name), environment, deployment.folder)
    process.start()
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ready() -> bool:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        try:
            await eventually(ready, what=name)
        except AssertionError:
            raise RuntimeError(process.log()[-2000:]) from None
    return process, port


def requests(
    document: str, token: str, connections: int, variables: Sequence[Mapping[str, Any]] = ()
) -> list[bytes]:
    """What each connection sends."""
    chosen = [variables[number] if variables else {} for number in range(connections)]
    return [post(json.dumps({"query": document, "variables": each}).encode(), token) for each in chosen]


async def operations(deployment: Deployment, connections: int) -> dict[str, tuple[list[bytes], bytes]]:
    """Each operation's requests, and what an answer must hold. Each connection renames its own audience."""
    token = deployment.token
    made = [
        await deployment.mutate(AUDIENCE, {"name": f"Audience {number}", "rule": RULE})
        for number in range(connections)
    ]
    renames = [{"id": each["audience"]["id"], "name": "A new name"} for each in made]
    return {
        "trivial query": (requests(TYPENAME, token, connections), b'"Query"'),
        "100 customers": (requests(LIST, token, connections), b'"externalId"'),
        "mutation": (requests(RENAME, token, connections, renames), b'"A new name"'),
    }


async def compare(deployment: Deployment, seconds: float, connections: int) -> None:
    """Print a table of each operation on each server."""
    asked = await operations(deployment, connections)
    deployment.apis[0].kill()
    servers = {name: await start(name, deployment) for name in SERVERS}
    best: dict[tuple[str, str], Rate] = {}
    try:
        for _ in range(ROUNDS):
            for operation, (sent, expected) in asked.items():
                for name, (_process, port) in servers.items():
                    if name == "bare" and operation != "trivial query":
                        continue
                    await measure(port, sent, expected, min(1.0, seconds))
                    rate = await measure(port, sent, expected, seconds)
                    known = best.get((operation, name))
                    if known is None or rate.per_second > known.per_second:
                        best[operation, name] = rate
    finally:
        for process, _ in servers.values():
            process.kill()
    bare = best["trivial query", "bare"].per_second
    print(
        f"{'':<14} {'product/s':>10} {'p99 ms':>7} {'stock/s':>9} {'p99 ms':>7} {'ratio':>6} {'of bare':>8}"
    )
    for operation in asked:
        ours, stock = best[operation, "product"], best[operation, "stock"]
        print(
            f"{operation:<14} {ours.per_second:>10,.0f} {ours.milliseconds(0.99):>7.1f}"
            f" {stock.per_second:>9,.0f} {stock.milliseconds(0.99):>7.1f}"
            f" {ours.per_second / stock.per_second:>6.2f} {ours.per_second / bare:>8.2f}"
        )
    print(f"bare Starlette route: {bare:,.0f}/s")


async def main(folder: Path, seconds: float, connections: int) -> None:
    """Start a database with customers, then compare."""
    mongod = Mongod(folder / "mongod")
    mongod.start()
    deployment = Deployment(folder, mongod, None)
    try:
        await deployment.start()
        async with AsyncMongoClient[dict[str, Any]](mongod.url) as mongo:
            name = deployment.environment["CRM_MONGODB_DATABASE"]
            await mongo[name]["customers"].insert_many(customers(1_000))
        await compare(deployment, seconds, connections)
    finally:
        await deployment.close()
        mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        uvloop.run(main(Path(temporary), arguments.seconds, arguments.connections))
