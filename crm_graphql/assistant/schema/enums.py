"""The enums of the assistant, described."""

from __future__ import annotations

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.gql.enums import describe_enum

__all__ = ["SuggestionOutcome"]

describe_enum(
    SuggestionOutcome,
    "What became of a request for an audience.",
    {
        "RULE": "A rule that says what was asked.",
        "ASSUMED": "A rule, on assumptions that `notes` states.",
        "QUESTION": "No rule: `notes` holds the question.",
        "REFUSED": "No rule: no audience can be meant.",
    },
)
