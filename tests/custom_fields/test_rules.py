"""Rules on custom fields: read, told, explained, previewed, listed; by whom they are named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.explain import explain_rule
from crm_graphql.audiences.fields import fields_with
from crm_graphql.audiences.queries import rule_fields
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.core.errors import InvalidInput
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.service import update_field
from crm_graphql.resources import Resources
from tests.audiences.factories import AT, customer, where
from tests.custom_fields.factories import (
    ADMIN,
    BOOLEAN,
    DATE,
    LIST,
    NUMBER,
    TEXT,
    definition,
    holding,
    make_field,
    remove,
)
from tests.customers.edits import create
from tests.gql.conftest import Api

PREVIEW = """query ($rule: RuleInput!) { audiencePreview(rule: $rule) {
  size ruleText sample { externalId } errors { path message } } }"""
AUDIENCE = """mutation ($rule: RuleInput!) { audienceCreate(input: {name: "A", rule: $rule}) {
  audience { id size ruleText } errors { message } } }"""


def rule_on(field: Definition, operator: str, value: Any = None) -> Rule:
    return parse(where(field.name, operator, value), fields_with({}, {}, custom_rule_fields([field])))


@pytest.mark.parametrize(
    ("field", "operator", "value", "sentence"),
    [
        (definition(), "GT", 12.5, "points is more than 12.5"),
        (definition(), "BETWEEN", [0.1, 1_000], "points is between 0.1 and 1,000"),
        (definition(DATE), "LT", "2024-06-30", "points is before 30 June 2024"),
        (definition(DATE), "EQ", "2024-06-30", "points is on 30 June 2024"),
        (definition(DATE), "WITHIN_LAST", "P30D", "points is within the last 30 days"),
        (definition(BOOLEAN), "EQ", True, "points is yes"),
        (definition(TEXT), "STARTS_WITH", "Go", 'points starts with "Go"'),
        (definition(LIST, options=("Gold", "Tin")), "CONTAINS", "gold", 'points include "gold"'),
    ],
)
def test_a_rule_is_told_in_the_words_of_its_type(
    field: Definition, operator: str, value: Any, sentence: str
) -> None:
    assert describe_rule(rule_on(field, operator, value), currency="EUR", zone="Asia/Tokyo") == sentence


@pytest.mark.parametrize(
    ("field", "operator", "value", "told"),
    [
        (definition(), "CONTAINS", "1", "cannot be compared by CONTAINS"),
        (definition(), "EQ", "1", "is not a number"),
        (definition(), "EQ", 10**15, "is not below"),
        (definition(DATE), "EQ", "2024-06-30T10:00:00Z", "the field holds days"),
        (definition(LIST, options=("Gold",)), "CONTAINS", "Tin", "it has Gold"),
        (definition(BOOLEAN), "EQ", "yes", "neither true nor false"),
    ],
)
def test_a_rule_of_another_type_is_refused(field: Definition, operator: str, value: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        rule_on(field, operator, value)


@pytest.mark.parametrize("operator", ["EQ", "GT"])
def test_a_number_of_ten_thousand_digits_is_refused_like_any_other(operator: str) -> None:
    with pytest.raises(InvalidInput):
        rule_on(definition(), operator, 10**10_000)


@pytest.mark.parametrize(
    ("at", "since", "inside"),
    [
        # In Tokyo it is the day after already.
        (datetime(2024, 6, 30, 20, tzinfo=UTC), "P1D", {"2024-06-30", "2024-07-01"}),
        (datetime(2024, 6, 30, 10, tzinfo=UTC), "P1D", {"2024-06-29", "2024-06-30"}),
    ],
)
def test_days_are_compared_by_the_calendar_of_the_zone(at: datetime, since: str, inside: set[str]) -> None:
    field = definition(DATE)
    days = [f"2024-06-{day:02}" for day in range(27, 31)] + ["2024-07-01", "2024-07-02"]
    rule, local = rule_on(field, "WITHIN_LAST", since), at.astimezone(ZoneInfo("Asia/Tokyo"))
    found = {day for day in days if evaluate(rule, holding(customer(), {field.slot: day}), local)}
    assert found == inside
    exact = rule_on(field, "EQ", "2024-06-30")
    assert compile_rule(exact, local) == {"folded.custom.points_1": {"$eq": "2024-06-30"}}


def test_an_explanation_shows_the_value_or_the_default() -> None:
    field = definition(LIST, options=("Gold", "Tin"), default=("Tin",))
    rule = rule_on(field, "CONTAINS", "gold")
    without = explain_rule(rule, customer(), AT, currency="EUR")
    held = explain_rule(rule, holding(customer(), {field.slot: ["Gold"]}), AT, currency="EUR")
    assert (without.matches, without.nodes[0].actual) == (False, '"Tin" by default')
    assert (held.matches, held.nodes[0].actual) == (True, '"Gold"')
    days = definition(DATE)
    born = holding(customer(), {days.slot: "2024-06-30"})
    told = explain_rule(rule_on(days, "IS_SET"), born, AT, currency="EUR")
    assert told.nodes[0].actual == "30 June 2024"


async def test_a_field_is_listed_with_the_operators_of_its_type_the_moment_it_is_made(
    resources: Resources,
) -> None:
    tier = await make_field("tier", LIST, options=["Gold", "Tin"])
    (listed,) = [one for one in await rule_fields(ADMIN) if one.section == "Custom fields"]
    assert (listed.field, listed.label, listed.options) == ("custom.tier", "Tier", ("Gold", "Tin"))
    assert [one.operator.value for one in listed.operators][:2] == ["CONTAINS", "NOT_CONTAINS"]
    await remove(tier)
    assert not [one for one in await rule_fields(ADMIN) if one.section == "Custom fields"]


async def test_previews_lists_and_audiences_ask_it(resources: Resources, api: Api) -> None:
    await make_field("points", default_value=5)
    for number, points in enumerate((3, 7.5, None)):
        given = {} if points is None else {"points": points}
        await create(resources, f"c{number}", custom_fields=given)
    rule = where("custom.points", "GTE", 5)
    found = (await api.data(PREVIEW, {"rule": rule}))["audiencePreview"]
    assert (found["size"], found["ruleText"], found["errors"]) == (2, "points is at least 5", [])
    assert {one["externalId"] for one in found["sample"]} == {"c1", "c2"}
    ask = "query ($rule: RuleInput!) { customers(filter: {rule: $rule}) { totalCount } }"
    assert (await api.data(ask, {"rule": rule}))["customers"]["totalCount"] == 2
    made = (await api.data(AUDIENCE, {"rule": rule}))["audienceCreate"]
    assert made["audience"]["size"] == 2
    again = """query ($id: ID!) { audience(id: $id) { ruleText size customers { totalCount } }
      customers(filter: {audienceId: $id}) { totalCount } }"""
    answer = await api.data(again, {"id": made["audience"]["id"]})
    assert answer["audience"]["ruleText"] == "points is at least 5"
    assert answer["audience"]["size"] == answer["audience"]["customers"]["totalCount"] == 2
    assert answer["customers"]["totalCount"] == 2
    unknown = (await api.data(PREVIEW, {"rule": where("custom.point", "GTE", 5)}))["audiencePreview"]
    assert "Did you mean custom.points?" in unknown["errors"][0]["message"]


async def test_a_saved_rule_outlives_its_field_and_the_options_that_it_names(
    resources: Resources, api: Api
) -> None:
    tier = await make_field("tier", LIST, options=["Gold", "Tin"])
    await create(resources, "c1", custom_fields={"tier": "Gold"})
    made = (await api.data(AUDIENCE, {"rule": where("custom.tier", "CONTAINS", "Gold")}))["audienceCreate"]
    ask = "query ($id: ID!) { audience(id: $id) { ruleText customers { totalCount } } }"
    key = {"id": made["audience"]["id"]}
    await update_field(ADMIN, tier.id, {"options": ["Tin"]})
    assert (await api.data(ask, key))["audience"]["customers"]["totalCount"] == 1
    # As if it had been saved the moment that the field was deleted.
    await remove(tier)
    found = (await api.data(ask, key))["audience"]
    assert found["ruleText"] == 'tier include "Gold"'
    await make_field("tier", NUMBER)
    answer = await api.data("query ($id: ID!) { audience(id: $id) { ruleText size } }", key)
    assert answer["audience"]["ruleText"] == "names a custom field that was deleted"
