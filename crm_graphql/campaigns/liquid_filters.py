"""The filters of messages: a chosen few of Liquid's, kept small, exact with numbers, blind to the clock."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import liquid
from liquid.exceptions import FilterArgumentError

from crm_graphql.campaigns.template_fields import Missing
from crm_graphql.core.times import parse_moment

TEXT_LIMIT = 20_000
"""The longest text, in characters, and number, in digits, that a filter may make."""
LIST_LIMIT = 1_000
"""The longest list."""

_FROM_LIQUID = (
    *("append", "capitalize", "downcase", "escape", "escape_once", "lstrip", "newline_to_br", "prepend"),
    *("remove", "remove_first", "remove_last", "replace", "replace_first", "replace_last", "rstrip", "slice"),
    *("split", "squish", "strip", "strip_html", "strip_newlines", "truncate", "truncatewords", "upcase"),
    *("url_decode", "url_encode", "compact", "concat", "first", "join", "last", "reverse", "size", "sort"),
    *("sort_natural", "uniq", "default"),
)
# The others let a missing value through, so that a `default` behind them still sees it.
_TAKE_MISSING = frozenset({"append", "prepend", "concat", "size", "default"})

_NUMBER_LIMIT = 10**18
_DECIMALS = 6

Filter = Callable[..., Any]
Number = int | Decimal


def register_filters(environment: liquid.Environment) -> None:
    """Replace the environment's filters by those of this module."""
    chosen: dict[str, Filter] = {name: environment.filters[name] for name in _FROM_LIQUID}
    chosen |= {"replace": _bounded_replace(chosen["replace"]), "join": _bounded_join(chosen["join"])}
    chosen |= {"date": _date, **_MATHS}
    environment.filters = {name: _guarded(name, filter_) for name, filter_ in chosen.items()}


def _guarded(name: str, filter_: Filter) -> Filter:
    """Refuse results beyond the limits; what is missing stays missing where that makes sense."""
    takes_missing = name in _TAKE_MISSING

    @functools.wraps(filter_)
    def guarded(value: Any, *arguments: Any, **named: Any) -> Any:
        if not takes_missing and isinstance(value, Missing):
            return value
        result = filter_(value, *arguments, **named)
        if isinstance(result, str):
            if len(result) > TEXT_LIMIT:
                raise _too_large(name)
        elif isinstance(result, list | tuple) and len(result) > LIST_LIMIT:
            raise _too_large(name)
        return result

    return guarded


def _too_large(name: str) -> FilterArgumentError:
    return FilterArgumentError(f"{name} makes more than a message may hold", token=None)


def _bounded_replace(replace: Filter) -> Filter:
    """Foresee the size: a text replaced into itself grows with its square."""

    @functools.wraps(replace)
    def bounded(value: Any, old: object, new: object = "", **named: Any) -> Any:
        text, found, instead = str(value), str(old), str(new)
        # Escaping makes a character six at most.
        if len(text) + text.count(found) * len(instead) * 6 > TEXT_LIMIT * 6:
            raise _too_large("replace")
        return replace(value, old, new, **named)

    return bounded


def _bounded_join(join: Filter) -> Filter:
    @functools.wraps(join)
    def bounded(value: Any, separator: object = " ", **named: Any) -> Any:
        if isinstance(value, Sequence) and len(value) * len(str(separator)) > TEXT_LIMIT:
            raise _too_large("join")
        return join(value, separator, **named)

    return bounded


def _date(value: object, pattern: object = "%Y-%m-%d") -> str:
    """The moment `value` in the form `pattern` (strftime). What is no moment stays as it is.

    Unlike Liquid's own it knows no "now": the same row must give the same text whenever it is rendered.
    """
    text, form = str(value), str(pattern)
    if text in ("now", "today"):
        raise FilterArgumentError("a message cannot name the current time", token=None)
    if len(form) > 200:
        raise _too_large("date")
    try:
        return parse_moment(text).strftime(form)
    except ValueError:
        return text


def number(value: object) -> Number:
    """`value` as an exact number; what is none is 0, as Liquid has it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        exact = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except ArithmeticError:
        return 0
    if not exact.is_finite() or abs(exact) >= _NUMBER_LIMIT:
        return 0
    exponent = exact.as_tuple().exponent
    return int(exact) if isinstance(exponent, int) and exponent > 0 else exact


def _bounded(result: Number) -> Number:
    """A result that prints in plain notation: at most six decimals, half rounded up."""
    if not -_NUMBER_LIMIT < result < _NUMBER_LIMIT:
        raise FilterArgumentError("the number is too large for a message", token=None)
    if isinstance(result, Decimal) and int(result.as_tuple().exponent) < -_DECIMALS:
        return result.quantize(Decimal(1).scaleb(-_DECIMALS), ROUND_HALF_UP)
    return result


def _two(calculate: Callable[[Number, Number], Number]) -> Filter:
    return lambda value, other: _bounded(calculate(number(value), number(other)))


def _divide(value: Number, other: Number) -> Number:
    """Whole numbers divide to a whole number, rounded down, as Liquid has it."""
    if other == 0:
        raise FilterArgumentError("a division by zero", token=None)
    if isinstance(value, int) and isinstance(other, int):
        return value // other
    return Decimal(value) / Decimal(other)


def _modulo(value: Number, other: Number) -> Number:
    if other == 0:
        raise FilterArgumentError("a division by zero", token=None)
    return value - other * math.floor(Decimal(value) / Decimal(other))


def _round(value: object, decimals: object = 0) -> Number:
    digits = min(max(int(number(decimals)), 0), _DECIMALS)
    rounded = Decimal(number(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return rounded if digits else int(rounded)


_MATHS: dict[str, Filter] = {
    "abs": lambda value: abs(number(value)),
    "at_least": _two(lambda value, other: max(value, other)),
    "at_most": _two(lambda value, other: min(value, other)),
    "ceil": lambda value: math.ceil(number(value)),
    "divided_by": _two(_divide),
    "floor": lambda value: math.floor(number(value)),
    "minus": _two(operator.sub),
    "modulo": _two(_modulo),
    "plus": _two(operator.add),
    "round": _round,
    "times": _two(operator.mul),
}
