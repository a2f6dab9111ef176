"""The reader of requests: from words to a rule, a question, or a refusal."""

from __future__ import annotations

from datetime import datetime

from crm_graphql.assistant.outcomes import Reading, SuggestionOutcome
from crm_graphql.assistant.vocabulary import Vocabulary


def read(prompt: str, vocabulary: Vocabulary, *, now: datetime) -> Reading:
    """What `prompt` asks for, in the vocabulary's words. Pure and deterministic; never raises."""
    return Reading(SuggestionOutcome.QUESTION, None, (f"Which customers are meant by “{prompt[:100]}”?",))
