"""What do results and points cost the ledger's writer, and how long does reading them take?

Run: python -m benchmarks.results [--messages 20000]

Receipts in flushes of 2,000 through the writer, each message sent and then delivered, one in fifty of them
bounced: in turns with results and points in the transaction and without them. Figures are CPU of this
process and of MongoDB together, which other work on the machine disturbs less than it does the clock. Then
the results of fifty campaigns, and the timeline of a campaign of 30 days in which something happened each
minute, beside the bare driver's reading of the same documents.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import psutil
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from benchmarks.address_notes import Cpu
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.writer import FLUSH_RECEIPTS, LedgerWriter
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources
from crm_graphql.results.counting import LEDGER, count_results
from crm_graphql.results.documents import CampaignPoints, CampaignResult
from crm_graphql.results.points import PointCounts, timeline_of, write_points
from crm_graphql.results.queries import results_of
from tests.delivery.factories import make_ledger

CAMPAIGNS = 50
DAYS = 30
READINGS = 50


async def _nothing(*_args: Any) -> None:
    return None


def _receipts(ids: Sequence[str], status: ReceiptStatus) -> list[Receipt]:
    now = datetime.now(UTC)
    found = []
    for number, key in enumerate(ids):
        at = now - timedelta(milliseconds=number)
        if status is ReceiptStatus.DELIVERED and number % 50 == 0:
            found.append(Receipt(key, ReceiptStatus.FAILED, at, 1, DeliveryReason.BOUNCED))
        else:
            found.append(Receipt(key, status, at, 1, vendor_message_id=f"v-{key}"))
    return found


async def _flushes(resources: Resources, cpu: Cpu, messages: int) -> None:
    key, ids = await make_ledger(messages)
    writer = LedgerWriter(
        transact=resources.in_transaction, bus=resources.bus, clock=resources.clock, locks=CampaignLocks()
    )
    noted, plain = list[float](), list[float]()
    for status in (ReceiptStatus.SENT, ReceiptStatus.DELIVERED):
        for turn, start in enumerate(range(0, messages, FLUSH_RECEIPTS)):
            receipts = _receipts(ids[start : start + FLUSH_RECEIPTS], status)
            began = cpu.now()
            if turn % 2:
                await writer.submit(key, receipts)
                noted.append(cpu.now() - began)
            else:
                with patch("crm_graphql.delivery.writer.note_outcomes", _nothing):
                    await writer.submit(key, receipts)
                plain.append(cpu.now() - began)
    await writer.close()
    cost = mean(noted) / mean(plain) - 1
    print(
        f"a flush of {FLUSH_RECEIPTS:,}: {mean(plain):.0f} ms of CPU without results and points, "
        f"{mean(noted):.0f} with them ({cost:+.1%})"
    )


async def _timed(what: str, product: Callable[[], Awaitable[Any]], raw: Callable[[], Awaitable[Any]]) -> None:
    took: dict[Callable[[], Awaitable[Any]], float] = dict.fromkeys((product, raw), 0.0)
    for _ in range(READINGS):
        for one in took:
            began = time.perf_counter()
            await one()
            took[one] += (time.perf_counter() - began) * 1_000 / READINGS
    print(f"{what}: {took[product]:.2f} ms, the bare driver {took[raw]:.2f} ms")


async def _readings(resources: Resources) -> None:
    keys = [ObjectId() for _ in range(CAMPAIGNS)]
    launched_at = datetime.now(UTC) - timedelta(days=DAYS)
    points = PointCounts(launched_at)
    for minute in range(DAYS * 24 * 60):
        points.add(launched_at + timedelta(minutes=minute), "opens")

    async def work(session: AsyncClientSession) -> None:
        for key in keys:
            for variant in ("a", "b"):
                await count_results(key, variant, {"opens": 1}, session)
                await count_results(key, variant, {"bounces": 1}, session, source=LEDGER)
        await write_points(keys[0], LEDGER, points, session)

    await resources.in_transaction(work)
    of_all, of_first = {"campaign_id": {"$in": keys}}, {"campaign_id": keys[0]}
    results, stored = CampaignResult.get_pymongo_collection(), CampaignPoints.get_pymongo_collection()
    await _timed(
        f"results of {CAMPAIGNS} campaigns",
        lambda: results_of(keys),
        lambda: results.find(of_all).to_list(),
    )
    length = len(await timeline_of(keys[0], launched_at))
    await _timed(
        f"a timeline of {DAYS} days, {length} points",
        lambda: timeline_of(keys[0], launched_at),
        lambda: stored.find(of_first).to_list(),
    )


async def run(messages: int) -> None:
    """Start MongoDB, measure, stop it."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=1.0)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                development=True,
                mongodb_url=mongod.url,
                mongodb_database="bench",
                bus=BusKind.EMBEDDED,
                data_dir=Path(folder) / "data",
                secret_key="benchmark-secret-3Fz8Qm2Wx9Lp7Vk5",
                log_level="ERROR",
            )
            async with open_resources(settings) as resources:
                found = [one for one in psutil.Process().children() if "mongod" in one.name()]
                await _flushes(resources, Cpu(found[0]), messages)
                await _readings(resources)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    asyncio.run(run(parser.parse_args().messages))
