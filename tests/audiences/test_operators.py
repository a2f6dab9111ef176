"""What each operator means, in plain Python and in MongoDB alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.compile import compile_rule, select_customers
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.fields import OPERATORS, TWINS, RuleOperator
from crm_graphql.audiences.rules import parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.channels import PHONE
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.audiences.factories import AT, customer, where

DAY = timedelta(days=1)
ALMOST = timedelta(milliseconds=1)


async def selects(raw: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether the rule selects the customer; both evaluations must say the same."""
    rule = parse(raw)
    in_python = evaluate(rule, document, AT)
    customers = Customer.get_pymongo_collection()
    await customers.delete_many({})
    await customers.insert_one(document)
    in_mongodb = await customers.count_documents(compile_rule(rule, AT)) == 1
    assert in_mongodb is in_python, raw
    return in_python


RICH = customer(
    name="Anna Maria",
    email="Anna@Example.org",
    city="München",
    country="Germany",
    tags=["VIP", "News letter"],
    total_spend=50_000_000,
    visit_count=3,
    last_visit_at=AT - 90 * DAY,
    first_visit_at=AT - 300 * DAY,
)
EMPTY = customer(_id=ObjectId(), last_visit_at=None, first_visit_at=None, name=None)

TRUE_OF_RICH = [
    ("totalSpend", "EQ", "5000"),
    ("totalSpend", "NE", "5000.0001"),
    ("totalSpend", "GT", "4999.9999"),
    ("totalSpend", "GTE", 5000),
    ("totalSpend", "LT", "5000.0001"),
    ("totalSpend", "LTE", 5000),
    ("totalSpend", "BETWEEN", [5000, 5000]),
    ("totalSpend", "IN", [1, "5000.00"]),
    ("totalSpend", "NOT_IN", [1, 2]),
    ("totalSpend", "IS_SET", None),
    ("visitCount", "EQ", 3),
    ("visitCount", "BETWEEN", [3, 5]),
    ("visitCount", "IN", [1, 3]),
    ("name", "EQ", "ANNA maria"),
    ("name", "IN", ["x", "anna MARIA"]),
    ("name", "CONTAINS", "A MAR"),
    ("name", "STARTS_WITH", "anNa"),
    ("city", "EQ", "MÜNCHEN"),
    ("email", "CONTAINS", "@EXAMPLE."),
    ("email", "IS_SET", None),
    ("country", "NOT_CONTAINS", "france"),
    ("phone", "NOT_SET", None),
    ("firstVisitAt", "LT", "2024-03-17"),
    ("tags", "CONTAINS", "vip"),
    ("tags", "NOT_CONTAINS", "news"),
    ("tags", "IN", ["x", "NEWS LETTER"]),
    ("tags", "NOT_IN", ["x", "y"]),
    ("tags", "IS_SET", None),
    ("lastVisitAt", "WITHIN_LAST", "P90D"),
    ("lastVisitAt", "GTE", "2024-03-17T12:00:00Z"),
    ("lastVisitAt", "LTE", "2024-03-17T13:00:00+01:00"),
    ("lastVisitAt", "EQ", "2024-03-17T12:00:00Z"),
    ("lastVisitAt", "GT", "2024-03-16"),
    ("lastVisitAt", "GT", "2024-03-17T00:00:00Z"),
    ("lastVisitAt", "GTE", "2024-03-17"),
    ("lastVisitAt", "LTE", "2024-03-17"),
    ("lastVisitAt", "EQ", "2024-03-17"),
    ("lastVisitAt", "NE", "2024-03-16"),
    ("lastVisitAt", "BETWEEN", ["2024-03-01", "2024-03-17"]),
    ("lastVisitAt", "BETWEEN", ["2024-03-17", "2024-03-17T12:00:00Z"]),
    ("lastVisitAt", "BETWEEN", ["2024-03-17T12:00:00Z", "2024-03-17"]),
    ("externalId", "EQ", "C1"),
    ("externalId", "NE", "c1"),
    ("externalId", "IN", ["c1", "C1"]),
    ("externalId", "NOT_IN", ["c1", "c2"]),
    ("externalId", "STARTS_WITH", "c"),
    ("country", "EQ", "Germany"),
    ("country", "EQ", "DE"),
    ("country", "IN", ["Deutschland"]),
    ("country", "NE", "France"),
    ("email", "EQ", "\ufeffanna@exam\u00adple.org "),
    ("lastVisitAt", "LT", "2024-03-18"),
    ("lastVisitAt", "BETWEEN", ["2024-03-17T12:00:00Z", "2024-03-17T12:00:00Z"]),
    ("lastVisitAt", "NOT_WITHIN_LAST", "P89D"),
    ("lastVisitAt", "IS_SET", None),
    ("createdAt", "WITHIN_LAST", "P6M"),
]
NEGATIONS = {twin: negation for negation, twin in TWINS.items()}


@pytest.mark.parametrize(("field", "operator", "value"), TRUE_OF_RICH)
async def test_an_operator_holds_and_its_negation_does_not(
    resources: Resources, field: str, operator: str, value: Any
) -> None:
    condition = where(field, operator, value)
    assert await selects(condition, RICH)
    assert not await selects({"not": condition}, RICH)
    twin = TWINS.get(RuleOperator(operator)) or NEGATIONS.get(RuleOperator(operator))
    if twin is not None:
        assert not await selects(where(field, twin.value, value), RICH)


