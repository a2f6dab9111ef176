"""Suggestions of the assistant as clients see them."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.scalars import JSON

from crm_graphql.assistant.composing import MessageDraft
from crm_graphql.assistant.outcomes import Reading
from crm_graphql.assistant.schema.enums import SuggestionOutcome
from crm_graphql.assistant.service import Source
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.queries import count_rule
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.settings import Settings
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload


@strawberry.type(description="What a request for an audience was read as. Nothing is saved by it.")
class RuleSuggestion:
    outcome: SuggestionOutcome = strawberry.field(description="What became of the request.")
    rule: JSON | None = strawberry.field(
        description="In the shape of RuleInput; null where the request could not be turned into a rule."
    )
    rule_text: str | None = strawberry.field(description="The rule as an English sentence.")
    notes: list[str] = strawberry.field(description="What was assumed, or why there is no rule.")
    source: str = strawberry.field(description='Who answered: "openai" or "built-in".')

    @strawberry.field(
        description="Customers that match now; null without a rule, or where counting takes long."
    )
    async def size(self, info: Info) -> int | None:
        rule: Any = self.rule
        if rule is None:
            return None
        resources = info.context.resources
        return await count_rule(rule, clock=resources.clock, settings=resources.settings)

    @classmethod
    def from_reading(cls, reading: Reading, source: Source, *, settings: Settings) -> RuleSuggestion:
        """What was read, as clients see it."""
        rule = reading.rule
        return cls(
            outcome=reading.outcome,
            rule=JSON(to_stored(rule)) if rule else None,
            rule_text=describe_rule(rule, currency=settings.currency, zone=settings.time_zone)
            if rule
            else None,
            notes=list(reading.notes),
            source=source.value,
        )


@strawberry.type(description="A message, as Liquid templates.")
class MessageSuggestion:
    subject: str | None = strawberry.field(description="Email only.")
    body: str = strawberry.field(description="The text.")

    @classmethod
    def from_draft(cls, draft: MessageDraft) -> MessageSuggestion:
        """The draft as clients see it."""
        return cls(subject=draft.subject, body=draft.body)


@strawberry.type(description="What became of ruleSuggest.")
class RuleSuggestPayload(Payload):
    suggestion: RuleSuggestion | None = strawberry.field(default=None, description="What was understood.")


@strawberry.type(description="What became of messagesSuggest.")
class MessagesSuggestPayload(Payload):
    suggestions: list[MessageSuggestion] = strawberry.field(
        default_factory=list, description="The variants; empty with `errors`."
    )
    source: str | None = strawberry.field(
        default=None, description='Who answered: "openai" or "built-in"; null with `errors`.'
    )


@strawberry.type(description="What became of campaignSummarize.")
class CampaignSummarizePayload(Payload):
    text: str | None = strawberry.field(default=None, description="Some sentences; null with `errors`.")
    source: str | None = strawberry.field(
        default=None, description='Who answered: "openai" or "built-in"; null with `errors`.'
    )
