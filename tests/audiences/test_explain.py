"""Why a customer is in or out: each part of the rule with its outcome, what it asks and what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.explain import Explanation, NodeOutcome, explain_rule, shown_fields
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, OPERATORS, RuleOperator, RuleValueShape, value_shape
from crm_graphql.audiences.rules import parse
from crm_graphql.core.actor import Actor, Permission, Role
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import Customer
from tests.audiences.factories import AT, customer, where
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

ANN = customer(
    external_id="C-7",
    name="Ann Lee",
    city="Pune",
    tags=["VIP", "news"],
    total_spend=1_234_5000,
    visit_count=1_200,
    last_visit_at=AT - timedelta(days=100),
)
SPENT = where("totalSpend", "GT", 5000)
AWAY = where("lastVisitAt", "NOT_WITHIN_LAST", "P90D")


def explain(rule: Mapping[str, Any], document: Mapping[str, Any] = ANN) -> Explanation:
    """The explanation as of the tests' moment."""
    return explain_rule(parse(rule), document, AT, currency="INR")


def only(rule: Mapping[str, Any], document: Mapping[str, Any] = ANN) -> NodeOutcome:
    """The one part of a rule with one condition."""
    (node,) = explain(rule, document).nodes
    return node


def test_parts_come_in_the_order_of_the_tree_each_with_its_path() -> None:
    rule = {"all": [SPENT, {"any": [AWAY, {"not": where("city", "EQ", "pune")}]}]}
    found = explain(rule)
    assert [(node.path, node.matches) for node in found.nodes] == [
        (("all",), False),
        (("all", "0", "where"), False),
        (("all", "1", "any"), True),
        (("all", "1", "any", "0", "where"), True),
        (("all", "1", "any", "1", "not"), False),
        (("all", "1", "any", "1", "not", "where"), True),
    ]
    assert [(node.expected, node.actual) for node in found.nodes if node.field is None] == [
        ("all of 2", "1"),
        ("at least 1 of 2", "1"),
        ("does not hold", "holds"),
    ]
    assert [(node.field, node.operator) for node in found.nodes if node.field] == [
        ("totalSpend", RuleOperator.GT),
        ("lastVisitAt", RuleOperator.NOT_WITHIN_LAST),
        ("city", RuleOperator.EQ),
    ]
    assert found.matches is False


def test_each_path_leads_to_its_part_of_the_rule() -> None:
    rule = {"not": {"any": [SPENT, {"all": [AWAY]}]}}
    for node in explain(rule).nodes:
        part: Any = rule
        for key in node.path:
            part = part[int(key)] if isinstance(part, list) else part[key]
        if node.field is not None:
            assert part["field"] == node.field


SHOWN = [
    (SPENT, "is more than 5,000.00 INR", "1,234.50 INR"),
    (where("visitCount", "GTE", 3), "is at least 3", "1,200"),
    (
        AWAY,
        "is not within the last 90 days (since 17 March 2024, 12:00 UTC)",
        "7 March 2024, 12:00 UTC (100 days ago)",
    ),
    (
        where("lastVisitAt", "LT", "2024-03-01"),
        "is before 1 March 2024 (UTC)",
        "7 March 2024, 12:00 UTC (100 days ago)",
    ),
    (where("firstVisitAt", "IS_SET"), "is set", "not set"),
    (where("city", "EQ", "PUNE"), 'is "PUNE"', '"Pune"'),
    (where("country", "EQ", "India"), 'is "India"', "not set"),
    (where("tags", "CONTAINS", "vip"), 'include "vip"', '"VIP", "news"'),
    (where("externalId", "EQ", "C-7"), 'is "C-7"', '"C-7"'),
]


@pytest.mark.parametrize(
    ("rule", "expected", "actual"), SHOWN, ids=[rule["where"]["field"] for rule, *_ in SHOWN]
)
def test_what_is_asked_and_what_there_is_are_shown_for_people(
    rule: dict[str, Any], expected: str, actual: str
) -> None:
    node = only(rule)
    assert (node.expected, node.actual) == (expected, actual)


def test_absent_many_long_and_future_values_are_shown() -> None:
    assert only(where("tags", "IS_SET"), customer()).actual == "none"
    many = customer(tags=[f"t{number}" for number in range(9)], name="x" * 100)
    assert only(where("tags", "IS_SET"), many).actual == '"t0", "t1", "t2", "t3", "t4", 4 more'
    assert only(where("name", "IS_SET"), many).actual == f'"{"x" * 57}..."'
    future = customer(last_visit_at=AT + timedelta(days=2), first_visit_at=AT - timedelta(hours=3))
    assert only(where("lastVisitAt", "IS_SET"), future).actual.endswith("(in 2 days)")
    assert only(where("firstVisitAt", "IS_SET"), future).actual.endswith("(less than a day ago)")
    assert only(SPENT, customer(total_spend=-5_0000)).actual == "-5.00 INR"


