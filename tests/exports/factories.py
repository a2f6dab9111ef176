"""Exports that are asked for, made to their end, and read."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.bulk.targets import Target
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.exports.documents import Export, ExportFormat, ExportSubject
from crm_graphql.exports.service import Wanted, create_export
from crm_graphql.exports.worker import ExportWorker
from crm_graphql.mongo.rows import row_of
from crm_graphql.resources import Resources
from crm_graphql.storage.port import Storage, read_whole
from tests.delivery.factories import EMAIL_MESSAGE, LONG_AGO

MARKETER = Actor(Role.MARKETER, "marketer")
CUSTOMERS, ORDERS, DELIVERIES = ExportSubject
CSV, NDJSON = ExportFormat


def worker_over(resources: Resources, storage: Storage | None = None) -> ExportWorker:
    """A worker as a consumer has one."""
    return ExportWorker(storage or resources.storage, resources.bus, resources.clock, 5.0)


async def ask(
    resources: Resources,
    content: ExportSubject = CUSTOMERS,
    format: ExportFormat = CSV,
    target: Target | None = None,
    *,
    actor: Actor = MARKETER,
    key: str | None = None,
    **further: Any,
) -> Row:
    """The export that a marketer asks for."""
    return await create_export(
        actor,
        Wanted(content, format, target, **further),
        idempotency_key=key,
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )


async def stored(key: ObjectId) -> dict[str, Any]:
    """The export as it stands."""
    row: dict[str, Any] | None = await Export.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return row


async def finish(resources: Resources, export: Row) -> dict[str, Any]:
    """Take the export's turns until it has ended."""
    worker = worker_over(resources)
    async with asyncio.timeout(90):
        while not await worker.work(export["_id"]):
            pass
    return await stored(export["_id"])


async def file_of(resources: Resources, export: Row) -> bytes:
    """The export's file, unpacked."""
    parts = [await read_whole(resources.storage, part["key"]) for part in export["file"]["parts"]]
    assert [len(part) for part in parts] == [part["size"] for part in export["file"]["parts"]]
    return gzip.decompress(b"".join(parts))


async def rows_of(resources: Resources, *args: Any, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of an export, by their names."""
    ended = await finish(resources, await ask(resources, *args, **wanted))
    assert ended["status"] == "COMPLETED", ended["failure_reason"]
    rows = read_rows(ExportFormat(ended["format"]), await file_of(resources, ended))
    assert len(rows) == ended["rows"]
    return rows


def read_rows(format: ExportFormat, body: bytes) -> list[dict[str, Any]]:
    """The rows of a file as any program reads them."""
    if format is ExportFormat.NDJSON:
        return [json.loads(line) for line in body.splitlines()]
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """One column of rows."""
    return [row[name] for row in rows]


async def ledger_of(customers: Sequence[ObjectId]) -> ObjectId:
    """A campaign that was sent to these customers."""
    now = datetime.now(UTC)
    campaign = Campaign(
        name="=Sale",
        status=CampaignStatus.SENDING,
        channel=Channel.EMAIL,
        message=EMAIL_MESSAGE,
        audience_id=ObjectId(),
        subject="marketer",
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    await campaign.insert()
    assert campaign.id is not None
    found = Customer.get_pymongo_collection().find({"_id": {"$in": list(customers)}}, sort=[("_id", 1)])
    rows = [
        row_of(
            Delivery(
                campaign_id=campaign.id,
                number=number,
                customer_id=customer["_id"],
                channel=Channel.EMAIL,
                address=customer["email"],
                values={"customer": {"name": customer["name"]}},
                status=DeliveryStatus.SENT,
                revision=1,
                sent_at=now,
                created_at=LONG_AGO,
                updated_at=LONG_AGO,
            )
        )
        for number, customer in enumerate(await found.to_list())
    ]
    await Delivery.get_pymongo_collection().insert_many(rows)
    return campaign.id
