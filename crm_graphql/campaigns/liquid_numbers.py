"""Numbers in messages: exact, never in powers of ten, and amounts of money that stay such in arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from liquid.exceptions import FilterArgumentError

_LIMIT = 10**18
_DECIMALS = 6
_MONEY_DECIMALS = 2

Number = int | Decimal


class Amount(Decimal):
    """Money. Prints with two decimals, or with as many as the amount has that it comes from.

    Arithmetic goes on with more (a third of 10.00, three times, is 10.00); only what is printed is rounded.
    """

    decimals: int

    @classmethod
    def of(cls, value: Number | str, decimals: int = 0) -> Amount:
        """The amount; a text as it is stored ("12.50") says its decimals itself."""
        amount = cls(value)
        own = -int(amount.as_tuple().exponent) if isinstance(value, str) else 0
        amount.decimals = max(_MONEY_DECIMALS, decimals, own)
        return amount

    def __str__(self) -> str:
        rounded = self.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        text = format(rounded if rounded else abs(rounded), "f")
        whole, _, decimals = text.partition(".")
        return f"{whole}.{decimals[:_MONEY_DECIMALS]}{decimals[_MONEY_DECIMALS:].rstrip('0')}"


def number(value: object) -> Number:
    """`value` as an exact number; what is none is 0, as Liquid has it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        exact = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except ArithmeticError:
        return 0
    if not exact.is_finite() or abs(exact) >= _LIMIT:
        return 0
    exponent = exact.as_tuple().exponent
    return int(exact) if isinstance(exponent, int) and exponent > 0 else exact


def _bounded(result: Number) -> Number:
    """A result that prints in plain notation: at most six decimals, half rounded up."""
    if not -_LIMIT < result < _LIMIT:
        raise FilterArgumentError("the number is too large for a message", token=None)
    if isinstance(result, Decimal) and int(result.as_tuple().exponent) < -_DECIMALS:
        return result.quantize(Decimal(1).scaleb(-_DECIMALS), ROUND_HALF_UP)
    return result


def _two(calculate: Callable[[Number, Number], Number]) -> Callable[[object, object], Number]:
    def filter_(value: object, other: object) -> Number:
        left, right = number(value), number(other)
        result = _bounded(calculate(left, right))
        decimals = [part.decimals for part in (left, right) if isinstance(part, Amount)]
        return Amount.of(result, max(decimals)) if decimals else result

    return filter_


def _divide(value: object, other: object) -> Number:
    """Whole numbers divide to a whole number, rounded down, as Liquid has it; by money to how many times."""
    left, right = number(value), number(other)
    _require_divisor(right)
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    result = _bounded(Decimal(left) / Decimal(right))
    if isinstance(left, Amount) and not isinstance(right, Amount):
        return Amount.of(result, left.decimals)
    return result


def _modulo(value: Number, other: Number) -> Number:
    _require_divisor(other)
    return value - other * math.floor(Decimal(value) / Decimal(other))


def _require_divisor(value: Number) -> None:
    if value == 0:
        raise FilterArgumentError("a division by zero", token=None)


def _abs(value: object) -> Number:
    exact = number(value)
    positive = exact if exact >= 0 else -exact
    if isinstance(exact, Amount):
        return Amount.of(positive, exact.decimals)
    return positive


def _round(value: object, decimals: object = 0) -> Number:
    digits = min(max(int(number(decimals)), 0), _DECIMALS)
    rounded = Decimal(number(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return rounded if digits else int(rounded)


MATHS: dict[str, Callable[..., Any]] = {
    "abs": _abs,
    "at_least": _two(lambda value, other: value if value > other else other),
    "at_most": _two(lambda value, other: value if value < other else other),
    "ceil": lambda value: math.ceil(number(value)),
    "divided_by": _divide,
    "floor": lambda value: math.floor(number(value)),
    "minus": _two(operator.sub),
    "modulo": _two(_modulo),
    "plus": _two(operator.add),
    "round": _round,
    "times": _two(operator.mul),
}
"""The filters of arithmetic."""
