"""What do words and suppressions cost a campaign, and how soon is an unsubscribe in force?

Run: python -m benchmarks.consents [--recipients 100000] [--suppressions 1000000]

Two databases on one server, with the same recipients. In one nobody ever said anything. In the other each
recipient has words on three topics, as many addresses of others are suppressed as asked for, and the campaign
is about a topic. In turns, a campaign is planned over all recipients, and all its ranges are claimed and
read as a sender does, up to the point where it would render. Then a link to unsubscribe is followed by POST
while a campaign waits: the milliseconds until the answer, from when on a claim skips the person.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.campaigns.documents import Campaign, CampaignStatus, FrozenTopic, MessageTemplate
from crm_graphql.consents.addresses import hash_key, hashed
from crm_graphql.consents.documents import Suppression
from crm_graphql.consents.links import Link, Purpose, link_key, token_of
from crm_graphql.consents.routes import routes
from crm_graphql.consents.service import create_topic
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import new_customer
from crm_graphql.customers.words import ConsentStatus, Place, Word
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.ranges import claim_range, finish_range, queued_rows
from crm_graphql.delivery.refusing import without_refused
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources

ADMIN = Actor(Role.ADMIN, "benchmark")
RULE = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
FIELDS = ("customer_id", "address", "values", "attempt")
BATCH = 10_000
ROUNDS = 3
CLICKS = 200


@asynccontextmanager
async def opened(mongod: Mongod, database: str) -> AsyncIterator[Resources]:
    """Resources on one of the two databases."""
    settings = load_settings(
        _env_file=None,
        development=True,
        mongodb_url=mongod.url,
        mongodb_database=database,
        bus=BusKind.EMBEDDED,
        secret_key="benchmark-only-benchmark-only-benchmark",
        log_level="ERROR",
    )
    async with open_resources(settings) as resources:
        yield resources


async def fill(resources: Resources, recipients: int, suppressions: int) -> None:
    """Customers; with suppressions also topics and words."""
    topics = []
    if suppressions:
        for name in ("News", "Offers", "Order updates"):
            topic = await create_topic(
                ADMIN, name=name, description=None, is_opt_out=True, clock=resources.clock
            )
            topics.append(topic)
    at = datetime(2025, 1, 1, tzinfo=UTC)
    for start in range(0, recipients, BATCH):
        rows = [_customer(number, topics, at) for number in range(start, min(start + BATCH, recipients))]
        await Customer.get_pymongo_collection().insert_many(rows, ordered=False)
    key = await hash_key()
    for start in range(0, suppressions, BATCH):
        await Suppression.get_pymongo_collection().insert_many(
            [_suppression(f"gone{number}@example.org", key, at) for number in range(start, start + BATCH)],
            ordered=False,
        )


def _customer(number: int, topics: list[Row], at: datetime) -> dict[str, Any]:
    row = new_customer(f"c{number}", at) | {"name": f"Name {number}", "email": f"c{number}@example.com"}
    row["consents"] = [
        Word(Place(topic["_id"], topic["slug"], channel), ConsentStatus.SUBSCRIBED, at, "import").stored()
        for topic in topics
        for channel in (Channel.EMAIL, Channel.SMS)
    ]
    return {**row, "folded": folded_copy(row), "reach": reach_of(row)}


def _suppression(address: str, key: bytes, at: datetime) -> dict[str, Any]:
    return {
        "channel": "EMAIL",
        "key": hashed(address, key),
        "address": address,
        "reason": "MANUAL",
        "created_at": at,
        "touched_at": at,
    }


async def launched(resources: Resources) -> ObjectId:
    """A campaign that waits for its planner, about a topic where there is one."""
    topic = await resources.database.topics.find_one({"slug": "news"})
    frozen = topic and FrozenTopic(id=topic["_id"], slug=topic["slug"], is_opt_out=topic["is_opt_out"])
    now = datetime.now(UTC)
    campaign = Campaign(
        name="Benchmark",
        status=CampaignStatus.SENDING,
        channel=Channel.EMAIL,
        message=MessageTemplate(subject="Hi", body="Hi {{ customer.name }}"),
        audience_id=ObjectId(),
        topic_id=topic and topic["_id"],
        topic=frozen or None,
        rule=RULE,
        evaluated_at=now,
        subject="benchmark",
        created_at=now,
        updated_at=now,
        launched_at=now,
    )
    await campaign.insert()
    assert campaign.id is not None
    return ObjectId(campaign.id)


async def measure(resources: Resources, recipients: int) -> tuple[float, float]:
    """Recipients a second: planned, and claimed up to rendering."""
    key = await launched(resources)
    planner = Planner(
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
        locks=CampaignLocks(),
        lease_seconds=60,
        range_rows=resources.settings.delivery_batch,
        public_url=resources.settings.public_url,
    )
    began = time.perf_counter()
    while not await planner.plan(key):
        pass
    planned = time.perf_counter() - began
    campaign = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert campaign is not None
    assert campaign["stats"]["queued"] == recipients
    began, seen = time.perf_counter(), 0
    while claim := await claim_range(key, lease_seconds=60):
        allowed, refused = await without_refused(campaign, await queued_rows(claim, FIELDS))
        assert not refused
        seen += len(allowed)
        await finish_range(claim)
    assert seen == recipients
    claimed = time.perf_counter() - began
    for collection in (Delivery, SendRange):
        await collection.get_pymongo_collection().delete_many({"campaign_id": key})
    return recipients / planned, recipients / claimed


async def clicks(resources: Resources) -> list[float]:
    """Milliseconds from the POST of a link to its answer, one after another."""
    app = Starlette(routes=routes)
    app.state.resources = resources
    topic = await resources.database.topics.find_one({"slug": "news"})
    assert topic is not None
    key, found = await link_key(), []
    people = await resources.database.customers.find({}, {"_id": 1}).limit(CLICKS).to_list()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        for row in people:
            link = Link(Purpose.UNSUBSCRIBE, Channel.EMAIL, row["_id"], topic["_id"], datetime.now(UTC))
            began = time.perf_counter()
            answer = await client.post(f"/u/{token_of(link, key)}")
            found.append((time.perf_counter() - began) * 1_000)
            assert answer.status_code == 200
    return sorted(found)


async def run(recipients: int, suppressions: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        mongod = Mongod(Path(name) / "mongod", cache_gb=2.0)
        mongod.start()
        try:
            cases = {"silent": 0, "spoken": suppressions}
            for database, count in cases.items():
                async with opened(mongod, database) as resources:
                    await fill(resources, recipients, count)
            rates: dict[str, list[tuple[float, float]]] = {database: [] for database in cases}
            for _ in range(ROUNDS):
                for database in cases:
                    async with opened(mongod, database) as resources:
                        rates[database].append(await measure(resources, recipients))
            for step, index in (("planned", 0), ("claimed", 1)):
                silent, spoken = (median(rate[index] for rate in rates[database]) for database in cases)
                print(
                    f"{step}: {silent:9,.0f} recipients/s without, {spoken:9,.0f} with "
                    f"({spoken / silent:4.0%}); medians of {ROUNDS}"
                )
            async with opened(mongod, "spoken") as resources:
                found = await clicks(resources)
            slowest = found[-len(found) // 100]
            print(f"unsubscribe in force after p50 {median(found):.1f} ms, p99 {slowest:.1f} ms")
        finally:
            mongod.stop()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--suppressions", type=int, default=1_000_000)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.recipients, arguments.suppressions))


if __name__ == "__main__":
    main()
