"""The sentence that tells a rule is read back as the same rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.describe import SHOWN_TEXT, describe_rule
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, OPERATORS, RuleField, RuleFieldType
from crm_graphql.audiences.rules import Rule, parse
from tests.assistant.vocabularies import vocabulary, vocabulary_with
from tests.audiences.factories import AT, random_customers, where
from tests.audiences.trees import trees

CUSTOMERS = random_customers(200, seed=11)
OWN = RuleField("emailConsent", "Email consent", "Consents", RuleFieldType.BOOLEAN, ("email_consent",))


def same(one: Rule, other: Rule) -> bool:
    """Whether both are told in the same words and pick the same customers."""
    return describe_rule(one, currency="INR") == describe_rule(other, currency="INR") and all(
        evaluate(one, customer, AT) == evaluate(other, customer, AT) for customer in CUSTOMERS
    )


def is_told_in_part(raw: dict[str, Any]) -> bool:
    """Whether a text is so long that its sentence leaves the end out."""
    if "where" in raw:
        value = raw["where"].get("value")
        return any(isinstance(one, str) and len(one) >= SHOWN_TEXT for one in (value, *(value or ())))
    return any(map(is_told_in_part, [raw["not"]] if "not" in raw else raw.get("all") or raw["any"]))


@settings(max_examples=400, deadline=None)
@given(trees(2))
def test_any_rule_of_two_levels_is_read_back(raw: dict[str, Any]) -> None:
    rule = parse(raw)
    reading = read(describe_rule(rule, currency="INR"), vocabulary(), now=AT)
    assert reading.outcome is SuggestionOutcome.RULE
    assert reading.rule is not None
    assert picks_the_same(rule, reading.rule)


def picks_the_same(one: Rule, other: Rule) -> bool:
    """Whether both pick the same customers, and are told alike but for negations of single conditions."""
    return all(evaluate(one, customer, AT) == evaluate(other, customer, AT) for customer in CUSTOMERS)


@pytest.mark.parametrize("operator", OPERATORS[RuleFieldType.BOOLEAN])
def test_a_field_of_the_deployments_own_is_read_back(operator: Any) -> None:
    own = vocabulary_with(OWN)
    value = None if operator.value.endswith("SET") else True
    rule = parse(where(OWN.name, operator.value, value), own.rule_fields)
    reading = read(describe_rule(rule, currency="INR"), own, now=AT)
    assert reading.rule == rule


@pytest.mark.parametrize("operator", ["IN", "NOT_IN"])
def test_a_list_that_is_told_in_part_is_asked_about(operator: str) -> None:
    rule = parse(where("city", operator, [*"abcdefg"]))
    reading = read(describe_rule(rule, currency="INR"), vocabulary(), now=AT)
    assert reading.outcome is SuggestionOutcome.QUESTION
    assert "2 more" in reading.notes[0]


def test_a_text_that_is_told_in_part_is_asked_about() -> None:
    rule = parse(where("name", "EQ", "A" * 100))
    reading = read(describe_rule(rule, currency="INR"), vocabulary(), now=AT)
    assert reading.outcome is SuggestionOutcome.QUESTION


@pytest.mark.parametrize(
    "text",
    ['a" or city is "b', 'x") and (name is "y', "a\\", '\\"', "\u201cquoted\u201d", "and", "5,000.00 INR"],
)
def test_a_value_never_reads_like_the_rest_of_the_sentence(text: str) -> None:
    rule = parse({"not": {"any": [where("name", "EQ", text), where("tags", "CONTAINS", text)]}})
    reading = read(describe_rule(rule, currency="INR"), vocabulary(), now=AT)
    assert reading.rule == rule


def test_an_amount_in_another_currency_is_asked_about() -> None:
    rule = parse(where("totalSpend", "GT", "500"))
    reading = read(describe_rule(rule, currency="USD"), vocabulary(), now=AT)
    assert reading.outcome is SuggestionOutcome.QUESTION


def test_two_fields_of_one_label_are_not_guessed_between() -> None:
    other = RuleField("homeCity", "City", "Custom", RuleFieldType.TEXT, ("folded", "home_city"))
    reading = read('city is "Pune"', vocabulary_with(other), now=AT)
    assert reading.outcome is SuggestionOutcome.QUESTION


def test_every_operator_of_every_field_is_read_back() -> None:
    examples: dict[RuleFieldType, Any] = {
        RuleFieldType.MONEY: "12.50",
        RuleFieldType.NUMBER: 3,
        RuleFieldType.TEXT: "Pune",
        RuleFieldType.LIST: "vip",
        RuleFieldType.DATE_TIME: "2024-03-31",
    }
    checked = 0
    for entry in catalogue():
        for one in entry.operators:
            value = entry.options[0] if entry.options else examples[entry.type]
            match one.value_shape.value:
                case "NONE":
                    value = None
                case "LIST" | "RANGE":
                    value = [value, value]
                case "DURATION":
                    value = "P1Y6M"
            rule = parse(where(entry.field, one.operator.value, value), CUSTOMER_FIELDS)
            reading = read(describe_rule(rule, currency="INR"), vocabulary(), now=AT)
            assert reading.rule is not None, (entry.field, one.operator)
            assert same(rule, reading.rule)
            checked += 1
    assert checked > 100
