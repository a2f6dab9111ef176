"""Requests to the assistant: mutations, since a model costs money and nothing may repeat them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.assistant.schema.inputs import (
    CampaignSummarizeInput,
    MessagesSuggestInput,
    RuleSuggestInput,
)
from crm_graphql.assistant.schema.types import (
    CampaignSummarizePayload,
    MessagesSuggestPayload,
    MessageSuggestion,
    RuleSuggestion,
    RuleSuggestPayload,
)
from crm_graphql.assistant.service import Assistance, suggest_messages, suggest_rule, summarize_campaign
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import Faults
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation


def _assistance(info: Info) -> Assistance:
    resources = info.context.resources
    return Assistance(resources.model, resources.clock, resources.settings, resources.slices)


@mutation(
    Permission.ASSISTANT_USE,
    "An audience rule from plain words, to look at before it is saved. A mutation, though it stores nothing: "
    "a model behind it may cost money, so nothing may repeat it unasked.",
)
async def rule_suggest(
    info: Info, input: Annotated[RuleSuggestInput, strawberry.argument(description="The words.")]
) -> RuleSuggestPayload:
    reading, source = await suggest_rule(info.context.actor, input.prompt, assistance=_assistance(info))
    settings = info.context.resources.settings
    return RuleSuggestPayload(suggestion=RuleSuggestion.from_reading(reading, source, settings=settings))


@mutation(
    Permission.ASSISTANT_USE,
    "Message variants for an objective, to look at before one is used. Stores nothing.",
    subject="audience_id",
)
async def messages_suggest(
    info: Info, input: Annotated[MessagesSuggestInput, strawberry.argument(description="What is wanted.")]
) -> MessagesSuggestPayload:
    faults, audience_id = Faults(), None
    if input.audience_id is not None:
        with faults.noted():
            audience_id = decode_key("Audience", input.audience_id, field="audienceId")
    drafts, source = await suggest_messages(
        info.context.actor,
        input.objective,
        input.channel,
        audience_id=audience_id,
        tone=input.tone,
        count=input.count,
        assistance=_assistance(info),
        faults=faults,
    )
    return MessagesSuggestPayload(
        suggestions=[MessageSuggestion.from_draft(draft) for draft in drafts], source=source.value
    )


@mutation(
    Permission.ASSISTANT_USE,
    "A campaign in some sentences, each number checked against its data. Stores nothing.",
    subject="campaign_id",
)
async def campaign_summarize(
    info: Info, input: Annotated[CampaignSummarizeInput, strawberry.argument(description="Which campaign.")]
) -> CampaignSummarizePayload:
    key = decode_key("Campaign", input.campaign_id, field="campaignId")
    text, source = await summarize_campaign(info.context.actor, key, assistance=_assistance(info))
    return CampaignSummarizePayload(text=text, source=source.value)
