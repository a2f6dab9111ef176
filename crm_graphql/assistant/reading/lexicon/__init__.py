"""The lexicon: what common words mean in a request for an audience."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crm_graphql.assistant.reading.atoms import Kind
from crm_graphql.assistant.reading.lexicon.hindi import HINDI, HINDI_JOINING
from crm_graphql.assistant.reading.lexicon.joining import JOINING, PREPOSITIONS, SLIPS
from crm_graphql.assistant.reading.lexicon.measures import MEASURES
from crm_graphql.assistant.reading.lexicon.subjects import SUBJECTS
from crm_graphql.assistant.reading.lexicon.traits import TRAITS


def entries() -> Iterator[tuple[str, Kind, Any]]:
    """Every phrase with what it means; where two are alike, the later wins."""
    for word in PREPOSITIONS:
        yield word, Kind.PREPOSITION, word
    for word, meant in SLIPS.items():
        yield word, Kind.PREPOSITION, meant
    for name, text in TRAITS.items():
        for phrase in phrases(text):
            yield phrase, Kind.ADJECTIVE, name
    for joining in (JOINING, HINDI_JOINING):
        for kind, text in joining.items():
            for phrase in phrases(text):
                yield phrase, kind, None
    for kind, value, text in (*HINDI, *MEASURES, *SUBJECTS):
        for phrase in phrases(text):
            yield phrase, kind, value


def phrases(text: str) -> Iterator[str]:
    """The phrases of a list with "|" between them."""
    for phrase in text.split("|"):
        if phrase.strip():
            yield " ".join(phrase.split())
