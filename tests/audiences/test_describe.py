"""A rule reads as a sentence that can be taken in one way only."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.describe import describe
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, OPERATORS
from tests.audiences.factories import where

SPENT = where("totalSpend", "GT", "5000")
AWAY = where("lastVisitAt", "NOT_WITHIN_LAST", "P90D")
OFTEN = where("visitCount", "GTE", 10)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            {"all": [SPENT, AWAY]},
            "total spend is more than 5,000.00 INR and last visit is not within the last 90 days",
        ),
        (
            {"any": [{"all": [SPENT, OFTEN]}, AWAY]},
            "(total spend is more than 5,000.00 INR and visit count is at least 10) "
            "or last visit is not within the last 90 days",
        ),
        ({"all": [OFTEN, {"all": [OFTEN]}]}, "visit count is at least 10 and visit count is at least 10"),
        (
            {"not": {"any": [SPENT, OFTEN]}},
            "not (total spend is more than 5,000.00 INR or visit count is at least 10)",
        ),
        ({"not": where("city", "EQ", "Pune")}, 'city is not "Pune"'),
        ({"not": where("city", "NE", "Pune")}, 'city is "Pune"'),
        ({"not": {"not": OFTEN}}, "visit count is at least 10"),
        (
            {"all": [OFTEN, {"not": {"not": {"any": [OFTEN, SPENT]}}}]},
            "visit count is at least 10 and "
            "(visit count is at least 10 or total spend is more than 5,000.00 INR)",
        ),
        ({"not": OFTEN}, "not (visit count is at least 10)"),
        (
            where("totalSpend", "BETWEEN", ["-0.5", 1234567.8901]),
            "total spend is between -0.50 INR and 1,234,567.8901 INR",
        ),
        (where("visitCount", "IN", [1, 2, 3]), "visit count is one of 1, 2 or 3"),
        (where("totalSpend", "IN", ["5", 5, "7"]), "total spend is one of 5.00 INR or 7.00 INR"),
        (where("visitCount", "IN", [1000]), "visit count is one of 1,000"),
        (where("city", "IN", [*"abcdefg"]), 'city is one of "a", "b", "c", "d", "e" or 2 more'),
        (where("city", "NOT_IN", ["a", "b"]), 'city is none of "a" or "b"'),
        (where("name", "STARTS_WITH", "A" * 100), f'name starts with "{"A" * 57}..."'),
        (where("name", "EQ", 'Jo" or "\\'), r'name is "Jo\" or \"\\"'),
        (where("tags", "NOT_CONTAINS", "VIP"), 'tags do not include "VIP"'),
        (where("tags", "IS_SET"), "tags are set"),
        (where("email", "NOT_SET"), "email is not set"),
        (where("lastVisitAt", "LT", "1998-03-01"), "last visit is before 1 March 1998 (UTC)"),
        (where("lastVisitAt", "EQ", "2024-06-30"), "last visit is on 30 June 2024 (UTC)"),
        (where("lastVisitAt", "NE", "2024-06-30"), "last visit is not on 30 June 2024 (UTC)"),
        (where("lastVisitAt", "GT", "2024-06-30"), "last visit is after 30 June 2024 (UTC)"),
        (where("lastVisitAt", "GTE", "2024-06-30"), "last visit is on or after 30 June 2024 (UTC)"),
        (where("lastVisitAt", "LTE", "2024-06-30"), "last visit is on or before 30 June 2024 (UTC)"),
        ({"not": where("lastVisitAt", "EQ", "2024-06-30")}, "last visit is not on 30 June 2024 (UTC)"),
        (where("lastVisitAt", "LT", "2024-06-30T00:00:00Z"), "last visit is before 30 June 2024, 00:00 UTC"),
        (
            where("lastVisitAt", "BETWEEN", ["2024-01-01", "2024-06-30T12:00:00Z"]),
            "last visit is between 1 January 2024 (UTC) and 30 June 2024, 12:00 UTC",
        ),
        (where("country", "EQ", "United Kingdom"), 'country is "United Kingdom"'),
        (where("country", "NOT_IN", ["UK", "India"]), 'country is none of "UK" or "India"'),
        (where("phone", "EQ", "+49 (0) 170 1234567"), 'phone is "+491701234567"'),
        (
            where("lastVisitAt", "GTE", "1998-03-01T12:30:00+02:00"),
            "last visit is at or after 1 March 1998, 10:30 UTC",
        ),
        (
            where("createdAt", "EQ", "2024-01-02T03:04:05.006Z"),
            "created is at 2 January 2024, 03:04:05.006 UTC",
        ),
        (where("lastVisitAt", "WITHIN_LAST", "P1M"), "last visit is within the last month"),
        (where("lastVisitAt", "WITHIN_LAST", "P18M"), "last visit is within the last 1 year and 6 months"),
        (where("lastVisitAt", "WITHIN_LAST", "P2W"), "last visit is within the last 14 days"),
        (where("lastVisitAt", "WITHIN_LAST", "PT90M"), "last visit is within the last 1 hour and 30 minutes"),
    ],
)
def test_a_rule_is_said_in_english(rule: dict[str, Any], sentence: str) -> None:
    assert describe(rule, currency="INR") == sentence


def test_the_catalogue_lists_every_field_with_its_operators() -> None:
    entries = {entry.field: entry for entry in catalogue(options={"country": ("India",)})}
    assert set(entries) == set(CUSTOMER_FIELDS)
    for name, entry in entries.items():
        assert tuple(one.operator for one in entry.operators) == OPERATORS[entry.type]
        assert all(one.label for one in entry.operators)
        assert entry.options == (("India",) if name == "country" else CUSTOMER_FIELDS[name].options)
    labels = {one.operator.value: one.label for one in entries["lastVisitAt"].operators}
    assert labels["GT"] == "is after"
    assert entries["totalSpend"].section == "Spending and visits"
