"""Dry runs: they count as a real run would, and leave nothing behind but their own figures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.bus.port import Event, Message
from crm_graphql.core.errors import Conflict
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import Ingestion, IngestionStatus
from crm_graphql.ingestion.reconcile import complete_forgotten, fail_abandoned
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    CUSTOMERS,
    ORDERS,
    apply_pending,
    as_stored,
    broken_off,
    figures,
    orders_csv,
    stream,
)

SUPPRESSIONS = IngestionKind.SUPPRESSIONS
PEOPLE = b"customer_id,name,email\n1,Ann,a@example.com\n2,Bo,b@example.com\n1,Anna,\n3,Cy,bad\n2,Bo,\n"


async def dry(resources: Resources, kind: IngestionKind, body: bytes, **more: Any) -> Ingestion:
    """A dry run, as it is stored."""
    return await as_stored(await stream(resources, kind, body, dry=True, **more))


async def counted(resources: Resources) -> dict[str, int]:
    """How many documents each collection has."""
    names = ("ingestion_chunks", "customers", "orders", "suppressions", "refused_rows", "dead_letters")
    return {name: await resources.database[name].count_documents({}) for name in names}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (CUSTOMERS, PEOPLE),
        (ORDERS, orders_csv(50) + b"o1,c2,9,2024-02-01\no2,c2,2.25,2024-01-03\nbad,c,x,2024-01-01\n"),
        (SUPPRESSIONS, b"address\na@example.com\nb@example.com\nA@example.com\nnone\n"),
    ],
)
async def test_a_dry_run_counts_what_a_real_run_then_does(
    resources: Resources, kind: IngestionKind, body: bytes
) -> None:
    await stream(resources, kind, b"\n".join(body.splitlines()[:2]))
    await apply_pending(resources)
    before = await counted(resources)
    said = await dry(resources, kind, body)
    after = await counted(resources)
    assert after == before | {"refused_rows": after["refused_rows"]}
    real = await stream(resources, kind, body)
    await apply_pending(resources)
    assert said.counters is not None
    assert tuple(said.counters.model_dump().values()) == await figures(real)
    assert (said.received, said.rejected, said.status) == (
        real.received,
        real.rejected,
        IngestionStatus.COMPLETED,
    )
    assert said.is_dry_run
    assert not real.is_dry_run


async def test_a_dry_run_is_forgotten_after_a_day_with_its_row_errors(resources: Resources) -> None:
    said = await dry(resources, CUSTOMERS, PEOPLE)
    assert said.expires_at is not None
    assert timedelta(hours=23) < said.expires_at - said.created_at <= timedelta(days=1)
    for collection in ("row_errors", "refused_rows"):
        (row,) = await resources.database[collection].find().to_list()
        assert row["expires_at"] == said.expires_at
        indexes = await resources.database[collection].index_information()
        assert indexes["expires_at"]["expireAfterSeconds"] == 0


async def test_a_dry_run_makes_no_noise(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []

    async def publish(_queue: object, *messages: Message) -> None:
        heard.extend(messages)

    async def broadcast(event: Event) -> None:
        heard.append(event.topic)

    monkeypatch.setattr(resources.bus, "publish", publish)
    monkeypatch.setattr(resources.bus, "broadcast", broadcast)
    said = await dry(resources, ORDERS, orders_csv(3000), chunk_records=100)
    assert set(heard) <= {f"ingestion.{said.id}"}


async def test_a_dry_run_makes_no_topic(resources: Resources) -> None:
    body = b"email,email_consent\nida@example.com,yes\n"
    said = await dry(resources, CUSTOMERS, body)
    assert said.received == 1
    assert said.rejected == 0
    assert await resources.database.topics.count_documents({}) == 0


async def test_one_key_is_good_for_a_dry_run_and_for_the_real_one(resources: Resources) -> None:
    body = orders_csv(30)
    said = await dry(resources, ORDERS, body, key="k")
    real = await stream(resources, ORDERS, body, key="k")
    assert said.id != real.id
    assert (await dry(resources, ORDERS, body, key="k")).id == said.id
    assert (await stream(resources, ORDERS, body, key="k")).id == real.id
    with pytest.raises(Conflict):
        await dry(resources, ORDERS, orders_csv(31), key="k")
    await apply_pending(resources)
    assert await resources.database.orders.count_documents({}) == 30


async def test_a_dry_run_that_broke_off_is_counted_anew(resources: Resources) -> None:
    body = orders_csv(10_000)
    with pytest.raises(ConnectionResetError):
        await dry(resources, ORDERS, broken_off(body, 140_000), key="k", chunk_records=50)  # type: ignore[arg-type]
    await complete_forgotten(resources.bus, resources.clock)
    await fail_abandoned(resources.bus, resources.clock, timedelta(seconds=-1))
    said = await dry(resources, ORDERS, body, key="k", chunk_records=50)
    assert said.status is IngestionStatus.COMPLETED
    assert said.counters is not None
    assert (said.received, said.counters.created) == (10_000, 10_000)


async def test_a_dry_run_waits_for_nobody_and_disturbs_nobody(resources: Resources) -> None:
    body = orders_csv(2000)
    await stream(resources, ORDERS, body, chunk_records=100)
    limits: dict[str, Any] = {"pending_records_limit": 1, "backpressure_wait_seconds": 0.1}
    applying = asyncio.create_task(apply_pending(resources))
    said = await asyncio.gather(*(dry(resources, ORDERS, body, **limits) for _ in range(3)))
    await applying
    assert all(one.received == 2000 for one in said)
    assert await resources.database.orders.count_documents({}) == 2000
