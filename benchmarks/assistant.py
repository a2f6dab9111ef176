"""How long does a request to the assistant take, built in, and beside a model that answers at once?

Each figure is of one caller, one request after another, p50 and p99: the service below GraphQL, with the
reading of the vocabulary, over 20,000 customers. The raw limit of the model's way is the stand-in server of
the tests, sent the same question by the bare HTTP client: what is left is the product's and the official
client's own. The last line is what the client costs a process that asks for the first time.

Run: python -m benchmarks.assistant [--requests 300]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import psutil
import structlog
from pydantic import SecretStr

from crm_graphql.assistant.model.choose import choose_model
from crm_graphql.assistant.service import Assistance, Source, suggest_messages, suggest_rule
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import open_resources
from tests.gql.factories import insert_customers
from tests.servers.openai import KEY, MODEL, OpenAIServer, Say, running_openai

PROMPTS = (
    "customers who spent more than 5,000",
    "people in Pune or Mumbai who have not shopped in 6 months",
    "high spenders with at least 3 visits, but not tagged vip",
    "everyone who joined before March 2024 and has an email",
)
CITIES = ("Mumbai", "Pune", "Delhi", "Lima", "Oslo")
MARKETER = Actor(Role.MARKETER, "benchmark")
ANSWER = {
    "outcome": "RULE",
    "rule": {"where": {"field": "totalSpend", "operator": "GT", "value": "5000"}},
    "notes": [],
}


async def timed(call: Callable[[int], Awaitable[object]], requests: int) -> str:
    """p50 and p99 of so many calls, after one that is not counted."""
    await call(0)
    taken = []
    for number in range(requests):
        begun = time.perf_counter()
        await call(number)
        taken.append(time.perf_counter() - begun)
    taken.sort()
    return f"p50 {taken[len(taken) // 2] * 1e3:6.1f} ms   p99 {taken[int(len(taken) * 0.99)] * 1e3:6.1f} ms"


async def measure(mongod: Mongod, server: OpenAIServer, requests: int) -> None:
    """Print the figures."""
    settings = load_settings(
        _env_file=None,
        mongodb_url=mongod.url,
        bus=BusKind.EMBEDDED,
        openai_api_key=SecretStr(KEY),
        openai_base_url=server.url,
        openai_model=MODEL,
        openai_tokens_per_day=10**12,
        openai_caller_tokens_per_day=10**12,
    )
    async with open_resources(settings) as resources:
        await insert_customers(20_000, city=lambda number: CITIES[number % 5], tags=["vip"])
        alone = Assistance(None, resources.clock, settings, resources.slices)
        before = psutil.Process().memory_info().rss
        asking = replace(alone, model=choose_model(settings))

        async def rule(assistance: Assistance, number: int) -> None:
            _, source = await suggest_rule(MARKETER, PROMPTS[number % len(PROMPTS)], assistance=assistance)
            assert (source is Source.OPENAI) is (assistance.model is not None)

        async def messages(number: int) -> None:
            await suggest_messages(MARKETER, "bring back inactive customers", Channel.EMAIL, assistance=alone)

        print("a rule, built in            ", await timed(lambda number: rule(alone, number), requests))
        print("three messages, built in    ", await timed(messages, requests))
        begun = time.perf_counter()
        await rule(asking, 0)
        first = time.perf_counter() - begun
        memory = psutil.Process().memory_info().rss - before
        print("a rule, by the local server ", await timed(lambda number: rule(asking, number), requests))
        print("the local server alone      ", await alone_by_http(server, requests))
        print(f"the first question of a process took {first:.2f} s and {memory / 2**20:.0f} MiB")
        assert asking.model is not None
        await asking.model.close()


async def alone_by_http(server: OpenAIServer, requests: int) -> str:
    """The server's own time, asked the same question by the bare client."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    async with httpx2.AsyncClient(headers=headers) as http:

        async def bare(_: int) -> None:
            await http.post(f"{server.url}/chat/completions", content=server.raw[0])

        return await timed(bare, requests)


def main() -> None:
    """Start a private MongoDB and the server, and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=300)
    requests = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as folder, running_openai() as server:
        mongod = Mongod(Path(folder), cache_gb=0.5)
        mongod.start()
        server.will(Say(ANSWER))
        try:
            asyncio.run(measure(mongod, server, requests))
        finally:
            mongod.kill()


if __name__ == "__main__":
    main()
