"""How long until a pause and a resume hold, and how fast are queued messages cancelled, failed ones put back?

Run: python -m benchmarks.control [--queued 1000000] [--ended 200000]

A campaign with so many queued messages is being sent, by the consumers of one process, to a vendor that takes
50 ms for a call. In force is a pause when the last call has begun, a resume when the first one does; the raw
limit of the change itself is the driver's guarded update of a document alone. Another campaign with `--ended`
messages is paused, resumed and cancelled in the middle, and must be exact; of a third all have failed and are
put back. Raw: the driver moves as many rows of the same collection, 2,000 a transaction, with the counts.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from consumers.runner import Runner
from crm_graphql.campaigns.control import cancel_campaign, pause_campaign, resume_campaign
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, MessageTemplate, Planning, Stats
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.delivery.vendors.port import Outcome, OutcomeStatus, OutgoingMessage
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.rows import row_of
from crm_graphql.resources import Resources, open_resources

MARKETER = Actor(Role.MARKETER, "benchmark")
BATCH = 10_000
RANGE = 200
ROUNDS = 5
PAGE = 2_000


class Vendor:
    """Takes everything after a moment, and notes when each call began and which keys it had."""

    name = "benchmark"
    dedupes_for = None
    can_look_up = False
    sends_receipts = False
    batch_limit = 1_000

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.began: list[float] = []

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Take the messages."""
        self.began.append(time.perf_counter())
        self.keys.update(message.key for message in messages)
        await asyncio.sleep(0.05)
        return [Outcome(message.key, OutcomeStatus.ACCEPTED) for message in messages]

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Nothing: it says of itself that it cannot be asked."""
        return {}


async def fill(count: int, status: str = "QUEUED") -> ObjectId:
    """A campaign whose ledger holds so many rows in one status, in ranges as the planner makes them."""
    now = datetime.now(UTC)
    row = row_of(
        Campaign(
            name="Benchmark",
            status=CampaignStatus.PAUSED,
            channel=Channel.EMAIL,
            message=MessageTemplate(subject="Hello", body="Hi {{ customer.name }}"),
            audience_id=ObjectId(),
            rule={},
            evaluated_at=now,
            stats=Stats(total=count, **{status.lower(): count}),
            planning=Planning(done=True, next_number=count),
            subject="benchmark",
            created_at=now,
            updated_at=now,
            launched_at=now,
        )
    )
    key: ObjectId = row["_id"]
    await Campaign.get_pymongo_collection().insert_one(row)
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        await Delivery.get_pymongo_collection().insert_many(
            [_row(key, number, status, now) for number in numbers], ordered=False
        )
        if status == "QUEUED":
            await SendRange.get_pymongo_collection().insert_many(ranges_of(key, numbers, RANGE))
    return key


def _row(key: ObjectId, number: int, status: str, now: datetime) -> dict[str, Any]:
    return {
        "campaign_id": key,
        "number": number,
        "customer_id": ObjectId(),
        "channel": "EMAIL",
        "address": f"c{number}@example.com",
        "values": {"customer": {"name": f"Name {number}"}},
        "status": status,
        "reason": "OTHER" if status == "FAILED" else None,
        "attempt": 1,
        "revision": 0,
        "wave": None,
        "not_before": None,
        "created_at": now,
        "updated_at": now,
    }


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when it holds."""
    while not await condition():
        await asyncio.sleep(0.02)


async def stats_of(key: ObjectId) -> dict[str, int]:
    """The campaign's figures, which must add up."""
    row: Any = await Campaign.get_pymongo_collection().find_one({"_id": key}, {"stats": 1})
    stats: dict[str, int] = row["stats"]
    parts = ("queued", "sent", "delivered", "failed", "skipped")
    assert stats["total"] == sum(stats[name] for name in parts), stats
    return stats


async def pauses(resources: Resources, key: ObjectId, vendor: Vendor) -> list[tuple[float, ...]]:
    """For each round, in seconds: the pause's change and its force, the resume's change and its force."""
    found: list[tuple[float, ...]] = []
    for _ in range(ROUNDS):
        await asyncio.sleep(1.0)
        paused_at = time.perf_counter()
        await pause_campaign(MARKETER, key, bus=resources.bus)
        pause_took = time.perf_counter() - paused_at
        await asyncio.sleep(3.0)
        calls = len(vendor.began)
        last = max(0.0, vendor.began[-1] - paused_at)
        resumed_at = time.perf_counter()
        await resume_campaign(MARKETER, key, bus=resources.bus)
        resume_took = time.perf_counter() - resumed_at
        while len(vendor.began) == calls:
            await asyncio.sleep(0.005)
        found.append((pause_took, last, resume_took, vendor.began[calls] - resumed_at))
    return found


async def raw_change(key: ObjectId) -> float:
    """Seconds of one guarded update by the driver."""
    campaigns = Campaign.get_pymongo_collection()
    seconds = []
    for number in range(100):
        began = time.perf_counter()
        await campaigns.find_one_and_update(
            {"_id": key, "status": {"$in": ["PAUSED", "SENDING"]}}, {"$set": {"probe": number}}
        )
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


