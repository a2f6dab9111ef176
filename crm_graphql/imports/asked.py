"""Options of an import as a sender writes them, in a query or a form: checked, all faults told at once."""

from __future__ import annotations

import codecs
import json
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from crm_graphql.core.countries import country_code
from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.core.names import NAME_LIMIT
from crm_graphql.core.texts import is_storable
from crm_graphql.imports.plans import DateOrder, ImportOptions, ImportRequest

OPTIONS = (
    *("mapping", "preset", "sheet", "delimiter", "encoding", "dateOrder", "decimalComma"),
    *("timeZone", "country", "empty", "topic", "totals", "dryRun"),
)
"""Their names in a query and in a form."""
COLUMNS_LIMIT = 20_000
COLUMN_CHARACTERS = 10_000
EMPTY_MARKERS = 100
EMPTY_CHARACTERS = 100

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "\\t": "\t"}
Value = TypeVar("Value")
Mapping = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of one upload. `mapping_id` is that of a kept mapping, whose options `request`'s own go
    before."""

    request: ImportRequest
    mapping_id: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    is_dry_run: bool = False


def read_options(given: Iterable[tuple[str, str]], *, further: tuple[str, ...] = ()) -> Asked:
    """The options in pairs of name and text; an empty text is none. `further` names what else may be there.

    Raises InvalidInput with every fault, each with the option as its path: an unknown name, one that is there
    twice, a bad value.
    """
    faults = Faults()
    values, empty = _gathered(given, further, faults)

    def read(name: str, check: Callable[[str], Value]) -> Value | None:
        text = values.get(name, "")
        with faults.noted():
            return check(text) if text != "" else None
        return None

    mapping = read("mapping", _mapping)
    options = ImportOptions(
        date_order=read("dateOrder", _date_order),
        decimal_comma=read("decimalComma", lambda text: _flag("decimalComma", text)),
        time_zone=read("timeZone", checked_time_zone),
        country=read("country", checked_country),
        empty=_empty(empty, faults),
        topic=read("topic", lambda text: _text("topic", text)),
        totals=read("totals", lambda text: _flag("totals", text)),
    )
    preset = read("preset", lambda text: _text("preset", text).lower())
    asked = Asked(
        ImportRequest(mapping if isinstance(mapping, tuple) else None, preset, options),
        mapping if isinstance(mapping, str) else None,
        read("sheet", lambda text: _text("sheet", text)),
        read("delimiter", _delimiter),
        read("encoding", _encoding),
        read("dryRun", lambda text: _flag("dryRun", text)) or False,
    )
    faults.check()
    return asked


def _gathered(
    given: Iterable[tuple[str, str]], further: tuple[str, ...], faults: Faults
) -> tuple[dict[str, str], list[str]]:
    """The texts by name, and those of `empty`, which may be there several times."""
    values: dict[str, str] = {}
    empty: list[str] = []
    for name, text in given:
        with faults.noted():
            if name == "empty":
                empty.append(text)
            elif name in OPTIONS:
                if name in values:
                    raise _bad(name, "is given twice. Give it once.")
                values[name] = text
            elif name not in further:
                raise _unknown(name, (*OPTIONS, *further))
    return values, empty


def checked_time_zone(text: str) -> str:
    """The IANA name. Raises InvalidInput at `timeZone`."""
    if text.strip() in _time_zones():
        return text.strip()
    raise _bad("timeZone", f'is no time zone: "{text[:60]}". Give an IANA name like Europe/Berlin.')


def checked_country(text: str) -> str:
    """The ISO 3166-1 alpha-2 code. Raises InvalidInput at `country`."""
    code = country_code(text.strip())
    if code is None:
        raise _bad("country", f'is no country: "{text[:60]}". Give its code of two letters, like DE.')
    return code


def checked_empty(markers: Iterable[str]) -> tuple[str, ...]:
    """Cells that mean nothing, each once. Raises InvalidInput at `empty`."""
    found = tuple(dict.fromkeys(marker.strip() for marker in markers))
    if len(found) > EMPTY_MARKERS:
        raise _bad("empty", f"has more than {EMPTY_MARKERS} texts. Give fewer.")
    if any(len(marker) > EMPTY_CHARACTERS or not is_storable(marker) for marker in found):
        raise _bad("empty", f"has texts of at most {EMPTY_CHARACTERS} printable characters.")
    return found


def _empty(given: list[str], faults: Faults) -> tuple[str, ...] | None:
    if not given:
        return None
    with faults.noted():
        return checked_empty(part for text in given for part in text.split(","))
    return None


def _mapping(text: str) -> str | Mapping:
    """The id of a kept mapping, or the columns of one that comes with the request."""
    if not text.lstrip().startswith("{"):
        return text.strip()
    try:
        pairs = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise _bad("mapping", 'is no JSON object. Send one like {"Email Address": "email"}.') from None
    return checked_columns(pairs)


class _Pairs(list[tuple[str, Any]]):
    """An object's keys and values; a dict would hide that a key is there twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(pairs)


