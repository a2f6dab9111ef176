"""Money is exact, or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.money import MoneyError, from_units, to_text, to_units


@pytest.mark.parametrize(
    ("value", "units"),
    [("12.50", 125_000), ("-0.0001", -1), (7, 70_000), (Decimal("999999999999.9999"), 9_999_999_999_999_999)],
)
def test_amounts_become_ten_thousandths(value: Decimal | int | str, units: int) -> None:
    assert to_units(value) == units


@pytest.mark.parametrize(
    "value",
    ["", "twelve", "1e3", "1_000", "NaN", "Infinity", "0.00001", "1000000000000", "１２", "1,5", "--1", " 1"],
)
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(MoneyError):
        to_units(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN"), Decimal("1E+500")])
def test_numbers_that_are_not_finite_or_too_large_are_refused(value: Decimal) -> None:
    with pytest.raises(MoneyError):
        to_units(value)


@given(st.integers(min_value=-(10**16) + 1, max_value=10**16 - 1))
def test_units_survive_the_way_to_text_and_back(units: int) -> None:
    assert to_units(to_text(units)) == units
    assert to_units(from_units(units)) == units
