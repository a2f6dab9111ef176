"""Causes of row errors: what is peculiar to a row makes no cause of its own, and memory stays bounded."""

from __future__ import annotations

import pytest

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports.rows import RowProblem
from crm_graphql.ingestion.error_counts import (
    CAUSES_COUNTED,
    CAUSES_SHOWN,
    FURTHER,
    ErrorCounts,
    cause_of,
)


def problem(message: str, value: str | None = None) -> RowProblem:
    """A problem with this message."""
    return RowProblem(ErrorCode.INVALID, message, field="x", value=value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (problem("Line 7 has 3 columns, not 2."), problem("Line 9 has 4 columns, not 2.")),
        (problem("x 31.02.24 is no date.", "31.02.24"), problem("x 30.02.24 is no date.", "30.02.24")),
        (problem('[0] names no topic: "News".'), problem('[3] names no topic: "Offers".')),
        (problem("Line 7 is not UTF-8: byte 0xE4."), problem("Line 8 is not UTF-8: byte 0xFC.")),
    ],
)  # fmt: skip
def test_rows_with_one_fault_have_one_cause(one: RowProblem, other: RowProblem) -> None:
    assert cause_of(one) == cause_of(other)


def test_other_faults_are_other_causes() -> None:
    assert cause_of(problem("x is missing.")) != cause_of(problem("x is no number."))
    assert "UTF-8" in cause_of(problem("Line 7 is not UTF-8: byte 0xE4."))
    assert "12.50" in cause_of(problem("x is not a decimal number like 12.50.", "twelve"))


def test_of_very_many_causes_the_further_ones_are_counted_together() -> None:
    counts = ErrorCounts()
    for number in range(CAUSES_COUNTED + 500):
        counts.add(problem(f"fault {number}"), column=None, place=number)
    for _ in range(3):
        counts.add(problem("fault 7"), column=None, place=9)
    most = counts.most()
    assert len(most) == CAUSES_SHOWN
    assert (most[0]["message"], most[0]["count"], most[0]["first"]) == (FURTHER, 500, CAUSES_COUNTED)
    assert (most[1]["message"], most[1]["count"], most[1]["first"]) == ("fault 7", 4, 7)