def checked_columns(pairs: Iterable[tuple[str, Any]], *path: str) -> Mapping:
    """Columns and their fields, None for one that is left out. Raises InvalidInput at `mapping`, or `path`,
    with every fault: a column that is there twice, and what is no text."""
    faults, seen = Faults(), dict[str, str | None]()
    for column, field in pairs:
        with faults.noted():
            seen[_column(column, field, seen, path or ("mapping",))] = field or None
        if len(seen) > COLUMNS_LIMIT or len(faults.problems) > NAME_LIMIT:
            break
    if len(seen) > COLUMNS_LIMIT:
        raise InvalidInput(f"A mapping has at most {COLUMNS_LIMIT:,} columns.", path=path or ("mapping",))
    faults.check()
    return tuple(seen.items())


def _column(column: str, field: Any, seen: dict[str, str | None], path: tuple[str, ...]) -> str:
    name = column.strip()
    if not name or len(name) > COLUMN_CHARACTERS or not is_storable(name):
        raise InvalidInput("A column of the mapping has no name that could be a heading.", path=path)
    if name in seen:
        raise InvalidInput(f'The mapping names the column "{name[:100]}" twice.', path=path)
    if field is not None and (type(field) is not str or len(field) > NAME_LIMIT or not is_storable(field)):
        raise InvalidInput(f'The column "{name[:100]}" goes to no field by name, nor to null.', path=path)
    return name


def _date_order(text: str) -> DateOrder:
    try:
        return DateOrder(text.strip().upper())
    except ValueError:
        raise _bad("dateOrder", "is none of YMD, DMY, MDY.") from None


def _flag(name: str, text: str) -> bool:
    found = {"true": True, "false": False}.get(text.strip().lower())
    if found is None:
        raise _bad(name, "is neither true nor false.")
    return found


def _text(name: str, text: str) -> str:
    if not text.strip() or len(text) > NAME_LIMIT or not is_storable(text):
        raise _bad(name, f"is no text of 1 to {NAME_LIMIT} characters.")
    return text.strip()


def _delimiter(text: str) -> str:
    found = _DELIMITERS.get(text.strip().lower(), text)
    if len(found) != 1 or found in '"\r\n\0' or found.isalnum():
        raise _bad("delimiter", "is none of comma, semicolon, tab, pipe, nor another single sign.")
    return found


def _encoding(text: str) -> str:
    try:
        found = codecs.lookup(text.strip())
        # Codecs that are no text encodings are told from the others by what they refuse.
        "a".encode(found.name)
    except (LookupError, ValueError):
        raise _bad("encoding", f'is not known: "{text[:60]}". Give one like utf-8 or windows-1252.') from None
    return found.name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _bad(name: str, message: str) -> InvalidInput:
    return InvalidInput(f"{name} {message}", path=(name,))


def _unknown(name: str, known: tuple[str, ...]) -> InvalidInput:
    shown = name[:60]
    return InvalidInput(f'There is no option "{shown}". There are: {", ".join(known)}.', path=(shown,))
