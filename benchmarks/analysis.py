"""What does it cost to check and price a document, cold and hot, beside graphql-core alone?

Cold: a document that this process never saw. Hot: one that it knows, as with most requests. graphql-core
alone: parse and validation. Also: the slowest hostile documents, and counting a request against its rate.

Run: .venv/bin/python -m benchmarks.analysis
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable

from graphql import get_introspection_query, parse, validate

from crm_graphql.core.settings import load_settings
from crm_graphql.schema import executable_schema
from crm_graphql.server.operations.preparing import GraphQLRequest, Operations
from crm_graphql.server.rates import RateLimit
from crm_graphql.server.refusals import RequestError
from crm_graphql.server.windows import ProcessWindows
from tests.server.test_hostile_documents import WORST

COLD_ROUNDS = 60
HOT_ROUNDS = 5_000
CALLERS = 50_000

LIST = "{ customers(first: 100) { nodes { externalId name email city totalSpend visitCount createdAt } } }"
DASHBOARD = """query Dashboard($first: Int = 20, $after: String) {
  campaigns(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...Campaign } }
  audiences(first: 10) { nodes { id name size ruleText } }
  ingestions(first: 5) { nodes { id kind status received accepted rejected createdAt } }
}
fragment Campaign on Campaign { id name status channel revision stats { ...Stats } audience { id name }
  deliveries(first: 10) { edges { cursor node { id status customer { externalId name } } } } }
fragment Stats on DeliveryStats { total queued sent delivered failed skipped totalIsFinal }"""
DOCUMENTS = {"a list": LIST, "a dashboard": DASHBOARD, "introspection": get_introspection_query()}

SCHEMA = executable_schema()
SETTINGS = load_settings(_env_file=None)


def median_microseconds(call: Callable[[], object], rounds: int) -> float:
    """The median time of a call, after some to warm up."""
    times = []
    for round_ in range(rounds + 5):
        start = time.perf_counter()
        call()
        if round_ >= 5:
            times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


async def each_microseconds(call: Callable[[], Awaitable[object]], rounds: int) -> float:
    """The mean time of many calls in a row."""
    start = time.perf_counter()
    for _ in range(rounds):
        await call()
    return (time.perf_counter() - start) / rounds * 1e6


def cold(text: str) -> None:
    """Check a document as a process does that never saw it; a refusal is an answer too."""
    operations = Operations(SCHEMA, SETTINGS)
    try:
        asyncio.run(operations.prepare(GraphQLRequest(text), introspection_allowed=True, known_caller=True))
    except RequestError:
        return


def raw(text: str) -> None:
    """What graphql-core does with it alone, without any limit."""
    validate(SCHEMA, parse(text))


async def hot(text: str) -> float:
    """What a request pays for a document that is known."""
    operations = Operations(SCHEMA, SETTINGS)
    request = GraphQLRequest(text, None, {"first": 30})
    return await each_microseconds(
        lambda: operations.prepare(request, introspection_allowed=True, known_caller=True), HOT_ROUNDS
    )


async def rate() -> float:
    """What it costs to count a request among those of many callers."""
    limit = RateLimit("cost", 10**12, ProcessWindows(), "")
    for number in range(CALLERS):
        await limit.spend(f"caller {number}", 1)
    return await each_microseconds(lambda: limit.spend("caller 1", 1), HOT_ROUNDS)


def main() -> None:
    """Print the figures."""
    gc.freeze()
    empty = median_microseconds(lambda: asyncio.run(asyncio.sleep(0)), COLD_ROUNDS)
    for name, text in DOCUMENTS.items():
        alone = median_microseconds(lambda text=text: raw(text), COLD_ROUNDS)  # type: ignore[misc]
        checked = median_microseconds(lambda text=text: cold(text), COLD_ROUNDS) - empty  # type: ignore[misc]
        known = asyncio.run(hot(text))
        print(
            f"{name}: graphql-core {alone / 1000:.2f} ms, cold {checked / 1000:.2f} ms "
            f"(ratio {checked / alone:.2f}), hot {known:.1f} us (ratio {known / alone:.4f})"
        )
    slow = {name: median_microseconds(lambda text=text: cold(text), 5) for name, text in WORST.items()}  # type: ignore[misc]
    for name in sorted(slow, key=lambda each: -slow[each])[:3]:
        alone = median_microseconds(lambda text=WORST[name]: raw(text), 1)  # type: ignore[misc]
        print(f"hostile, {name}: {slow[name] / 1000:.0f} ms, graphql-core {alone / 1000:.0f} ms")
    print(f"to count a request of one caller among {CALLERS:,}: {asyncio.run(rate()):.1f} us")


if __name__ == "__main__":
    main()
