"""Bands of a histogram of spending: 1, 2 and 5 times the powers of ten, as many as the data want. Pure.

Spending is spread over orders of magnitude, and nobody knows a deployment's currency or scale beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

BOUNDS = tuple(step * 10**power for power in range(18) for step in (1, 2, 5))
"""In ten-thousandths; an eight-byte number holds the last."""
POWERS = BOUNDS[::3]
NEGATIVE = 0
"""The band of those whose refunds are more than their orders; the next one is from zero to the first
bound."""
MOST_BANDS = 12
_TAIL = 100
"""One in so many at either end goes into a band that is open there."""


class Band(NamedTuple):
    """How many spent from `first` until below `end` (None: whatever is more), in ten-thousandths."""

    first: int
    end: int | None
    size: int


ALL_BOUNDS = (0, *BOUNDS)
"""What `pipelines.band` finds a customer's band by: its number is how many of these have been reached."""


def bands(counts: Mapping[int, int], least: int) -> Sequence[Band]:
    """The histogram of customers counted by band, the least of whom has spent `least`: at most a dozen bands
    and one of negative sums, without gaps, which hold everybody."""
    if not any(counts.values()):
        return []
    positive = [counts.get(number, 0) for number in range(2, len(ALL_BOUNDS) + 1)]
    inner = _inner_bounds(positive)
    edges = [0, *inner]
    found = [_between(counts, first, end) for first, end in zip(edges, [*edges[1:], None], strict=True)]
    negative = counts.get(NEGATIVE, 0)
    return [*([Band(least, 0, negative)] if negative else []), *found]


def _inner_bounds(positive: Sequence[int]) -> Sequence[int]:
    """The bounds that hold all but a hundredth at either end; powers of ten alone where these are too
    many."""
    total = sum(positive)
    if not total:
        return []
    sums = list(accumulate(positive))
    low = next(place for place, reached in enumerate(sums) if reached * _TAIL >= total)
    high = next(place for place, reached in enumerate(sums) if reached * _TAIL >= total * (_TAIL - 1))
    inner = BOUNDS[low : high + 1]
    if len(inner) >= MOST_BANDS:
        inner = tuple(bound for bound in inner if bound in POWERS)
    return inner[-(MOST_BANDS - 1) :]


def _between(counts: Mapping[int, int], first: int, end: int | None) -> Band:
    low = ALL_BOUNDS.index(first) + 1
    high = len(ALL_BOUNDS) if end is None else ALL_BOUNDS.index(end)
    return Band(first, end, sum(counts.get(number, 0) for number in range(low, high + 1)))
