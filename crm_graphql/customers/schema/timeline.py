"""Entries of a timeline as clients see them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.consents.schema.types import topic_loader
from crm_graphql.core.paging import Page, Row
from crm_graphql.gql.connections import Connection, Edge
from crm_graphql.gql.context import Context, Info
from crm_graphql.gql.enums import describe_enum
from crm_graphql.gql.loaders import ChildPage, child_pages
from crm_graphql.gql.node import Node, global_id, node_type
from crm_graphql.timeline.queries import timelines
from crm_graphql.timeline.sources import CHANGES, CLICKS, DELIVERIES, OPENS, ORDERS, WORDS
from crm_graphql.timeline.titles import (
    change_title,
    click_title,
    delivery_title,
    merge_title,
    open_title,
    order_title,
    word_title,
)


class TimelineKind(Enum):
    """What an entry is about."""

    ORDER = "ORDER"
    DELIVERY = "DELIVERY"
    OPEN = "OPEN"
    CLICK = "CLICK"
    CONSENT = "CONSENT"
    CHANGE = "CHANGE"
    MERGE = "MERGE"


describe_enum(
    TimelineKind,
    "What an entry of a timeline is about.",
    {
        "ORDER": "An order, or a refund.",
        "DELIVERY": "A message of a campaign, at the moment in which it was written down for sending.",
        "OPEN": "A message was opened, for the first time.",
        "CLICK": "A link in a message was followed, for the first time.",
        "CONSENT": "A word of the customer on a topic.",
        "CHANGE": "Somebody, or an import, changed fields.",
        "MERGE": "Another customer became part of this one.",
    },
)
_KINDS = {
    ORDERS.rank: TimelineKind.ORDER,
    DELIVERIES.rank: TimelineKind.DELIVERY,
    WORDS.rank: TimelineKind.CONSENT,
    CHANGES.rank: TimelineKind.CHANGE,
    OPENS.rank: TimelineKind.OPEN,
    CLICKS.rank: TimelineKind.CLICK,
}
_SUBJECTS = {
    TimelineKind.ORDER: "Order",
    TimelineKind.DELIVERY: "Delivery",
    TimelineKind.OPEN: "Delivery",
    TimelineKind.CLICK: "Delivery",
}
Kinds = Annotated[
    list[TimelineKind] | None,
    strawberry.argument(description="Only entries of these kinds; of all by default, and of none given."),
]


def timeline_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """Customers' timelines, newest first."""
    return child_pages(timelines)


@strawberry.type(description="Something that happened with a customer.")
class TimelineEntry:
    id: strawberry.ID = strawberry.field(description="Tells entries apart; it is no id of a node.")
    at: datetime = strawberry.field(description="When it happened.")
    kind: TimelineKind = strawberry.field(description="What it is about.")
    row: strawberry.Private[Row]

    @classmethod
    def from_entry(cls, entry: Row) -> TimelineEntry:
        """The entry of a source."""
        row = entry["row"]
        kind = TimelineKind.MERGE if row.get("merged") else _KINDS[entry["rank"]]
        key = f"{kind.value}:{row['_id']}"
        return cls(id=global_id("TimelineEntry", key), at=entry["at"], kind=kind, row=row)

    @strawberry.field(
        description="Who did it: a user's name, an API key's, or \"import\"; null for the customer."
    )
    async def actor(self, info: Info) -> str | None:
        if self.kind is TimelineKind.DELIVERY:
            campaign = await self._campaign(info)
            return campaign.get("created_by")
        actor: str | None = self.row.get("actor")
        return actor

    @strawberry.field(description="What happened, as an English sentence.")
    async def title(self, info: Info) -> str:
        match self.kind:
            case TimelineKind.ORDER:
                return order_title(self.row)
            case TimelineKind.DELIVERY:
                return delivery_title(self.row, (await self._campaign(info)).get("name", ""))
            case TimelineKind.OPEN:
                return open_title(self.row, (await self._campaign(info)).get("name", ""))
            case TimelineKind.CLICK:
                return click_title(self.row, (await self._campaign(info)).get("name", ""))
            case TimelineKind.CONSENT:
                topic = await info.context.loader(topic_loader).load(self.row["topic_id"])
                return word_title(self.row, (topic or {}).get("name", ""))
            case TimelineKind.MERGE:
                return merge_title(self.row)
        return change_title(self.row)

    @strawberry.field(description="The order or delivery, where the viewer may read it.")
    async def subject(self, info: Info) -> Node | None:
        name = _SUBJECTS.get(self.kind)
        if name is None:
            return None
        kind = node_type(name)
        if kind.permission is not None and not info.context.actor.may(kind.permission):
            return None
        subject: Node | None = await kind.load(info, self.row["_id"])
        return subject

    async def _campaign(self, info: Info) -> Row:
        key: ObjectId = self.row["campaign_id"]
        row: Any = await info.context.loader(node_type("Campaign").loader).load(key)
        return row or {}


@strawberry.type(description="An entry of a timeline, with its cursor.")
class TimelineEdge(Edge[TimelineEntry]):
    pass


@strawberry.type(description="A page of a timeline.")
class TimelineConnection(Connection[TimelineEntry]):
    @strawberry.field(description="The entries with their cursors.")
    def edges(self) -> list[TimelineEdge]:
        return [TimelineEdge(cursor=self.cursors.of(row), node=self.make(row)) for row in self.page.rows]
