"""The schema that a model's rule must have: every rule of the product fits, and hardly anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from crm_graphql.assistant.rule_schema import suggestion_schema
from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, RuleField, RuleFieldType
from tests.audiences.factories import where
from tests.audiences.trees import RULES

VALIDATOR = Draft202012Validator(suggestion_schema(catalogue()))


def fits(rule: object, validator: Draft202012Validator = VALIDATOR) -> bool:
    return validator.is_valid({"outcome": "RULE", "rule": rule, "notes": []})


def money_as_text(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule as a model must write it: no binary number stands for money."""
    for key in ("all", "any"):
        if key in rule:
            return {key: [money_as_text(part) for part in rule[key]]}
    if "not" in rule:
        return {"not": money_as_text(rule["not"])}
    condition = rule["where"]
    if CUSTOMER_FIELDS[condition["field"]].type is RuleFieldType.MONEY and "value" in condition:
        value = condition["value"]
        condition = {
            **condition,
            "value": [str(one) for one in value] if isinstance(value, list) else str(value),
        }
    return {"where": condition}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RULES)
def test_every_rule_of_the_product_fits(rule: dict[str, Any]) -> None:
    assert fits(money_as_text(rule))


REFUSED: dict[str, Any] = {
    "no rule": {},
    "two keys": {"all": [where("name", "IS_SET")], "any": [where("name", "IS_SET")]},
    "an empty list": {"all": []},
    "a field that there is not": where("password", "IS_SET"),
    "a field of MongoDB": where("$where", "IS_SET"),
    "an operator of another type": where("visitCount", "CONTAINS", "1"),
    "a value where there is none": where("name", "IS_SET", 1),
    "none where there must be one": where("visitCount", "GT"),
    "a text for a number": where("visitCount", "GT", "3"),
    "half a range": where("visitCount", "BETWEEN", [1]),
    "another key": {"where": {"field": "name", "operator": "IS_SET", "$gt": 1}},
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_takes_nothing_else(name: str) -> None:
    assert not fits(REFUSED[name])


def test_a_field_that_a_deployment_adds_is_in_it_by_itself() -> None:
    points = RuleField("points", "Points", "Own", RuleFieldType.NUMBER, ("own", "points"))
    fields = {**CUSTOMER_FIELDS, "points": points}
    assert fits(where("points", "GTE", 5), Draft202012Validator(suggestion_schema(catalogue(fields))))
    assert not fits(where("points", "GTE", 5))


def test_it_stays_small_enough_to_be_sent_with_each_question() -> None:
    assert len(json.dumps(suggestion_schema(catalogue()))) < 8_000
