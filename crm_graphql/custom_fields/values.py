"""Values of custom fields, checked alike wherever they come from: edits, records, files, defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from crm_graphql.core.times import parse_moment
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.patterns import is_whole_match

TEXT_CHARACTERS = 500
NUMBER_DIGITS = 15
"""So many a number of 64 bits keeps exactly, whatever they are."""
NUMBER_LIMIT = 10**15

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SEPARATOR = re.compile("[;,]")
TRUTH_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SHOWN = 60


class Unfit(ValueError):
    """A value does not fit its field. The message follows the field's name and ends in what to do."""


def read_value(field: Definition, raw: object, zone: tzinfo) -> Any:
    """The value as a customer's document holds it; None for one that is cleared. `zone` is that of which a
    moment's day is.

    A text stays as it is but for the space around it, a number becomes an int where it is whole, a date text
    like "2024-06-30", a list the options in their order. Raises Unfit.
    """
    if raw is None or raw == "" or (isinstance(raw, list | tuple) and not raw):
        return None
    return _READERS[field.type](field, raw, zone)


def is_fit(field: Definition, stored: object, zone: tzinfo) -> bool:
    """Whether a stored value would still be taken."""
    try:
        return bool(read_value(field, stored, zone) == stored)
    except Unfit:
        return False


def compared(value: Any) -> Any:
    """A stored value as rules compare it: texts in folded case."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list | tuple):
        return [one.casefold() for one in value]
    return value


def as_number(number: Decimal) -> int | float:
    """The number that stands for a decimal: equal decimals become equal numbers. Raises Unfit."""
    if not number.is_finite() or abs(number) >= NUMBER_LIMIT:
        raise Unfit(f"is not below {NUMBER_LIMIT:,}. Send a smaller number.")
    if len(number.normalize().as_tuple().digits) > NUMBER_DIGITS:
        raise Unfit(f"has more than {NUMBER_DIGITS} digits. Round it.")
    return int(number) if number == number.to_integral_value() else float(number)


def _text(field: Definition, raw: object, _zone: tzinfo) -> str | None:
    if not isinstance(raw, str):
        raise Unfit("is not text. Send text.")
    text = raw.strip()
    if not text:
        return None
    if len(text) > TEXT_CHARACTERS:
        raise Unfit(f"is longer than {TEXT_CHARACTERS} characters. Shorten it.")
    if _CONTROL.search(text):
        raise Unfit("holds a control character or half of a surrogate pair. Remove it.")
    if field.minimum is not None and len(text) < field.minimum:
        raise Unfit(f"has fewer than {field.minimum:g} characters.")
    if field.maximum is not None and len(text) > field.maximum:
        raise Unfit(f"has more than {field.maximum:g} characters. Shorten it.")
    if field.pattern is not None and not is_whole_match(field.pattern, text):
        raise Unfit(f"is not of the form {field.pattern}")
    return text


def _number(field: Definition, raw: object, _zone: tzinfo) -> int | float:
    number = as_number(_decimal(raw))
    if field.minimum is not None and number < field.minimum:
        raise Unfit(f"is less than {field.minimum:g}, the least that the field takes.")
    if field.maximum is not None and number > field.maximum:
        raise Unfit(f"is more than {field.maximum:g}, the most that the field takes.")
    return number


def _decimal(raw: object) -> Decimal:
    try:
        if isinstance(raw, int) and not isinstance(raw, bool) and raw.bit_length() < 64:
            return Decimal(raw)
        if isinstance(raw, float) and math.isfinite(raw):
            return Decimal(repr(raw))
        if isinstance(raw, Decimal):
            return raw
        if isinstance(raw, str) and len(raw) <= _SHOWN and set(raw.strip()) <= set("+-.0123456789"):
            return Decimal(raw.strip())
    except InvalidOperation:
        pass
    raise Unfit("is not a number like 12.5. Send plain digits.")


def _date(_field: Definition, raw: object, zone: tzinfo) -> str:
    if isinstance(raw, datetime):
        return (raw if raw.tzinfo is None else raw.astimezone(zone)).date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if not isinstance(raw, str) or len(raw) > _SHOWN:
        raise Unfit("is not a date as text. Send one like 2024-06-30.")
    text = raw.strip()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        return parse_moment(text).astimezone(zone).date().isoformat()
    except (ValueError, OverflowError):
        raise Unfit("is not a date that there is. Send one like 2024-06-30.") from None


def _boolean(_field: Definition, raw: object, _zone: tzinfo) -> bool:
    if isinstance(raw, bool):
        return raw
    known = None
    if isinstance(raw, int | float | Decimal) and raw in (0, 1):
        known = bool(raw)
    elif isinstance(raw, str) and len(raw) < _SHOWN:
        known = TRUTH_WORDS.get(raw.strip().casefold())
    if known is None:
        raise Unfit("is neither true nor false.")
    return known


def _list(field: Definition, raw: object, _zone: tzinfo) -> list[str] | None:
    options = {option.casefold(): option for option in field.options or ()}
    parts: list[object]
    if isinstance(raw, str):
        # An option may itself hold a comma.
        parts = [raw] if raw.strip().casefold() in options else [*_SEPARATOR.split(raw)]
    elif isinstance(raw, list | tuple) and len(raw) <= len(options):
        parts = [*raw]
    else:
        raise Unfit(f"is no list of its options. Send some of: {_listed(field)}.")
    chosen: set[str] = set()
    for part in parts:
        if not isinstance(part, str):
            raise Unfit(f"holds what is no text. Send some of: {_listed(field)}.")
        folded = part.strip().casefold()
        if folded and folded not in options:
            raise Unfit(f'holds "{part.strip()[:_SHOWN]}", which is none of: {_listed(field)}.')
        chosen.add(folded)
    return [option for folded, option in options.items() if folded in chosen] or None


def _listed(field: Definition) -> str:
    options = field.options or ()
    more = f" and {len(options) - 10} more" if len(options) > 10 else ""
    return ", ".join(options[:10]) + more


_READERS: Mapping[CustomFieldType, Callable[[Definition, Any, tzinfo], Any]] = {
    CustomFieldType.TEXT: _text,
    CustomFieldType.NUMBER: _number,
    CustomFieldType.DATE: _date,
    CustomFieldType.BOOLEAN: _boolean,
    CustomFieldType.LIST: _list,
}
