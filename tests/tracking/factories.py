"""Makes launched campaigns whose messages were delivered, and hits of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, MessageTemplate
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.hits import HitWriter
from crm_graphql.resources import Resources
from crm_graphql.results.queries import results_of, summed
from crm_graphql.tracking.hits import Hit, Signs
from crm_graphql.tracking.policy import TrackingPolicy
from crm_graphql.tracking.tokens import Kind, Seen
from tests.delivery.factories import MARKETER, make_customers, make_draft
from tests.delivery.test_planner import make_planner

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
ROOT = "https://crm.example"
ALL = TrackingPolicy(opens=True, clicks=True, public_url=ROOT)
SENT = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = SENT + timedelta(minutes=5)
HTML = (
    '<body><p>Hi {{ customer.name }}</p><a href="https://shop.example/a?x=1&amp;y=2#top">A</a>'
    '<a href="https://shop.example/b">B</a>'
    '<a href="https://shop.example/c/{{ customer.external_id }}">C</a></body>'
)


async def launched(resources: Resources, *, people: int = 2, **options: Any) -> Any:
    """A campaign, planned for so many people, each of whom got it at SENT."""
    policy = options.pop("tracking", ALL)
    if people:
        await make_customers(people)
    options.setdefault("message", MessageTemplate(subject="News", body=HTML))
    key = await make_draft(resources, **options)
    await launch_campaign(MARKETER, key, bus=resources.bus, tracking=policy)
    await make_planner(resources).plan(key)
    await Delivery.get_pymongo_collection().update_many(
        {"campaign_id": key}, {"$set": {"status": "DELIVERED", "sent_at": SENT, "finished_at": SENT}}
    )
    campaign = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert campaign is not None
    return campaign


def hit(campaign: Any, number: int = 0, *, kind: Kind = Kind.CLICK, link: int = 0, **changes: Any) -> Hit:
    """A hit of a person five minutes after the delivery."""
    seen = Seen(kind, campaign["_id"], number, link, "https://shop.example/")
    given = {"at": LATER, "agent": BROWSER, "signs": Signs.LANGUAGE, **changes}
    return Hit.of(seen, **given)


def opened(campaign: Any, number: int = 0, **changes: Any) -> Hit:
    """A look of a person five minutes after the delivery."""
    return hit(campaign, number, kind=Kind.OPEN, **changes)


def writer(resources: Resources) -> HitWriter:
    """A writer of hits."""
    return HitWriter(transact=resources.in_transaction, bus=resources.bus, locks=CampaignLocks())


async def counts(campaign: ObjectId) -> dict[str, int]:
    """What is counted of a campaign's people, without what is zero."""
    found = (await results_of([campaign])).get(campaign, {})
    return {name: count for name, count in summed(found).items() if count}


async def delivery(campaign: Any, number: int = 0) -> Any:
    """A row of its ledger."""
    return await Delivery.get_pymongo_collection().find_one(
        {"campaign_id": campaign["_id"], "number": number}
    )