def test_every_operator_is_among_the_examples() -> None:
    assert {operator for _, operator, _ in TRUE_OF_RICH} == set(RuleOperator.__members__)
    assert {operator for offered in OPERATORS.values() for operator in offered} == set(RuleOperator)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        *(("lastVisitAt", "LT", "2030-01-01"), ("lastVisitAt", "GT", "1950-01-01")),
        *(("lastVisitAt", "WITHIN_LAST", "P90Y"), ("lastVisitAt", "BETWEEN", ["1950-01-01", "2050-01-01"])),
        *(("name", "CONTAINS", "n"), ("name", "STARTS_WITH", "n"), ("name", "IN", ["None", "null"])),
        *(
            ("email", "EQ", "null"),
            ("city", "IS_SET", None),
            ("tags", "CONTAINS", "vip"),
            ("tags", "IS_SET", None),
        ),
    ],
)
async def test_a_comparison_with_what_is_not_set_is_false_and_its_negation_true(
    resources: Resources, field: str, operator: str, value: Any
) -> None:
    condition = where(field, operator, value)
    assert not await selects(condition, EMPTY)
    assert await selects({"not": condition}, EMPTY)
    if negation := NEGATIONS.get(RuleOperator(operator)):
        assert await selects(where(field, negation.value, value), EMPTY)


async def test_not_visited_in_90_days_includes_those_who_never_came(resources: Resources) -> None:
    rule = where("lastVisitAt", "NOT_WITHIN_LAST", "P90D")
    assert await selects(rule, EMPTY)
    assert not await selects(rule, customer(last_visit_at=AT - 90 * DAY))
    assert await selects(rule, customer(last_visit_at=AT - 90 * DAY - ALMOST))


async def test_within_the_last_ends_at_the_moment_of_evaluation(resources: Resources) -> None:
    rule = where("lastVisitAt", "WITHIN_LAST", "P1D")
    assert await selects(rule, customer(last_visit_at=AT))
    assert not await selects(rule, customer(last_visit_at=AT + ALMOST))
    assert await selects({"not": rule}, customer(last_visit_at=AT + ALMOST))


async def test_a_day_ends_with_its_last_moment(resources: Resources) -> None:
    day, last = "2024-03-17", customer(last_visit_at=AT.replace(month=3, day=18, hour=0) - ALMOST)
    next_day = customer(last_visit_at=AT.replace(month=3, day=18, hour=0))
    for operator, value in (("EQ", day), ("LTE", day), ("BETWEEN", [day, day])):
        assert await selects(where("lastVisitAt", operator, value), last)
        assert not await selects(where("lastVisitAt", operator, value), next_day)
    assert await selects(where("lastVisitAt", "GT", day), next_day)
    assert not await selects(where("lastVisitAt", "GT", day), last)


async def test_the_last_day_of_the_calendar_is_a_day(resources: Resources) -> None:
    assert await selects(where("lastVisitAt", "LTE", "9999-12-31"), customer(last_visit_at=AT))


async def test_a_country_is_found_under_every_name_that_it_was_stored_under(resources: Resources) -> None:
    for stored in ("GB", "UK", "United Kingdom", "Great Britain", "england"):
        for asked in ("GB", "uk", "United Kingdom"):
            assert await selects(where("country", "EQ", asked), customer(country=stored))
            assert not await selects(where("country", "NOT_IN", [asked, "FR"]), customer(country=stored))
    assert await selects(where("country", "EQ", "Atlantis"), customer(country="atlantis"))


async def test_ids_that_differ_in_case_are_two_customers(resources: Resources) -> None:
    rule = where("externalId", "EQ", "cus_Ab1")
    assert await selects(rule, customer(external_id="cus_Ab1"))
    assert not await selects(rule, customer(external_id="cus_aB1"))


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("EQ", "+49 (0) 170 1234567"),
        ("IN", ["0049 170 1234567"]),
        ("STARTS_WITH", "0049 170"),
        ("CONTAINS", "170 123"),
        ("IS_SET", None),
    ],
)
async def test_a_number_is_found_however_it_is_written(
    resources: Resources, operator: str, value: Any
) -> None:
    assert await selects(where("phone", operator, value), customer(phone="+491701234567"))


async def test_a_number_without_country_is_set_and_reached_by_nobody(resources: Resources) -> None:
    kept = customer(phone="01701234567")
    assert await selects(where("phone", "IS_SET"), kept)
    assert await selects(where("phone", "EQ", "0170 1234567"), kept)
    assert kept["reach"] & PHONE.bit == 0


def test_a_rule_is_stored_with_the_number_that_the_default_country_makes() -> None:
    rule = parse(where("phone", "EQ", "0170 1234567"), default_country="DE")
    assert to_stored(rule) == where("phone", "EQ", "+491701234567")
    assert parse(to_stored(rule)) == rule
    beginning = parse(where("phone", "STARTS_WITH", "0170"), default_country="DE")
    assert to_stored(beginning) == where("phone", "STARTS_WITH", "+49170")


async def test_months_are_calendar_months(resources: Resources) -> None:
    rule = where("lastVisitAt", "WITHIN_LAST", "P6M")
    assert await selects(rule, customer(last_visit_at=AT.replace(year=2023, month=12)))
    assert not await selects(rule, customer(last_visit_at=AT.replace(year=2023, month=12) - ALMOST))


async def test_groups_nest(resources: Resources) -> None:
    rich, vip = where("totalSpend", "GT", 1000), where("tags", "CONTAINS", "vip")
    never = where("lastVisitAt", "NOT_SET")
    assert await selects({"all": [rich, {"any": [never, vip]}, {"not": never}]}, RICH)
    assert not await selects({"all": [rich, {"not": {"any": [never, vip]}}]}, RICH)
    assert await selects({"not": {"all": [rich, never]}}, RICH)


def test_selecting_reads_and_compiles_in_one_step() -> None:
    raw = where("totalSpend", "GT", "5")
    assert select_customers(raw, AT) == compile_rule(parse(raw), AT) == {"total_spend": {"$gt": 50_000}}
