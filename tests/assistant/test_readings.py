"""Requests as marketers write them, each with how it is read: `readings/*.txt` holds them by kind.

A request stands on one line; the next has the outcome, and after it the rule's sentence, or a word that the
question must name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.audiences.describe import describe_rule
from tests.assistant.vocabularies import NOW, vocabulary

READINGS = Path(__file__).parent / "readings"
LEAST = 150


def readings() -> Iterator[tuple[str, str, str]]:
    """Each request with its outcome and what is said of it."""
    for path in sorted(READINGS.glob("*.txt")):
        lines = path.read_text().splitlines()
        for request, answer in zip(lines[::2], lines[1::2], strict=True):
            outcome, _, said = answer.strip().partition(" ")
            yield request, outcome, said


@pytest.mark.parametrize(("request_", "outcome", "said"), list(readings()))
def test_a_request_is_read_as_marketers_mean_it(request_: str, outcome: str, said: str) -> None:
    reading = read(request_, vocabulary(), now=NOW)
    assert reading.outcome is SuggestionOutcome[outcome], reading.notes
    if reading.rule is not None:
        assert describe_rule(reading.rule, currency="INR") == said
    else:
        assert said in reading.notes[0]
    if outcome == "ASSUMED":
        assert reading.notes


def test_there_are_requests_of_every_outcome() -> None:
    found = list(readings())
    assert {outcome for _, outcome, _ in found} == set(SuggestionOutcome.__members__)
    assert len({request for request, _, _ in found}) == len(found) > LEAST
