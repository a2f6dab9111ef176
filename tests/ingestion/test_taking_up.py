"""A body that stopped in the middle is taken up with its key: late, slowly, or with other content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_graphql.core.errors import Conflict
from crm_graphql.ingestion.reconcile import fail_abandoned
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    ORDERS,
    apply_pending,
    as_stored,
    broken_off,
    cut,
    figures,
    orders_csv,
    stream,
)


async def test_a_body_taken_up_late_is_not_given_up_again_at_once(resources: Resources) -> None:
    body = orders_csv(10_000)
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(body, 140_000), key="k", chunk_records=5_000)
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    await resources.database.ingestions.update_many({}, {"$set": {"touched_at": two_hours_ago}})

    async def with_a_round_of_the_reconciler() -> AsyncIterator[bytes]:
        for number, part in enumerate(cut(body)):
            yield part
            # Taken up, and nothing of it stored yet.
            if number == 12:
                await fail_abandoned(resources.bus, resources.clock, timedelta(hours=1))
                row = await resources.database.ingestions.find_one()
                assert row is not None
                assert row["status"] == "ACCEPTED"

    await stream(resources, ORDERS, with_a_round_of_the_reconciler(), key="k")


async def test_a_slow_body_that_was_given_up_ends_completed_all_the_same(resources: Resources) -> None:
    body = orders_csv(5_000)

    async def slow() -> AsyncIterator[bytes]:
        for part in cut(body):
            yield part
        await fail_abandoned(resources.bus, resources.clock, timedelta(seconds=-1))
        assert await resources.database.ingestions.count_documents({"status": "FAILED"}) == 1

    ingestion = await stream(resources, ORDERS, slow(), chunk_records=100)
    await apply_pending(resources)
    done = await as_stored(ingestion)
    assert (done.status, done.failure_reason, done.received) == (IngestionStatus.COMPLETED, None, 5_000)
    assert await figures(done) == (5_000, 0, 0, 0)


async def test_a_shorter_body_whose_chunks_are_all_there_is_other_content(resources: Resources) -> None:
    lines = orders_csv(1_200).splitlines(keepends=True)
    long, short = b"".join(lines) + b" " * 300_000, b"".join(lines[:501])
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(long, 200_000), key="k", partitions=1, chunk_records=10)
    assert await resources.database.ingestion_chunks.count_documents({}) > 50
    with pytest.raises(Conflict):
        await stream(resources, ORDERS, short, key="k", partitions=1, chunk_records=10)