async def cancelled(resources: Resources, key: ObjectId, vendor: Vendor) -> tuple[int, float]:
    """How many were skipped, and how many a second; everybody exactly once in the end."""
    await resume_campaign(MARKETER, key, bus=resources.bus)
    total = (await stats_of(key))["total"]
    for share in (0.1, 0.2):

        async def sent(share: float = share) -> bool:
            return (await stats_of(key))["delivered"] >= total * share

        await until(sent)
        await pause_campaign(MARKETER, key, bus=resources.bus)
        await resume_campaign(MARKETER, key, bus=resources.bus)
    began = time.perf_counter()
    await cancel_campaign(MARKETER, key, bus=resources.bus)

    async def over() -> bool:
        return (await stats_of(key))["queued"] == 0

    await until(over)
    seconds = time.perf_counter() - began
    stats = await stats_of(key)
    rows = await Delivery.get_pymongo_collection().count_documents({"campaign_id": key, "status": "SKIPPED"})
    assert rows == stats["skipped"] == total - stats["delivered"]
    assert max(vendor.keys.values()) == 1
    return rows, rows / seconds


async def put_back(resources: Resources, key: ObjectId, runner: Runner) -> float:
    """Failed messages a second that a retry puts back, none of which is sent yet."""
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": "COMPLETED"}})
    total = (await stats_of(key))["total"]
    began = time.perf_counter()
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    while not await runner.work.ledgers.retries.run(key):
        pass
    seconds = time.perf_counter() - began
    assert (await stats_of(key))["queued"] == total
    return total / seconds


async def raw_moves(resources: Resources, count: int) -> float:
    """Rows a second that the driver moves from one status to another, with the counts, 2,000 at once."""
    key = await fill(count)
    deliveries, campaigns = Delivery.get_pymongo_collection(), Campaign.get_pymongo_collection()
    began = time.perf_counter()
    for start in range(0, count, PAGE):
        numbers = {"$gte": start, "$lt": start + PAGE}

        async def move(session: AsyncClientSession, numbers: dict[str, int] = numbers) -> None:
            moved = await deliveries.update_many(
                {"campaign_id": key, "number": numbers, "status": "QUEUED"},
                {"$set": {"status": "SKIPPED", "reason": "CANCELLED", "finished_at": datetime.now(UTC)}},
                session=session,
            )
            step = moved.modified_count
            await campaigns.update_one(
                {"_id": key}, {"$inc": {"stats.queued": -step, "stats.skipped": step}}, session=session
            )

        await resources.in_transaction(move)
    return count / (time.perf_counter() - began)


async def measure(resources: Resources, queued: int, ended: int) -> None:
    """Fill, measure, print."""
    by_driver = await raw_moves(resources, ended)
    large, middle, failed = await fill(queued), await fill(ended), await fill(ended, "FAILED")
    vendor = Vendor()
    runner = Runner(resources, vendor=vendor)
    back = await put_back(resources, failed, runner)
    await Campaign.get_pymongo_collection().update_one({"_id": failed}, {"$set": {"status": "PAUSED"}})
    await runner.start()
    try:
        skipped, a_second = await cancelled(resources, middle, vendor)
        await resume_campaign(MARKETER, large, bus=resources.bus)
        rounds = await pauses(resources, large, vendor)
    finally:
        await runner.stop()
    change = await raw_change(large)
    pause, in_force, resume, goes_on = (statistics.median(values) for values in zip(*rounds, strict=True))
    print(f"{queued:,} queued; medians of {ROUNDS}")
    print(f"  driver, one guarded update     {change * 1_000:10.1f} ms")
    print(f"  pause, the change              {pause * 1_000:10.1f} ms   (ratio {pause / change:.1f})")
    print(f"  pause, last call begun after   {in_force * 1_000:10.1f} ms")
    print(f"  pause, worst of all rounds     {max(one[1] for one in rounds) * 1_000:10.1f} ms")
    print(f"  resume, the change             {resume * 1_000:10.1f} ms   (ratio {resume / change:.1f})")
    print(f"  resume, first call begun after {goes_on * 1_000:10.1f} ms")
    print(f"{ended:,} messages, exact after pause, resume and cancel in the middle")
    print(f"  driver, moves of rows          {by_driver:10,.0f} rows/s")
    print(
        f"  cancel, {skipped:>9,} skipped      {a_second:10,.0f} rows/s   (ratio {a_second / by_driver:.2f})"
    )
    print(f"  retry, put back                {back:10,.0f} rows/s   (ratio {back / by_driver:.2f})")


async def main(queued: int, ended: int) -> None:
    """Start a database and measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                mongodb_url=mongod.url,
                mongodb_database="benchmark",
                bus=BusKind.EMBEDDED,
                delivery_batch=RANGE,
                log_level="WARNING",
            )
            async with open_resources(settings) as resources:
                await measure(resources, queued, ended)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--queued", type=int, default=1_000_000)
    parser.add_argument("--ended", type=int, default=200_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.queued, arguments.ended))
