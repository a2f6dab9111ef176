"""A rule is refused with every problem at its path, and with what to do about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.audiences.rules import MAX_NODES, parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.errors import ErrorCode, InvalidInput
from tests.audiences.factories import rule_of, where

SPENT = where("totalSpend", "GT", "5")


def problems_of(raw: object) -> list[tuple[tuple[str, ...], ErrorCode, str]]:
    """What is wrong with a rule."""
    with pytest.raises(InvalidInput) as caught:
        parse(raw)
    return [(problem.path, problem.code, problem.message) for problem in caught.value.problems]


def only_problem(raw: object) -> tuple[tuple[str, ...], ErrorCode, str]:
    """The one thing that is wrong with a rule."""
    (problem,) = problems_of(raw)
    return problem


def nested(levels: int) -> dict[str, Any]:
    """A rule of so many levels."""
    rule: dict[str, Any] = SPENT
    for _ in range(levels - 1):
        rule = {"not": rule}
    return rule


def test_every_problem_is_reported_with_its_path() -> None:
    rule = {
        "all": [
            SPENT,
            where("totalSpend", "GT", "five"),
            {"any": [where("totalSpent", "GT", 5), {"not": where("visitCount", "CONTAINS", 5)}]},
            {"any": []},
            where("city", "IN", ["Pune", 5]),
            where("lastVisitAt", "WITHIN_LAST", "90 days"),
        ]
    }
    assert [(path, code) for path, code, _ in problems_of(rule)] == [
        (("all", "1", "where", "value"), ErrorCode.INVALID),
        (("all", "2", "any", "0", "where", "field"), ErrorCode.INVALID),
        (("all", "2", "any", "1", "not", "where", "operator"), ErrorCode.INVALID),
        (("all", "3", "any"), ErrorCode.REQUIRED),
        (("all", "4", "where", "value", "1"), ErrorCode.INVALID),
        (("all", "5", "where", "value"), ErrorCode.INVALID),
    ]


@pytest.mark.parametrize(
    ("raw", "path", "code", "says"),
    [
        ({}, (), ErrorCode.REQUIRED, "all, any, not, where"),
        ([], (), ErrorCode.REQUIRED, "all, any, not, where"),
        ("totalSpend > 5", (), ErrorCode.REQUIRED, "all, any, not, where"),
        ({"all": [SPENT], "any": [SPENT]}, (), ErrorCode.INVALID, "exactly one key, not 2"),
        ({"all": [SPENT], "any": None}, ("any",), ErrorCode.INVALID, "null"),
        ({"where": None}, ("where",), ErrorCode.INVALID, "null"),
        ({"$where": "1"}, ("$where",), ErrorCode.INVALID, 'no key "$where"'),
        ({"all": SPENT}, ("all",), ErrorCode.INVALID, "list of rules"),
        ({"all": []}, ("all",), ErrorCode.REQUIRED, "Everybody is"),
        ({"not": []}, ("not",), ErrorCode.REQUIRED, "all, any, not, where"),
        ({"all": [SPENT, None]}, ("all", "1"), ErrorCode.REQUIRED, "all, any, not, where"),
        ({"where": []}, ("where",), ErrorCode.INVALID, "field, operator and value"),
        (
            {"where": {"field": "city", "operator": "IS_SET", "$gt": 1}},
            ("where", "$gt"),
            ErrorCode.INVALID,
            "$gt",
        ),
        ({"where": {"operator": "GT", "value": 1}}, ("where", "field"), ErrorCode.REQUIRED, "field"),
        (
            {"where": {"field": "totalSpend", "value": 1}},
            ("where", "operator"),
            ErrorCode.REQUIRED,
            "operator",
        ),
        (where("totalspend", "GT", 1), ("where", "field"), ErrorCode.INVALID, "Did you mean totalSpend?"),
        (where("total_spend", "GT", 1), ("where", "field"), ErrorCode.INVALID, "Did you mean totalSpend?"),
        (where("custom.level", "GT", 1), ("where", "field"), ErrorCode.INVALID, "There are: totalSpend"),
        (where("totalSpend", "$gt", 1), ("where", "operator"), ErrorCode.INVALID, "There are: EQ"),
        (where("totalSpend", "WITHIN_LAST", "P1D"), ("where", "operator"), ErrorCode.INVALID, "it takes EQ"),
        (where("tags", "GT", "a"), ("where", "operator"), ErrorCode.INVALID, "tags is LIST"),
        (where("totalSpend", "GT"), ("where", "value"), ErrorCode.REQUIRED, "needs a value"),
        (where("city", "EQ", ""), ("where", "value"), ErrorCode.REQUIRED, "IS_SET"),
        (where("totalSpend", "GT", ""), ("where", "value"), ErrorCode.REQUIRED, "needs a value"),
        (where("lastVisitAt", "WITHIN_LAST", ""), ("where", "value"), ErrorCode.REQUIRED, "needs a value"),
        (where("city", "IN", ["a", ""]), ("where", "value", "1"), ErrorCode.REQUIRED, "missing"),
        (where("totalSpend", "BETWEEN", ["", 5]), ("where", "value", "0"), ErrorCode.REQUIRED, "missing"),
        (where("email", "IS_SET", "yes"), ("where", "value"), ErrorCode.INVALID, "takes no value"),
        (where("totalSpend", "BETWEEN", 5), ("where", "value"), ErrorCode.INVALID, "list of values"),
        (where("totalSpend", "BETWEEN", [5]), ("where", "value"), ErrorCode.INVALID, "[low, high], not 1"),
        (where("totalSpend", "BETWEEN", [9, 5]), ("where", "value"), ErrorCode.INVALID, "9, is above"),
        (where("totalSpend", "BETWEEN", [None, 5]), ("where", "value", "0"), ErrorCode.REQUIRED, "missing"),
        (where("city", "IN", []), ("where", "value"), ErrorCode.REQUIRED, "at least one"),
        (where("city", "IN", ["a"] * 1001), ("where", "value"), ErrorCode.LIMIT_EXCEEDED, "1001 values"),
    ],
)
def test_what_is_no_rule_is_refused(raw: object, path: tuple[str, ...], code: ErrorCode, says: str) -> None:
    found_path, found_code, message = only_problem(raw)
    assert (found_path, found_code) == (path, code)
    assert says in message


def test_what_is_missing_in_one_condition_is_told_at_once() -> None:
    found = [(path, code) for path, code, _ in problems_of({"all": [where("", "EQ", ""), {"where": {}}, {}]})]
    assert found == [
        (("all", "0", "where", "field"), ErrorCode.REQUIRED),
        (("all", "0", "where", "value"), ErrorCode.REQUIRED),
        (("all", "1", "where", "field"), ErrorCode.REQUIRED),
        (("all", "1", "where", "operator"), ErrorCode.REQUIRED),
        (("all", "2"), ErrorCode.REQUIRED),
    ]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("totalSpend", "five", "is not a decimal number like 12.50"),
        ("totalSpend", "1,000", "is not a decimal number like 12.50"),
        ("totalSpend", "1e3", "is not a decimal number like 12.50"),
        ("totalSpend", "NaN", "is not a decimal number like 12.50"),
        ("totalSpend", "9" * 5000, "is not a decimal number like 12.50"),
        ("totalSpend", True, "is not a number"),
        ("totalSpend", {"$gt": 5}, "is not a number"),
        ("totalSpend", [5], "is not a number"),
        ("totalSpend", float("nan"), "finite"),
        ("totalSpend", float("inf"), "finite"),
        ("totalSpend", Decimal("sNaN"), "finite"),
        ("totalSpend", Decimal("-Infinity"), "finite"),
        ("totalSpend", "0.00001", "more than 4 decimals"),
        ("totalSpend", Decimal("1e-999999"), "more than 4 decimals"),
        ("totalSpend", 10**12, "must be below 1000000000000"),
        ("totalSpend", 10**4000, "must be below 1000000000000"),
        ("totalSpend", Decimal("1e999999"), "must be below 1000000000000"),
        ("visitCount", "3", "is not a number"),
        ("visitCount", False, "is not a number"),
        ("visitCount", 2.5, "is not a whole number"),
        ("visitCount", 2**63, "too large"),
        ("visitCount", -(2**63), "too large"),
        ("visitCount", Decimal("1e999999"), "too large"),
        ("visitCount", float("-inf"), "finite"),
        ("lastVisitAt", 20240101, "as text"),
        ("lastVisitAt", "yesterday", "is not a date"),
        ("lastVisitAt", "2024-02-30", "not a date that exists"),
        ("city", 5, "is not a text"),
        ("city", {"$ne": None}, "is not a text"),
        ("city", "a" * 1001, "at most 1000 characters"),
        ("city", "a\0b", "NUL"),
        ("city", "\ud800", "surrogate"),
    ],
)
def test_a_value_of_another_type_or_size_is_refused(field: str, value: object, says: str) -> None:
    path, code, message = only_problem(where(field, "EQ", value))
    assert (path, code) == (("where", "value"), ErrorCode.INVALID)
    assert says in message
    assert len(message) < 250


@pytest.mark.parametrize(
    "value", ["P", "PT", "90D", "P-1D", "P1.5D", "p90d", 90, ["P90D"], "P0D", "PT0S", "P٣D"]
)
def test_what_is_no_duration_is_refused(value: object) -> None:
    path, code, _ = only_problem(where("lastVisitAt", "WITHIN_LAST", value))
    assert (path, code) == (("where", "value"), ErrorCode.INVALID)


@pytest.mark.parametrize(
    ("value", "units"),
    [
        *(("11.77", 117_700), (11.77, 117_700), (Decimal("11.77"), 117_700), (11, 110_000), ("-0.0001", -1)),
        *(("+5", 50_000), (1e3, 10_000_000), (Decimal("1E+3"), 10_000_000)),
        ("999999999999.9999", 10**16 - 1),
    ],
)
def test_money_is_read_exactly(value: object, units: int) -> None:
    assert rule_of("totalSpend", "EQ", value) == rule_of("totalSpend", "EQ", value)
    assert rule_of("totalSpend", "EQ", value).operand == units  # type: ignore[union-attr]


def test_whole_numbers_may_come_as_any_json_number() -> None:
    for value in (3, 3.0, Decimal("3"), Decimal("3.000")):
        assert rule_of("visitCount", "EQ", value).operand == 3  # type: ignore[union-attr]


def test_an_operator_may_come_as_the_enum() -> None:
    raw = {"where": {"field": "city", "operator": RuleOperator.IS_SET, "value": None}}
    assert to_stored(parse(raw)) == where("city", "IS_SET")


def test_ten_levels_are_taken_and_eleven_refused() -> None:
    parse(nested(10))
    path, code, message = only_problem(nested(11))
    assert (path, code) == (("not",) * 10, ErrorCode.LIMIT_EXCEEDED)
    assert "10 levels" in message


def test_a_hostile_depth_is_refused_without_reading_on() -> None:
    assert only_problem(nested(100_000))[1] is ErrorCode.LIMIT_EXCEEDED


def test_two_hundred_parts_are_taken_and_more_refused() -> None:
    parse({"all": [SPENT] * (MAX_NODES - 1)})
    path, code, _ = only_problem({"all": [SPENT] * MAX_NODES})
    assert (path, code) == (("all", "199"), ErrorCode.LIMIT_EXCEEDED)
    assert only_problem({"all": [{"any": [SPENT] * 1000}] * 1000})[1] is ErrorCode.LIMIT_EXCEEDED


def test_a_rule_is_stored_as_it_was_given_without_nulls() -> None:
    given = {
        "all": [
            {"where": {"field": "email", "operator": "IS_SET", "value": None}},
            where("totalSpend", "BETWEEN", [Decimal("11.77"), "20.00"]),
            {
                "not": {
                    "any": [where("visitCount", "EQ", Decimal("3")), where("city", "IN", ("Pune", "DELHI"))]
                }
            },
            where("totalSpend", "LT", Decimal("999999999999.9002")),
        ]
    }
    assert to_stored(parse(given)) == {
        "all": [
            where("email", "IS_SET"),
            where("totalSpend", "BETWEEN", [11.77, "20.00"]),
            {"not": {"any": [where("visitCount", "EQ", 3), where("city", "IN", ["Pune", "DELHI"])]}},
            # As a binary number it would lose its last digit.
            where("totalSpend", "LT", "999999999999.9002"),
        ]
    }
