"""The outcomes of reading a request: a rule, a rule on assumptions, a question, or no audience at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from crm_graphql.audiences.rules import Rule


class SuggestionOutcome(Enum):
    """What became of a request for an audience."""

    RULE = "RULE"
    ASSUMED = "ASSUMED"
    """A rule, on assumptions that the notes state."""
    QUESTION = "QUESTION"
    """No rule: the notes hold the question."""
    REFUSED = "REFUSED"
    """No rule: no audience can be meant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a request. `rule` is there exactly when the outcome is RULE or ASSUMED; `notes` are
    whole sentences for people: what was assumed, what is asked, or why there is no rule."""

    outcome: SuggestionOutcome
    rule: Rule | None
    notes: tuple[str, ...]
