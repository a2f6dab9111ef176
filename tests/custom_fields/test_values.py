"""Values of custom fields: what each type takes, as what it is stored, and what is said of the rest."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.values import Unfit, is_fit, read_value
from tests.custom_fields.factories import BOOLEAN, DATE, LIST, NUMBER, TEXT, definition, value_of

OPTIONS = ("Gold", "Silver", "Bronze, old")
TAKEN: list[tuple[CustomFieldType, object, Any]] = [
    (TEXT, "  Ann Lee ", "Ann Lee"),
    (TEXT, "$where", "$where"),
    (TEXT, "   ", None),
    (NUMBER, 5, 5),
    (NUMBER, 5.0, 5),
    (NUMBER, Decimal("12.50"), 12.5),
    (NUMBER, " 0012.50 ", 12.5),
    (NUMBER, "-0", 0),
    (NUMBER, Decimal("1E+3"), 1000),
    (NUMBER, 999_999_999_999_999, 999_999_999_999_999),
    (NUMBER, Decimal("0.1"), 0.1),
    (DATE, "2024-02-29", "2024-02-29"),
    (DATE, date(2024, 2, 29), "2024-02-29"),
    (DATE, "2024-06-30T22:30:00Z", "2024-06-30"),
    (DATE, "2024-06-30T23:30:00-02:00", "2024-07-01"),
    (BOOLEAN, True, True),
    (BOOLEAN, " Yes ", True),
    (BOOLEAN, 0, False),
    (BOOLEAN, "false", False),
    (LIST, ["silver", "GOLD", "Silver"], ["Gold", "Silver"]),
    (LIST, "Silver; gold", ["Gold", "Silver"]),
    (LIST, "Bronze, old", ["Bronze, old"]),
    (LIST, [], None),
    (LIST, " ; ", None),
]
REFUSED: list[tuple[CustomFieldType, object, str]] = [
    (TEXT, 5, "is not text"),
    (TEXT, {"$gt": ""}, "is not text"),
    (TEXT, "x" * 501, "longer than 500"),
    (TEXT, "a\0b", "control character"),
    (TEXT, "\ud800", "surrogate"),
    (NUMBER, "twelve", "not a number"),
    (NUMBER, "1e5", "not a number"),
    (NUMBER, True, "not a number"),
    (NUMBER, float("nan"), "not a number"),
    (NUMBER, Decimal("Infinity"), "is not below"),
    (NUMBER, 10**15, "is not below"),
    (NUMBER, "9" * 100_000, "not a number"),
    (NUMBER, Decimal("0.1234567890123456"), "more than 15 digits"),
    (NUMBER, ["5"], "not a number"),
    (DATE, "2024-02-30", "not a date"),
    (DATE, "30.06.2024", "not a date"),
    (DATE, 20240630, "not a date"),
    (DATE, "0000-01-01", "not a date"),
    (BOOLEAN, "maybe", "neither true nor false"),
    (BOOLEAN, 2, "neither true nor false"),
    (LIST, "Platinum", 'holds "Platinum", which is none of: Gold, Silver'),
    (LIST, [1], "no text"),
    (LIST, {"Gold": True}, "no list"),
    (LIST, ["Gold"] * 1000, "no list"),
]


def of(type_: CustomFieldType, **parts: Any) -> Any:
    return definition(type_, options=OPTIONS if type_ is LIST else None, **parts)


@pytest.mark.parametrize(("type_", "raw", "stored"), TAKEN)
def test_a_value_is_stored_in_one_form_and_fits_as_it_is_stored(
    type_: CustomFieldType, raw: object, stored: Any
) -> None:
    found = value_of(of(type_), raw)
    assert (found, type(found)) == (stored, type(stored))
    assert found is None or is_fit(of(type_), found, UTC)


@pytest.mark.parametrize(("type_", "raw", "told"), REFUSED)
def test_a_value_of_another_form_is_refused_in_words(type_: CustomFieldType, raw: object, told: str) -> None:
    with pytest.raises(Unfit, match=told):
        value_of(of(type_), raw)


@pytest.mark.parametrize("type_", [NUMBER, BOOLEAN, TEXT, DATE, LIST])
def test_a_number_of_ten_thousand_digits_is_refused_like_any_other(type_: CustomFieldType) -> None:
    with pytest.raises(Unfit):
        value_of(of(type_), 10**10_000)


def test_bounds_are_of_numbers_and_of_the_length_of_texts() -> None:
    number, text = of(NUMBER, minimum=1.0, maximum=2.5), of(TEXT, minimum=2.0, maximum=3.0)
    assert [value_of(number, one) for one in (1, 2.5)] == [1, 2.5]
    assert [value_of(text, one) for one in ("ab", "abc")] == ["ab", "abc"]
    for field, raw in ((number, 0.99), (number, 2.51), (text, "a"), (text, "abcd")):
        with pytest.raises(Unfit):
            value_of(field, raw)
        assert not is_fit(field, raw, UTC)


def test_a_pattern_is_of_the_whole_text() -> None:
    field = of(TEXT, pattern="[A-Z]{2}[0-9]+")
    assert value_of(field, "AB12") == "AB12"
    for raw in ("xAB12", "AB12x", "AB"):
        with pytest.raises(Unfit, match="not of the form"):
            value_of(field, raw)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "(.*)*x", "(a*)*b"])
def test_a_pattern_that_would_backtrack_costs_nothing(pattern: str) -> None:
    field, began = of(TEXT, pattern=pattern), time.perf_counter()
    with pytest.raises(Unfit):
        value_of(field, "a" * 499 + "!")
    assert time.perf_counter() - began < 0.1


def test_the_day_of_a_moment_is_that_of_the_zone() -> None:
    moment = datetime(2024, 6, 30, 22, 30, tzinfo=UTC)
    assert read_value(of(DATE), moment, timezone(timedelta(hours=2))) == "2024-07-01"
    assert read_value(of(DATE), "2024-06-30", timezone(timedelta(hours=-12))) == "2024-06-30"


def test_what_is_shown_is_by_key_with_defaults_and_fits_a_table() -> None:
    points, tier = definition(NUMBER, "points", default=5), of(LIST, key="tier", default=("Gold",))
    fields = Definitions((points, tier, definition(TEXT, "note")))
    assert fields.shown(None) == {"points": 5, "tier": ["Gold"]}
    stored = {points.slot: 0, tier.slot: ["Silver"], "gone_9": "x"}
    assert fields.shown(stored) == {"points": 0, "tier": ["Silver"]}
    assert fields.columns(stored) == [0, ["Silver"], None]
