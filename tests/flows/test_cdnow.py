"""Seventy thousand real orders, in any order and any number of times, give the exact truth on both buses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from crm_graphql.local.mongod import Mongod
from tests.data import CDNOW
from tests.flows.campaigns import launch_to, messages_of, watch_until_completed
from tests.flows.cdnow import TRUTH, cut_in_parts, hold_against_truth
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("cdnow")]

FILES = {"customers": CDNOW / "customers.csv.gz", "orders": CDNOW / "orders.csv.gz"}


@pytest.fixture
async def database(deployment: Deployment, mongod: Mongod) -> AsyncIterator[Any]:
    """The deployment's database, emptied first of what ingestion writes."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url, tz_aware=True)
    found = client[deployment.environment["CRM_MONGODB_DATABASE"]]
    for name in ("customers", "orders", "ingestions", "ingestion_chunks", "row_errors"):
        await found[name].delete_many({})
    yield found
    await client.close()


@pytest.mark.parametrize("kinds", [("customers", "orders"), ("orders", "customers")], ids="-then-".join)
async def test_both_files_in_either_order_and_again_give_the_truth(
    deployment: Deployment, database: Any, kinds: tuple[str, str]
) -> None:
    for kind in kinds:
        done = await deployment.import_file(kind, FILES[kind])
        assert done["received"] == done["accepted"] == TRUTH[kind]
        assert done["created"] + done["updated"] + done["unchanged"] == TRUTH[kind]
        assert done["rejected"] == done["failed"] == 0
    await hold_against_truth(deployment, database)
    if kinds[0] == "orders":
        return
    for kind in kinds:
        again = await deployment.import_file(kind, FILES[kind])
        assert again["unchanged"] == again["received"] == TRUTH[kind]
    await hold_against_truth(deployment, database)
    await send_to_frequent_visitors(deployment, database)


async def send_to_frequent_visitors(deployment: Deployment, database: Any) -> None:
    """The campaign to the customers with ten or more visits reaches each of them once."""
    (truth,) = [one for one in TRUTH["audiences"] if one["name"] == "ten visits or more"]
    without_email = await database.customers.count_documents({"visit_count": {"$gte": 10}, "email": None})
    rule = {"where": {"field": "visitCount", "operator": "GTE", "value": 10}}
    campaign = await launch_to(deployment, rule)
    stats = (await watch_until_completed(deployment, campaign))[-1]["stats"]
    assert (stats["total"], stats["skipped"]) == (truth["size"], without_email) == (1_154, without_email)
    # The simulator fails a tenth by default: six standard deviations to either side.
    assert 0.04 < stats["failed"] / (1_154 - without_email) < 0.16
    sent = Counter(message["to"] for message in messages_of(deployment, campaign))
    assert len(sent) == 1_154 - without_email
    assert set(sent.values()) == {1}


# The two buses differ in nothing here: one process applies all chunks on the embedded one.
@pytest.mark.parametrize("deployment", ["rabbitmq"], indirect=True)
async def test_ten_processes_importing_shuffled_parts_at_once_give_the_truth(
    deployment: Deployment, database: Any, tmp_path: Path
) -> None:
    parts = cut_in_parts(tmp_path, 10)
    imports = [deployment.import_file("orders", part) for part in parts]
    results = await asyncio.gather(*imports, deployment.import_file("customers", FILES["customers"]))
    assert sum(result["failed"] + result["rejected"] for result in results) == 0
    assert sum(result["created"] for result in results[:-1]) == TRUTH["orders"]
    await hold_against_truth(deployment, database)