TEXTS = [
    (
        {"all": [SPENT, AWAY]},
        "Ann Lee is out: 1 of the 2 conditions holds. What decides: total spend is 1,234.50 INR, which is "
        "not more than 5,000.00 INR.",
    ),
    (
        {"any": [SPENT, AWAY]},
        "Ann Lee is in: 1 of the 2 conditions holds. What decides: last visit is 7 March 2024, 12:00 UTC "
        "(100 days ago), which is not within the last 90 days.",
    ),
    (
        {"not": where("tags", "CONTAINS", "vip")},
        'Ann Lee is out: the one condition holds. What decides: tags are "VIP", "news", which include "vip".',
    ),
    (
        where("country", "EQ", "India"),
        "Ann Lee is out: the one condition does not hold. What decides: country is not set, "
        'so it is not "India".',
    ),
    (
        {"all": [where("name", "STARTS_WITH", "Bo"), where("email", "NOT_SET")]},
        'Ann Lee is out: 1 of the 2 conditions holds. What decides: name is "Ann Lee", which does not start '
        'with "Bo".',
    ),
    (
        {"all": [where("visitCount", "GTE", number) for number in range(5)]},
        "Ann Lee is in: 5 of the 5 conditions hold. What decides: visit count is 1,200, which is at least 0; "
        "visit count is 1,200, which is at least 1; visit count is 1,200, which is at least 2; and 2 more.",
    ),
]


@pytest.mark.parametrize(("rule", "text"), TEXTS, ids=range(len(TEXTS)))
def test_two_sentences_say_whether_and_by_what(rule: dict[str, Any], text: str) -> None:
    assert explain(rule).text == text


def test_what_is_said_of_a_condition_is_true_whichever_way_it_comes_out() -> None:
    """Of every operator the words for "holds" and for "does not hold" differ, and none is doubled."""
    samples: dict[str, Any] = {"NUMBER": 5, "MONEY": 5, "TEXT": "a", "LIST": "a", "DATE_TIME": "2024-01-01"}
    for field in CUSTOMER_FIELDS.values():
        for operator in OPERATORS[field.type]:
            shape = value_shape(operator)
            sample = field.options[0] if field.options else samples.get(field.type.value)
            value = {
                RuleValueShape.NONE: None,
                RuleValueShape.DURATION: "P1D",
                RuleValueShape.ONE: sample,
            }.get(shape, [sample, sample])
            texts = {
                explain(rule).text
                for rule in (
                    where(field.name, operator.value, value),
                    {"not": where(field.name, operator.value, value)},
                )
            }
            assert len(texts) == 2, (field.name, operator)
            assert not any("not not" in str(text) for text in texts)


def test_a_customer_without_a_name_is_called_by_its_key() -> None:
    assert str(explain(SPENT, customer(external_id="C9")).text).startswith("Customer C9 is out")


EXPLAIN = """query ($rule: RuleInput!, $customer: CustomerRef!) {
  audienceExplain(rule: $rule, customer: $customer) {
    matches text nodes { path matches field operator expected actual } errors { path code } } }"""


async def ask(api: Api, rule: Any, ref: Any) -> dict[str, Any]:
    """The explanation as a client gets it."""
    found: dict[str, Any] = (await api.data(EXPLAIN, {"rule": rule, "customer": ref}))["audienceExplain"]
    return found


@pytest.fixture
async def ann(api: Api) -> ObjectId:
    """The customer, stored."""
    key: ObjectId = (
        await Customer.get_pymongo_collection().insert_one({**ANN, "_id": ObjectId()})
    ).inserted_id
    return key


async def test_a_client_gets_the_tree_and_the_text(api: Api, ann: ObjectId) -> None:
    for ref in ({"externalId": "C-7"}, {"id": encode_id("Customer", ann)}):
        found = await ask(api, {"all": [SPENT, where("visitCount", "GTE", 3)]}, ref)
        assert (found["matches"], found["errors"]) == (False, [])
        assert found["nodes"][1] == {
            "path": ["all", "0", "where"],
            "matches": False,
            "field": "totalSpend",
            "operator": "GT",
            "expected": "is more than 5,000.00 USD",
            "actual": "1,234.50 USD",
        }
        assert found["text"].startswith("Ann Lee is out: 1 of the 2 conditions holds.")


async def test_all_that_is_wrong_is_told_at_its_place(api: Api, ann: ObjectId) -> None:
    bad = {"all": [SPENT, where("totalSpend", "GT", "much")]}
    at_value = {"path": ["rule", "all", "1", "where", "value"], "code": "INVALID"}
    unknown = {"path": ["customer"], "code": "NOT_FOUND"}
    empty: dict[str, Any] = {"matches": None, "text": None, "nodes": []}
    assert await ask(api, bad, {"externalId": "C-7"}) == {**empty, "errors": [at_value]}
    assert await ask(api, SPENT, {"externalId": "nobody"}) == {**empty, "errors": [unknown]}
    assert await ask(api, bad, {"externalId": "nobody"}) == {**empty, "errors": [at_value, unknown]}
    other = await ask(api, bad, {"id": encode_id("Order", ann)})
    assert [(error["path"][0], error["code"]) for error in other["errors"]] == [
        ("rule", "INVALID"),
        ("customer", "INVALID"),
    ]


async def test_customers_values_need_their_own_permission(
    api: Api, ann: ObjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = Actor.may

    def without(self: Actor, permission: Permission) -> bool:
        return permission is not Permission.CUSTOMERS_READ and may(self, permission)

    monkeypatch.setattr(Actor, "may", without)
    asked = {"rule": SPENT, "customer": {"externalId": "C-7"}}
    answer = await api.ask(EXPLAIN, asked, role=Role.MARKETER)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert answer["data"] == {"audienceExplain": None}


def test_only_the_fields_that_the_rule_asks_about_are_read() -> None:
    rule = parse({"all": [where("city", "EQ", "Pune"), {"not": SPENT}, where("externalId", "EQ", "C-7")]})
    assert set(shown_fields(rule)) == {"name", "external_id", "folded", "city", "total_spend"}
