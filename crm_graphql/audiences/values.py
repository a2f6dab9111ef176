"""Values of a rule's conditions, read into what they are compared as."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from crm_graphql.audiences.fields import EQUALITY, RuleField, RuleFieldType, RuleOperator, RuleReading
from crm_graphql.core.countries import country_code, country_forms
from crm_graphql.core.emails import plain_email
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.ids import decode_key
from crm_graphql.core.money import MoneyError, to_units
from crm_graphql.core.phones import NotANumber, read_beginning, read_phone
from crm_graphql.core.texts import is_storable
from crm_graphql.core.times import Duration, parse_moment
from crm_graphql.core.zones import day_begins
from crm_graphql.custom_fields.values import Unfit, as_number

MAX_TEXT = 1_000
"""Characters in one value of a rule."""

INT64_LIMIT = 2**63

_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Day:
    """A date without a time in a rule: the whole day, in the zone of the moment at which the rule is asked,
    of 23 hours or 25 where clocks change. A moment is of it from `first` until before `after`."""

    date: date

    def first(self, at: datetime) -> datetime:
        """The day's first moment, in UTC. Raises ValueError for a moment `at` without a zone."""
        return day_begins(self.date, _zone(at))

    def after(self, at: datetime) -> datetime:
        """The first moment of the next day, in UTC; of the last day that there is, its last moment."""
        try:
            return day_begins(self.date + timedelta(days=1), _zone(at))
        except OverflowError:
            return datetime.max.replace(microsecond=999_000, tzinfo=UTC)


def _zone(at: datetime) -> tzinfo:
    if at.tzinfo is None:
        raise ValueError("a rule is asked at a moment with a zone: its days are of it")
    return at.tzinfo


Scalar = int | float | str | bool | datetime | Day
"""A value as it is compared: money in ten-thousandths, text in folded case."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a rule. It equals what equals one of its `forms`; `given` is how it is stored and told."""

    forms: tuple[Scalar, ...]
    given: object


def read_value(
    field: RuleField, operator: RuleOperator, raw: object, default_country: str | None = None
) -> Value:
    """`raw` as what `operator` compares the field with. Raises ValueError with a sentence that shows it.

    `default_country` is that of telephone numbers that name none.
    """
    try:
        scalar = _reader_of(field)(raw)
    except ValueError as error:
        raise ValueError(f"{shown(raw)} {error}.") from None
    if field.options and scalar not in [option.casefold() for option in field.options]:
        raise ValueError(f"{shown(raw)} is no value of {field.name}; it has {', '.join(field.options)}.")
    if field.reading is RuleReading.GROUP:
        return _group(field, raw)
    if not isinstance(raw, str) or field.reading is RuleReading.FOLDED:
        return Value((scalar,), raw)
    if field.reading is RuleReading.EMAIL:
        plain = plain_email(raw) or raw
        return Value((plain.casefold(),), plain)
    if field.reading is RuleReading.PHONE:
        return _phone(raw, operator, default_country)
    if operator not in EQUALITY:
        return Value((scalar,), raw)
    if field.reading is RuleReading.EXACT:
        return Value((raw,), raw)
    code = country_code(raw)
    forms = () if code is None else country_forms(code)
    return Value(tuple(dict.fromkeys((scalar, *forms))), raw)


def _group(field: RuleField, raw: object) -> Value:
    """A group by its global id, compared by its key; of a new rule one that there is."""
    try:
        key = decode_key("Group", str(raw))
    except InvalidInput:
        key = None
    if key is None or not (field.takes_others or raw in (field.choices or {})):
        raise ValueError(f"{shown(raw)} is the id of no group; `ruleFields` has them in `choices`.")
    return Value((str(key),), raw)


def _reader_of(field: RuleField) -> Callable[[object], Scalar]:
    if field.has_decimals:
        return _read_decimal
    return _read_day if field.is_day else _READERS[field.type]


def _phone(raw: str, operator: RuleOperator, default_country: str | None) -> Value:
    """The number as ingestion would have it; what is none is compared as text."""
    number = raw
    try:
        if operator in EQUALITY:
            number = read_phone(raw.strip(), default_country)
        elif re.search(r"\d", raw):
            country = default_country if operator is RuleOperator.STARTS_WITH else None
            number = read_beginning(raw, country) or raw
    except NotANumber:
        pass
    return Value((number.casefold(),), number)


