"""Campaigns as clients write them."""

from __future__ import annotations

import strawberry

from crm_graphql.campaigns.schema.enums import CampaignStatus, Channel


@strawberry.input(description="The text of a campaign.")
class MessageInput:
    subject: str | None = strawberry.field(default=None, description="Email only.")
    body: str = strawberry.field(
        description="A Liquid template: \"Hi {{ customer.name | default: 'there' }}\"."
    )


@strawberry.input(description="Which campaigns. All that is given must hold.")
class CampaignFilter:
    statuses: list[CampaignStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    channel: Channel | None = strawberry.field(default=None, description="By this channel.")
    audience_id: strawberry.ID | None = strawberry.field(default=None, description="To this audience.")
    search: str | None = strawberry.field(default=None, description="Prefix of a word of the name.")


@strawberry.input(description="A new campaign.")
class CampaignCreateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    audience_id: strawberry.ID = strawberry.field(description="Who gets it.")
    topic_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="What it is about: who said no to that is left out. None: only suppressions count.",
    )
    channel: Channel = strawberry.field(description="How its messages travel.")
    message: MessageInput | None = strawberry.field(
        default=None, description="The text; may be written later, before the launch."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key with the same content gives the same campaign back."
    )


@strawberry.input(description="A change of a draft. A field left out stays.")
class CampaignUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    audience_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Who gets it.")
    topic_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="What it is about; null: only suppressions count."
    )
    channel: Channel | None = strawberry.field(
        default=strawberry.UNSET, description="How its messages travel."
    )
    message: MessageInput | None = strawberry.field(
        default=strawberry.UNSET, description="The text; null clears it."
    )


@strawberry.input(description="The launch of a draft.")
class CampaignLaunchInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")
