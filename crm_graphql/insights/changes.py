"""Changes of a figure: what it was and is, whether that is more than chance, and how much it matters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm_graphql.core.paging import Row

LEAST = 20
"""Customers in the larger of two figures; below, one person more is a large change."""
LEAST_BEFORE = 5
"""Without anything before there is nothing to compare with: the deployment may be new."""
DEVIATIONS = 3.0
"""A difference of so many standard deviations is more than chance: once in four hundred that is wrong."""
LEAST_CHANGE = 0.1


@dataclass(frozen=True, slots=True)
class Insight:
    """Something that changed. `value` and `before` are customers, money in whole currency, or percent.

    The customers of `rule` are as many as `value` says; a sum of money has none.
    """

    title: str
    text: str
    value: Decimal
    before: Decimal
    importance: float
    rule: Mapping[str, Any] | None = None
    campaign: Row | None = None


def is_change(value: float, before: float, variance: float | None = None) -> bool:
    """Whether two figures differ by a tenth and by more than chance. `variance` is that of their difference;
    for counts of people it is their sum."""
    if before <= 0:
        return False
    spread = math.sqrt(value + before if variance is None else variance)
    difference = abs(value - before)
    return difference >= LEAST_CHANGE * before and difference >= DEVIATIONS * spread


def is_change_of_people(value: int, before: int, variance: float | None = None) -> bool:
    """The same for customers, of whom there must be enough to speak of."""
    return max(value, before) >= LEAST and before >= LEAST_BEFORE and is_change(value, before, variance)


def is_higher_share(part: int, whole: int, part_before: int, whole_before: int) -> bool:
    """Whether a share is higher than before by more than chance (two proportions, pooled)."""
    if not whole or not whole_before:
        return False
    pooled = (part + part_before) / (whole + whole_before)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    return part / whole - part_before / whole_before > DEVIATIONS * spread


def importance(weight: float, value: float, before: float) -> float:
    """How much a change matters: what it is about, times how much of the larger figure has come or gone."""
    return weight * abs(value - before) / max(value, before, 1e-9)
