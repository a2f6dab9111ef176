"""Requests to the assistant as clients write them."""

from __future__ import annotations

import strawberry

from crm_graphql.audiences.schema.enums import Channel


@strawberry.input(description="A request for an audience rule.")
class RuleSuggestInput:
    prompt: str = strawberry.field(
        description='Plain words, at most 2,000 characters: "high spenders who have not shopped in 6 months".'
    )


@strawberry.input(description="A request for messages.")
class MessagesSuggestInput:
    objective: str = strawberry.field(
        description='What it is to achieve, at most 2,000 characters: "bring back inactive customers".'
    )
    channel: Channel = strawberry.field(description="How it will travel.")
    audience_id: strawberry.ID | None = strawberry.field(default=None, description="Whom it will go to.")
    tone: str | None = strawberry.field(
        default=None, description='How it should sound, at most 200 characters: "formal".'
    )
    count: int | None = strawberry.field(default=None, description="1 to 5; 3 when left out.")


@strawberry.input(description="A request for a campaign's summary.")
class CampaignSummarizeInput:
    campaign_id: strawberry.ID = strawberry.field(description="Which campaign.")
