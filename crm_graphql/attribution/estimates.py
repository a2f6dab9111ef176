"""Estimates of what a campaign changed, with their intervals, and the check of its split; pure.

Only the standard library: tests hold each formula against scipy and against published figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import NamedTuple

Z = NormalDist().inv_cdf(0.975)
"""Of a 95 % interval: 1.96."""
UNFAIR_BELOW = 0.001
"""A split that chance alone brings about less often than this was not made as it was set."""
_LEAST_EXPECTED = 5
"""Chi-square is good from so many on in each cell: Cochran, Biometrics 10 (1954), 417-451."""
_LARGEST_EXPONENT = 700.0
_PRECISION = 1e-15


class Estimate(NamedTuple):
    """A value with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm: how many people, the sum and the sum of squares of what each of them has; whole numbers, so
    exact. Who has nothing counts with zero."""

    people: int
    total: int
    squares: int


def lift(treated: Sample, held_out: Sample) -> Estimate | None:
    """How much more a person of one arm has than one of the other: the ratio of their means, less one. None
    where either mean is not above zero, for then it has no logarithm, and where nothing is known of how much
    people differ: an arm is one person, or in both everybody has the same.

    A person may order several times, so these are means of counts (or of money), not shares of people. The
    interval is that of the delta method for the logarithm of a ratio of two independent means, as in Cox,
    Biometrika 77 (1990), 215-219 and Deng, Knoblich and Lu, KDD 2018 (arXiv:1803.06336):
    ln(m1/m2) +- z sqrt(v1/(n1 m1^2) + v2/(n2 m2^2)), with variances v over all people, zeros in. In an arm
    that is v/(n m^2) = sum(x^2)/sum(x)^2 - 1/n. Where nobody orders twice it is 1/x - 1/n, and the interval
    that of Katz, Baptista, Azen and Pike, Biometrics 34 (1978), 469-474 for a ratio of proportions.
    """
    if min(treated.people, held_out.people) < 2 or min(treated.total, held_out.total) <= 0:
        return None
    ratio = Fraction(treated.total, treated.people) / Fraction(held_out.total, held_out.people)
    half = Z * math.sqrt(_relative_variance(treated) + _relative_variance(held_out))
    middle = math.log(ratio.numerator) - math.log(ratio.denominator)
    if not half or half + abs(middle) > _LARGEST_EXPONENT:
        # Refunds have eaten the mean up: the interval is all there is.
        return None
    return Estimate(float(ratio - 1), math.expm1(middle - half), math.expm1(middle + half))


def _relative_variance(sample: Sample) -> float:
    """Of the mean, over its square."""
    return float(max(Fraction(sample.squares, sample.total**2) - Fraction(1, sample.people), Fraction(0)))


def is_fair(counts: Sequence[int], shares: Sequence[float | Fraction]) -> bool:
    """Whether people were divided as they were to be: the check of the sample ratio, chi-square at p < 0.001,
    as in Fabijan et al., KDD 2019 ("Diagnosing Sample Ratio Mismatch"). Cells in which too few are expected
    are put together first."""
    total, whole = sum(counts), float(sum(shares))
    if total == 0 or whole == 0:
        return True
    cells = [(float(share) / whole * total, count) for share, count in zip(shares, counts, strict=True)]
    # By what is expected alone: together with what was counted the same cells would always be put together.
    cells.sort(key=lambda cell: cell[0])
    pooled: list[tuple[float, int]] = [(0.0, 0)]
    for expected, count in cells:
        before, counted = pooled[-1]
        if before < _LEAST_EXPECTED:
            pooled[-1] = (before + expected, counted + count)
        else:
            pooled.append((expected, count))
    if len(pooled) < 2:
        return True
    statistic = sum((count - expected) ** 2 / expected for expected, count in pooled)
    return chi_square_tail(statistic, len(pooled) - 1) >= UNFAIR_BELOW


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance of a chi-square as great as this or greater, with so many degrees of freedom."""
    return upper_gamma(freedom / 2, statistic / 2)


def upper_gamma(a: float, x: float) -> float:
    """The regularized upper incomplete gamma function Q(a, x), for a > 0 and x >= 0.

    By the series for small x (DLMF 8.7.1) and the continued fraction for large (DLMF 8.9.2), evaluated by
    Lentz's method, as in Press et al., Numerical Recipes, section 6.2.
    """
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1.0 - scale * _series(a, x) if x < a + 1 else scale * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    step = a
    while term > total * _PRECISION:
        step += 1
        term *= x / step
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    value, change, step = d, 0.0, 0
    while abs(change - 1) > _PRECISION and step < 10_000:
        step += 1
        factor = -step * (step - a)
        b += 2
        d = 1 / (factor * d + b or tiny)
        c = b + factor / c or tiny
        change = d * c
        value *= change
    return value
