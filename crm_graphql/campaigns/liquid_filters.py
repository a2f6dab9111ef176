"""The filters of messages: a chosen few of Liquid's, kept small, paid for by size, blind to the clock."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import liquid
from liquid.exceptions import FilterArgumentError

from crm_graphql.campaigns.liquid_numbers import MATHS
from crm_graphql.campaigns.liquid_work import Meter, work_of, work_of_search
from crm_graphql.campaigns.template_fields import Missing
from crm_graphql.core.times import parse_moment

TEXT_LIMIT = 20_000
"""The longest text, in characters, and number, in digits, that a filter may make."""
LIST_LIMIT = 1_000
"""The longest list."""

Filter = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Price:
    """Units of a filter beside those for looking at its values and its result once."""

    a_call: int = 0
    a_character: float = 0
    sign: str = ""
    a_sign: int = 0
    """For each `sign` in the text."""
    searches: bool = False
    """Looks for its first argument in the text."""
    an_item: int = 0


_CALL = 34
_PRICES: dict[str, _Price] = {
    **dict.fromkeys(("capitalize", "downcase", "upcase"), _Price(a_character=0.5)),
    **dict.fromkeys(("newline_to_br", "strip_newlines"), _Price(sign="\n", a_sign=6)),
    **dict.fromkeys(("squish", "truncatewords"), _Price(a_character=2)),
    **dict.fromkeys(("remove", "replace", "split"), _Price(a_character=0.5, searches=True)),
    **dict.fromkeys(("remove_first", "remove_last", "replace_first", "replace_last"), _Price(searches=True)),
    **dict.fromkeys(("sort", "sort_natural"), _Price(a_character=0.1, an_item=10)),
    **dict.fromkeys(("join", "uniq"), _Price(an_item=6)),
    **dict.fromkeys(MATHS, _Price(a_call=25, a_character=1)),
    "date": _Price(a_call=30, a_character=1),
    "escape_once": _Price(sign="&", a_sign=40),
    # Tags are taken out by a parser that may look for the end of each through all of the text.
    "strip_html": _Price(sign="<", a_sign=60),
    "url_decode": _Price(a_character=0.5, sign="%", a_sign=6),
    "url_encode": _Price(a_character=2),
}
_FREE = _Price()

_FROM_LIQUID = (
    *("append", "capitalize", "downcase", "escape", "escape_once", "lstrip", "newline_to_br", "prepend"),
    *("remove", "remove_first", "remove_last", "replace", "replace_first", "replace_last", "rstrip", "slice"),
    *("split", "squish", "strip", "strip_html", "strip_newlines", "truncate", "truncatewords", "upcase"),
    *("url_decode", "url_encode", "compact", "concat", "first", "join", "last", "reverse", "size", "sort"),
    *("sort_natural", "default"),
)
# The others let a missing value through, so that a `default` behind them still sees it.
_TAKE_MISSING = frozenset({"append", "prepend", "concat", "size", "default"})


def register_filters(environment: liquid.Environment) -> None:
    """Replace the environment's filters by those of this module: each, given a meter, is the filter."""
    chosen: dict[str, Filter] = {
        name: _bound(environment.filters[name], environment) for name in _FROM_LIQUID
    }
    chosen |= {"date": _date, "uniq": _uniq, **MATHS}
    environment.filters = {
        name: functools.partial(_metered, name, filter_) for name, filter_ in chosen.items()
    }


def _bound(filter_: Filter, environment: liquid.Environment) -> Filter:
    wants = getattr(filter_, "with_environment", False)
    return functools.partial(filter_, environment=environment) if wants else filter_


def _metered(name: str, filter_: Filter, meter: Meter) -> Filter:
    return functools.partial(_run, name, filter_, meter)


def _run(name: str, filter_: Filter, meter: Meter, value: Any, *arguments: Any, **named: Any) -> Any:
    """Pay, refuse results beyond the limits; what is missing stays missing where that makes sense."""
    if isinstance(value, Missing) and name not in _TAKE_MISSING:
        meter.charge(_CALL)
        return value
    given = (*arguments, *named.values())
    meter.charge(_CALL + work_of(value) + sum(map(work_of, given)))
    if price := _PRICES.get(name):
        meter.charge(_work(name, price, value, given))
    result = filter_(value, *arguments, **named)
    if work := work_of(result):
        meter.charge(work)
        if len(result) > (TEXT_LIMIT if isinstance(result, str) else LIST_LIMIT):
            raise too_large(name)
    return result


def _work(name: str, price: _Price, value: Any, given: tuple[Any, ...]) -> int:
    """Units by what the filter does with this value; refuses what would grow beyond the limits."""
    if isinstance(value, list | tuple | range):
        if name == "join":
            _check_join(value, given)
        return len(value) * price.an_item + int(work_of(value) * price.a_character * 20)
    text = value if isinstance(value, str) else str(value)
    units = price.a_call + int(len(text) * price.a_character)
    if price.sign and (signs := text.count(price.sign)):
        units += signs * price.a_sign
        if name == "strip_html":
            units += signs * len(text) // 20
    if price.searches and given:
        wanted = str(given[0])
        units += work_of_search(len(text), len(wanted))
        if name == "replace":
            _check_replace(text, wanted, given)
    return units


def too_large(name: str) -> FilterArgumentError:
    """The refusal of a result beyond the limits."""
    return FilterArgumentError(f"{name} makes more than a message may hold", token=None)


def _check_replace(text: str, wanted: str, given: tuple[Any, ...]) -> None:
    """Foresee the size: a text replaced into itself grows with its square."""
    instead = str(given[1]) if len(given) > 1 else ""
    # Escaping makes a character six at most.
    if len(text) + text.count(wanted) * len(instead) * 6 > TEXT_LIMIT * 6:
        raise too_large("replace")


def _check_join(items: list[Any] | tuple[Any, ...] | range, given: tuple[Any, ...]) -> None:
    separator = len(str(given[0])) if given else 1
    if len(items) * separator > TEXT_LIMIT:
        raise too_large("join")


def _uniq(value: Any) -> list[object]:
    """Each item once, at its first place. Liquid's own compares each with each."""
    items = value if isinstance(value, list | tuple | range) else [value]
    return list(dict.fromkeys(items))


def _date(value: object, pattern: object = "%Y-%m-%d") -> str:
    """The moment `value` in the form `pattern` (strftime). What is no moment stays as it is.

    Unlike Liquid's own it knows no "now": the same row must give the same text whenever it is rendered.
    """
    text, form = str(value), str(pattern)
    if text in ("now", "today"):
        raise FilterArgumentError("a message cannot name the current time", token=None)
    if len(form) > 200:
        raise too_large("date")
    try:
        return parse_moment(text).strftime(form)
    except ValueError:
        return text
