"""A campaign in the database whose changes a test makes, and listeners that keep what they were told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.bus.port import Event
from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources
from crm_graphql.server.engine import Answer
from crm_graphql.server.gateway import Gateway, ServedContext
from crm_graphql.server.operations.preparing import GraphQLRequest
from crm_graphql.server.streams.snapshots import Subscription

PROGRESS = """subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  revision status stats { delivered } at } }"""
UPDATES = """subscription ($id: ID!, $after: String) { deliveryUpdates(campaignId: $id, after: $after) {
  cursor deliveries { id status } } }"""
VIEWER = Actor(Role.VIEWER, "viewer")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


class LiveCampaign:
    """One campaign with a ledger. Its revision grows with each change, as the product's writers have it."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._bus = resources.bus
        self.key = ObjectId()
        self.id = encode_id("Campaign", self.key)
        self.revision = 1
        self.deliveries = [ObjectId() for _ in range(1_200)]

    async def create(self) -> LiveCampaign:
        """Write it down, without any delivery."""
        stats = dict.fromkeys(("total", "queued", "sent", "delivered", "failed", "skipped"), 0)
        await self._database.campaigns.insert_one(
            {
                "_id": self.key,
                "name": "Watched",
                "status": "SENDING",
                "channel": "EMAIL",
                "message": {"subject": "s", "body": "b"},
                "audience_id": ObjectId(),
                "rule": {},
                "stats": stats,
                "planning": {"done": True},
                "revision": self.revision,
                "subject": "tester",
                "created_at": LONG_AGO,
                "updated_at": LONG_AGO,
            }
        )
        return self

    async def change(self, *numbers: int, status: str = "DELIVERED", announce: bool = True) -> None:
        """One revision, in which these deliveries come to this status."""
        self.revision += 1
        for number in numbers:
            fields = {"campaign_id": self.key, "customer_id": self.deliveries[number], "number": number}
            await self._database.deliveries.update_one(
                {"_id": self.deliveries[number]},
                {"$set": {"revision": self.revision, "status": status, "channel": "EMAIL", **fields}},
                upsert=True,
            )
        await self._database.campaigns.update_one(
            {"_id": self.key},
            {"$set": {"revision": self.revision}, "$inc": {"stats.delivered": len(numbers)}},
        )
        if announce:
            await self._bus.broadcast(Event(topic=campaign_topic(self.key), revision=self.revision))


class Recorder:
    """A listener that keeps everything; `takes` is how much it has room for."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.refusals: list[dict[str, Any]] = []
        self.completed = False
        self._room = asyncio.Event()
        self._room.set()

    def newest(self, payload: bytes) -> None:
        self.payloads.append(payload)

    def append(self, payload: bytes) -> None:
        self.payloads.append(payload)

    def refused(self, answer: Answer) -> None:
        self.refusals.extend(answer.body["errors"])

    def complete(self) -> None:
        self.completed = True

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        await self._room.wait()

    def stall(self) -> None:
        self._room.clear()

    def go_on(self) -> None:
        self._room.set()

    def events(self) -> list[dict[str, Any]]:
        """The root field's value in each event."""
        return [next(iter(json.loads(payload)["data"].values())) for payload in self.payloads]

    def newest_states(self) -> dict[str, str]:
        """Of each delivery the last status it was told."""
        return {row["id"]: row["status"] for event in self.events() for row in event["deliveries"]}


async def subscribe(
    gateway: Gateway,
    resources: Resources,
    listener: Recorder,
    document: str,
    variables: dict[str, Any],
    actor: Actor = VIEWER,
) -> Subscription:
    """As a transport does it."""
    context = ServedContext(resources, gateway.live, "test", actor)
    operation = await gateway.admit(GraphQLRequest(document, None, variables), context)
    return gateway.subscriptions.subscribe(operation, context, listener)


async def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for what a test expects."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what