def read_duration(raw: object) -> Duration:
    """An ISO 8601 duration that is longer than nothing. Raises ValueError with a sentence."""
    if not isinstance(raw, str):
        raise ValueError(f'{shown(raw)} is not an ISO 8601 duration like "P90D" or "P6M".')
    try:
        duration = Duration.parse(raw)
    except ValueError as error:
        raise ValueError(f"{shown(raw)} {error}.") from None
    if not duration.months and not duration.days and duration.exact <= timedelta():
        raise ValueError(f"{shown(raw)} is no time at all; the least is one second, PT1S.")
    return duration


def shown(raw: object) -> str:
    """A value in a message: quoted where it is text, cut at 100 characters."""
    if isinstance(raw, str):
        return f'"{raw[:97]}..."' if len(raw) > 100 else f'"{raw}"'
    if raw is None or isinstance(raw, bool):
        return {None: "null", True: "true", False: "false"}[raw]
    if isinstance(raw, Mapping):
        return "An object"
    if isinstance(raw, list | tuple):
        return "A list"
    text = str(raw) if not isinstance(raw, int) or raw.bit_length() < 1_000 else "A number of that size"
    return f"{text[:97]}..." if len(text) > 100 else text


def _number(raw: object) -> Decimal:
    """A finite JSON number, exactly. A float stands for the shortest decimal that reads back as it."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise ValueError("is not a number")
    if isinstance(raw, int):
        return Decimal(raw)
    if not (math.isfinite(raw) if isinstance(raw, float) else raw.is_finite()):
        raise ValueError("is not a finite number")
    return Decimal(repr(raw)) if isinstance(raw, float) else raw


def _read_number(raw: object) -> int:
    number = _number(raw)
    if abs(number) >= INT64_LIMIT:
        raise ValueError("is too large; whole numbers go up to 9223372036854775807")
    if number != int(number):
        raise ValueError("is not a whole number")
    return int(number)


def _read_decimal(raw: object) -> int | float:
    try:
        return as_number(_number(raw))
    except Unfit as error:
        raise ValueError(str(error).partition(". ")[0]) from None


def _read_day(raw: object) -> Day:
    day = _read_moment(raw)
    if not isinstance(day, Day):
        raise ValueError("has a time, and the field holds days; give a date like 2024-06-30")
    return day


def _read_money(raw: object) -> int:
    if not isinstance(raw, str):
        raw = _number(raw)
    elif len(raw) > 100:
        raise ValueError("is not a decimal number like 12.50")
    try:
        return to_units(raw)
    except MoneyError as error:
        raise ValueError(str(error)) from None


def _read_text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("is not a text")
    if len(raw) > MAX_TEXT:
        raise ValueError(f"is too long; a text in a rule holds at most {MAX_TEXT} characters")
    if not is_storable(raw):
        raise ValueError("holds a character that no text may hold (NUL or half of a surrogate pair)")
    # As `folded.*` of a customer is made.
    return raw.casefold()


def _read_moment(raw: object) -> datetime | Day:
    if not isinstance(raw, str):
        raise ValueError("is not a date (2024-06-30) or an RFC 3339 date-time as text")
    moment = parse_moment(raw)
    return Day(moment.date()) if _BARE_DATE.fullmatch(raw) else moment


def _read_boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("is neither true nor false")
    return raw


_READERS: Mapping[RuleFieldType, Callable[[object], Scalar]] = {
    RuleFieldType.NUMBER: _read_number,
    RuleFieldType.MONEY: _read_money,
    RuleFieldType.TEXT: _read_text,
    RuleFieldType.LIST: _read_text,
    RuleFieldType.DATE_TIME: _read_moment,
    RuleFieldType.BOOLEAN: _read_boolean,
}


def is_above(low: Scalar, high: Scalar) -> bool:
    """Whether a range from `low` to `high` holds nothing, whatever zone its days are of."""
    if isinstance(low, Day) and isinstance(high, Day):
        return low.date > high.date
    if isinstance(low, Day) or isinstance(high, Day):
        # A day begins within a day before or after that of UTC.
        return _utc_day(low) - _utc_day(high) > timedelta(days=1)
    return low > high  # type: ignore[operator]


def _utc_day(value: Scalar) -> date:
    return value.date if isinstance(value, Day) else value.date()  # type: ignore[union-attr]
