"""Topics, words and suppressions as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from crm_graphql.consents.queries import suppressions_by_ids, topics_by_ids
from crm_graphql.consents.schema.enums import Channel, ConsentStatus, SuppressionReason
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, register

if TYPE_CHECKING:
    from crm_graphql.customers.schema.types import Customer


@strawberry.type(description='What messages are about, for people to choose: "News", "Order updates".')
class Topic(Node):
    name: str = strawberry.field(description="The name that people know it by.")
    slug: str = strawberry.field(
        description="Its name in rules: the field `consent.<slug>.<channel>`. Never changes."
    )
    description: str | None = strawberry.field(description="What it brings, for people who choose.")
    is_opt_out: bool = strawberry.field(
        description="People get it unless they say no; false: only those who said yes."
    )
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_document(cls, row: Row) -> Topic:
        """The projection of a topic document."""
        return cls(
            id=global_id("Topic", row["_id"]),
            name=row["name"],
            slug=row["slug"],
            description=row.get("description"),
            is_opt_out=row["is_opt_out"],
            created_at=row["created_at"],
        )


topic_loader = rows_by_id(topics_by_ids)
register(Topic, permission=Permission.CUSTOMERS_READ, loader=topic_loader)


@strawberry.type(description="A word of a customer on a topic and channel.")
class Consent:
    topic: Topic = strawberry.field(description="What it is about.")
    channel: Channel = strawberry.field(description="Which way of writing it is about.")
    status: ConsentStatus = strawberry.field(description="What was said.")
    changed_at: datetime = strawberry.field(description="When it was said.")
    source: str = strawberry.field(
        description='Where it was heard: "preference page", "one-click", "api", "import", "whatsapp STOP".'
    )

    @classmethod
    def from_word(cls, word: Row, topic: Row) -> Consent:
        """The projection of a stored word."""
        return cls(
            topic=Topic.from_document(topic),
            channel=Channel(word["channel"]),
            status=ConsentStatus(word["status"]),
            changed_at=word["at"],
            source=word["source"],
        )


@strawberry.type(description="An address that must not be contacted on a channel, whoever has it.")
class Suppression(Node):
    channel: Channel = strawberry.field(description="Which way of writing is closed.")
    address: str = strawberry.field(
        description="Email address or telephone number, as it is compared; empty where the person was "
        "erased, and only a hash of it is kept."
    )
    reason: SuppressionReason = strawberry.field(description="Why.")
    created_at: datetime = strawberry.field(description="Since when.")

    @classmethod
    def from_document(cls, row: Row) -> Suppression:
        """The projection of a suppression document."""
        return cls(
            id=global_id("Suppression", row["_id"]),
            channel=Channel(row["channel"]),
            address=row["address"] or "",
            reason=SuppressionReason(row["reason"]),
            created_at=row["created_at"],
        )


register(Suppression, permission=Permission.CUSTOMERS_READ, loader=rows_by_id(suppressions_by_ids))


@strawberry.type
class TopicPayload(Payload):
    """Base of the payloads that hold a topic."""

    topic: Topic | None = strawberry.field(default=None, description="The topic as it now stands.")


@strawberry.type(description="What became of topicCreate.")
class TopicCreatePayload(TopicPayload):
    pass


@strawberry.type(description="What became of topicUpdate.")
class TopicUpdatePayload(TopicPayload):
    pass


@strawberry.type(description="What became of topicDelete.")
class TopicDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The topic that is gone.")


@strawberry.type(description="What became of consentSet.")
class ConsentSetPayload(Payload):
    customer: Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")] | None = (
        strawberry.field(default=None, description="The customer as they now stand.")
    )


@strawberry.type(description="What became of suppressionsCreate.")
class SuppressionsCreatePayload(Payload):
    suppressions: list[Suppression | None] = strawberry.field(
        default_factory=list, description="In the order of `addresses`: null where `errors` names it."
    )


@strawberry.type(description="What became of suppressionDelete.")
class SuppressionDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The suppression that is gone."
    )
