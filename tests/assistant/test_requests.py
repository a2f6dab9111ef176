"""The requests of tests/data are read as the rule that each means, or asked about, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import AllOf, Not, Rule, Where
from tests.assistant.vocabularies import DATA, NOW, PROBES, vocabulary

OUTCOMES = {
    SuggestionOutcome.RULE: "rule",
    SuggestionOutcome.ASSUMED: "assume",
    SuggestionOutcome.QUESTION: "clarify",
    SuggestionOutcome.REFUSED: "refuse",
}
FIELDS = {"total_spend": "totalSpend", "visit_count": "visitCount", "last_visit_at": "lastVisitAt"}


@pytest.mark.parametrize("request_", DATA["prompts"], ids=lambda one: str(one["id"]))
def test_a_request_is_read_as_it_is_meant(request_: Mapping[str, Any]) -> None:
    reading = read(request_["text"], vocabulary(), now=NOW)
    outcome = OUTCOMES[reading.outcome]
    assert outcome in request_["accept"], reading
    assert (reading.rule is not None) == (outcome in ("rule", "assume"))
    if outcome == "rule" and request_.get("matches") is not None:
        assert reading.rule is not None
        assert matching(reading.rule) in accepted(request_)
    elif outcome == "assume":
        assert reading.rule is not None
        assert fields_of(reading.rule) == neutral_fields(request_["rule"])
        assert any(sign.isdigit() for note in reading.notes for sign in note)


def matching(rule: Rule) -> list[str]:
    """The probes that the product's own evaluation picks."""
    return sorted(key for key, probe in PROBES.items() if evaluate(rule, probe, NOW))


def accepted(request_: Mapping[str, Any]) -> list[list[str]]:
    """The probes that a right rule picks; there may be several."""
    return [request_["matches"], *(other["matches"] for other in request_.get("also_ok", ()))]


def fields_of(rule: Rule) -> set[str]:
    """The fields that a rule asks about."""
    if isinstance(rule, Where):
        return {rule.field.name}
    if isinstance(rule, Not):
        return fields_of(rule.part)
    return set().union(*(fields_of(part) for part in rule.parts))


def neutral_fields(rule: Mapping[str, Any]) -> set[str]:
    """The fields that a rule of the data asks about, by their names here."""
    if "field" in rule:
        return {FIELDS[rule["field"]]}
    return set().union(*(neutral_fields(part) for key in ("all", "any", "not") for part in rule.get(key, ())))


def test_nothing_that_was_assumed_takes_in_everybody() -> None:
    for request_ in DATA["prompts"]:
        reading = read(request_["text"], vocabulary(), now=NOW)
        if reading.rule is not None and isinstance(reading.rule, Where | AllOf):
            assert len(matching(reading.rule)) < len(PROBES)
