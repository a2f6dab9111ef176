"""Seventy thousand real orders, and a part of them in any order and on both buses, give the exact truth."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from crm_graphql.local.mongod import Mongod
from tests.flows.campaigns import launch_to, messages_of, watch_until_completed
from tests.flows.cdnow import WHOLE, Files, cut_in_parts, cut_out, hold_against_truth
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("cdnow")]

FAILED_SHARE = 0.1
"""The simulator's default."""


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """An eighth of the customers with all their orders."""
    return cut_out(tmp_path_factory.mktemp("part"))


@pytest.fixture
async def database(deployment: Deployment, mongod: Mongod) -> AsyncIterator[Any]:
    """The deployment's database, emptied first of what ingestion writes."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url, tz_aware=True)
    found = client[deployment.environment["CRM_MONGODB_DATABASE"]]
    for name in ("customers", "orders", "ingestions", "ingestion_chunks", "row_errors"):
        await found[name].delete_many({})
    yield found
    await client.close()


async def import_in_turn(deployment: Deployment, files: Files, *kinds: str) -> None:
    """One file after the other; each of its rows is taken."""
    for kind in kinds:
        done = await deployment.import_file(kind, files.paths[kind])
        assert done["received"] == done["accepted"] == files.truth[kind]
        assert done["created"] + done["updated"] + done["unchanged"] == files.truth[kind]
        assert done["rejected"] == done["failed"] == 0


async def import_again(deployment: Deployment, files: Files) -> None:
    """Both once more; nothing changes."""
    for kind in ("customers", "orders"):
        again = await deployment.import_file(kind, files.paths[kind])
        assert again["unchanged"] == again["received"] == files.truth[kind]


# The two buses differ in nothing that has to do with size: the other one gets a part.
@pytest.mark.parametrize("deployment", ["rabbitmq"], indirect=True)
async def test_the_whole_files_give_the_truth(deployment: Deployment, database: Any) -> None:
    await import_in_turn(deployment, WHOLE, "customers", "orders")
    await hold_against_truth(deployment, database, WHOLE.truth)
    await send_to_frequent_visitors(deployment, database, WHOLE.truth)


async def test_customers_then_orders_and_again_give_the_truth(
    deployment: Deployment, database: Any, part: Files
) -> None:
    await import_in_turn(deployment, part, "customers", "orders")
    await import_again(deployment, part)
    await hold_against_truth(deployment, database, part.truth)
    await send_to_frequent_visitors(deployment, database, part.truth)


async def test_orders_then_customers_give_the_truth(
    deployment: Deployment, database: Any, part: Files
) -> None:
    await import_in_turn(deployment, part, "orders", "customers")
    await hold_against_truth(deployment, database, part.truth)


async def send_to_frequent_visitors(deployment: Deployment, database: Any, truth: Mapping[str, Any]) -> None:
    """The campaign to the customers with ten or more visits reaches each of them once."""
    (expected,) = [one for one in truth["audiences"] if one["name"] == "ten visits or more"]
    without_email = await database.customers.count_documents({"visit_count": {"$gte": 10}, "email": None})
    rule = {"where": {"field": "visitCount", "operator": "GTE", "value": 10}}
    campaign = await launch_to(deployment, rule)
    stats = (await watch_until_completed(deployment, campaign))[-1]["stats"]
    assert (stats["total"], stats["skipped"]) == (expected["size"], without_email)
    reachable = expected["size"] - without_email
    deviation = math.sqrt(FAILED_SHARE * (1 - FAILED_SHARE) / reachable)
    assert abs(stats["failed"] / reachable - FAILED_SHARE) < 6 * deviation
    sent = Counter(message["to"] for message in messages_of(deployment, campaign))
    assert len(sent) == reachable > 100
    assert set(sent.values()) == {1}


# One process applies all chunks on the embedded bus: nothing there happens at once.
@pytest.mark.parametrize("deployment", ["rabbitmq"], indirect=True)
async def test_ten_files_of_shuffled_parts_imported_at_once_give_the_truth(
    deployment: Deployment, database: Any, part: Files, tmp_path: Path
) -> None:
    pieces = cut_in_parts(tmp_path, part.paths["orders"], 10)
    imports = [deployment.import_file("orders", piece) for piece in pieces]
    results = await asyncio.gather(*imports, deployment.import_file("customers", part.paths["customers"]))
    assert sum(result["failed"] + result["rejected"] for result in results) == 0
    assert sum(result["created"] for result in results[:-1]) == part.truth["orders"]
    await hold_against_truth(deployment, database, part.truth)
