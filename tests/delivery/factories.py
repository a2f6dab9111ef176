"""Makes customers, audiences, campaigns and ledgers in the test's database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, MessageTemplate, Planning, Stats
from crm_graphql.campaigns.service import create_campaign, launch_campaign
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.parts import Folded
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.resources import Resources

MARKETER = Actor(Role.MARKETER, "marketer")
ADMIN = Actor(Role.ADMIN, "admin")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVERYONE = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
NOBODY = {"where": {"field": "visitCount", "operator": "LT", "value": 0}}
EMAIL_MESSAGE = MessageTemplate(subject="Hello", body="Hi {{ customer.name | default: 'there' }}")


async def make_customers(count: int, *, without_address: int = 0, start: int = 0) -> list[ObjectId]:
    """Customers "c0", "c1" ...; the first `without_address` of them have no email."""
    rows = []
    for number in range(start, start + count):
        email = None if number - start < without_address else f"c{number}@example.com"
        customer = Customer(
            external_id=f"c{number}",
            name=f"Name {number}",
            email=email,
            folded=Folded(external_id=f"c{number}", name=f"name {number}", email=email),
            created_at=LONG_AGO,
            updated_at=LONG_AGO,
        )
        rows.append({**customer.model_dump(exclude={"id", "revision_id"}), "_id": ObjectId()})
    if rows:
        await Customer.get_pymongo_collection().insert_many(rows)
    return [row["_id"] for row in rows]


async def make_audience(rule: Mapping[str, Any] = EVERYONE) -> ObjectId:
    """A saved audience."""
    audience = Audience(name="Audience", rule=dict(rule), created_at=LONG_AGO, updated_at=LONG_AGO)
    await audience.insert()
    assert audience.id is not None
    return audience.id


async def make_draft(resources: Resources, *, rule: Mapping[str, Any] = EVERYONE, **changes: Any) -> ObjectId:
    """A draft that can be launched."""
    content: dict[str, Any] = {
        "name": "Summer sale",
        "channel": Channel.EMAIL,
        "message": EMAIL_MESSAGE,
        "idempotency_key": None,
        **changes,
    }
    if "audience_id" not in content:
        content["audience_id"] = await make_audience(rule)
    campaign = await create_campaign(MARKETER, clock=resources.clock, **content)
    key: ObjectId = campaign["_id"]
    return key


async def launch(resources: Resources, **options: Any) -> ObjectId:
    """A campaign that was just launched."""
    key = await make_draft(resources, **options)
    await launch_campaign(MARKETER, key, bus=resources.bus)
    return key


async def make_ledger(
    count: int, *, status: DeliveryStatus = DeliveryStatus.QUEUED
) -> tuple[ObjectId, list[str]]:
    """A campaign whose ledger is whole, with so many deliveries in one status; their ids."""
    now = datetime.now(UTC)
    stats = Stats(total=count)
    setattr(stats, status.value.lower(), count)
    campaign = Campaign(
        name="Campaign",
        status=CampaignStatus.SENDING,
        channel=Channel.EMAIL,
        message=EMAIL_MESSAGE,
        audience_id=ObjectId(),
        rule=EVERYONE,
        evaluated_at=now,
        stats=stats,
        planning=Planning(done=True, next_number=count),
        revision=1,
        subject="marketer",
        created_at=now,
        updated_at=now,
        launched_at=now - timedelta(days=30),
    )
    await campaign.insert()
    assert campaign.id is not None
    rows = [
        {
            "_id": ObjectId(),
            "campaign_id": campaign.id,
            "number": number,
            "customer_id": ObjectId(),
            "channel": "EMAIL",
            "address": f"c{number}@example.com",
            "values": {"customer": {"name": f"Name {number}"}},
            "status": status.value,
            "attempt": 1,
            "revision": 1,
            "sent_at": now if status is DeliveryStatus.SENT else None,
            "created_at": now,
            "updated_at": now,
        }
        for number in range(count)
    ]
    await Delivery.get_pymongo_collection().insert_many(rows)
    return campaign.id, [str(row["_id"]) for row in rows]


async def campaign_row(key: ObjectId) -> dict[str, Any]:
    """The campaign as it stands."""
    row: dict[str, Any] | None = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return row


async def assert_exact(key: ObjectId) -> dict[str, Any]:
    """The campaign, whose stats sum up and are those of its ledger."""
    row = await campaign_row(key)
    stats = row["stats"]
    assert stats["total"] == sum(stats[status.value.lower()] for status in DeliveryStatus)
    counted = {status.value.lower(): 0 for status in DeliveryStatus}
    cursor = await Delivery.get_pymongo_collection().aggregate(
        [{"$match": {"campaign_id": key}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}]
    )
    async for group in cursor:
        counted[group["_id"].lower()] = group["count"]
    assert counted == {name: stats[name] for name in counted}
    await _assert_variants_exact(row)
    return row


async def _assert_variants_exact(campaign: Mapping[str, Any]) -> None:
    """The counts of variants and of who was held out are those of the ledger."""
    waits = {"$sum": {"$cond": [{"$eq": [{"$type": "$not_before"}, "date"]}, 1, 0]}}
    cursor = await Delivery.get_pymongo_collection().aggregate(
        [
            {"$match": {"campaign_id": campaign["_id"]}},
            {
                "$group": {
                    "_id": {"variant": "$variant", "status": "$status", "reason": "$reason"},
                    "count": {"$sum": 1},
                    "deferred": waits,
                }
            },
        ]
    )
    held_out, counted = 0, dict[str, Counter[str]]()
    async for group in cursor:
        kind = group["_id"]
        held_out += group["count"] * (kind.get("reason") == "HOLDOUT")
        if (variant := kind.get("variant")) is not None:
            sums = counted.setdefault(variant, Counter())
            sums.update({"total": group["count"], "deferred": group["deferred"]})
            sums[kind["status"].lower()] += group["count"]
    assert campaign["stats"].get("held_out", 0) == held_out
    stored = campaign.get("variant_stats") or {}
    assert {key: +Counter(stats) for key, stats in stored.items()} == {
        key: +sums for key, sums in counted.items()
    }
