"""Topics, words and suppressions as clients write them."""

from __future__ import annotations

import strawberry

from crm_graphql.consents.schema.enums import Channel, ConsentStatus, SuppressionReason
from crm_graphql.customers.schema.references import CustomerRef


@strawberry.input(description="A new topic.")
class TopicCreateInput:
    name: str = strawberry.field(description="1 to 200 characters; no other topic may have it.")
    description: str | None = strawberry.field(default=None, description="At most 500 characters.")
    is_opt_out: bool = strawberry.field(
        description="People get it unless they say no; false: only those who said yes. Cannot be changed."
    )


@strawberry.input(description="A change of a topic. A field left out stays.")
class TopicUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which topic.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 500 characters; null clears it."
    )


@strawberry.input(description="The end of a topic.")
class TopicDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which topic.")


@strawberry.input(description="What a customer said just now.")
class ConsentSetInput:
    customer: CustomerRef = strawberry.field(description="Who said it.")
    topic_id: strawberry.ID = strawberry.field(description="What it is about.")
    channel: Channel = strawberry.field(description="Which way of writing it is about.")
    status: ConsentStatus = strawberry.field(description="What was said.")
    source: str | None = strawberry.field(
        default=None, description='Where it was heard, at most 100 characters; "api" when left out.'
    )


@strawberry.input(description="Addresses that must not be contacted any more.")
class SuppressionsCreateInput:
    channel: Channel = strawberry.field(description="Which way of writing to close.")
    addresses: list[str] = strawberry.field(
        description="Email addresses or telephone numbers, at most 1,000; case and formatting do not count."
    )
    reason: SuppressionReason | None = strawberry.field(
        default=None, description="Why; MANUAL when left out."
    )


@strawberry.input(description="The end of a suppression.")
class SuppressionDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which suppression.")
