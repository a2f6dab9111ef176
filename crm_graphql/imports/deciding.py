"""Options that the first rows decide: only what no value leaves a doubt of, the rest is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.core.phones import COUNTRIES
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.imports import moments, numbers
from crm_graphql.imports.custom import names_of_type
from crm_graphql.imports.fields import DATES, NUMBERS
from crm_graphql.imports.plans import DateOrder, ImportOptions
from crm_graphql.imports.tables import Cells

_UTC = "UTC"
UTC_NOTE = "Times without an offset are read as UTC. The option timeZone names another zone."


@dataclass(frozen=True, slots=True)
class Decided:
    """The options as far as they are known, and what must be asked."""

    options: ImportOptions
    questions: tuple[str, ...]
    notes: tuple[str, ...]


def require_options(options: ImportOptions) -> None:
    """Raise InvalidInput for a time zone or a country that is none."""
    faults = Faults()
    with faults.noted():
        if options.time_zone is not None and not _is_zone(options.time_zone):
            raise InvalidInput(
                f"timeZone {options.time_zone[:40]} is no name like Europe/Oslo or UTC.", path=("timeZone",)
            )
    with faults.noted():
        if options.country is not None and options.country not in COUNTRIES:
            raise InvalidInput(
                f"country {options.country[:40]} is no code of ISO 3166-1 like NO.", path=("country",)
            )
    faults.check()


def decide(
    places: Mapping[str, Sequence[int]],
    samples: Sequence[Cells],
    options: ImportOptions,
    *,
    custom: Definitions,
    currency: str,
    grows: bool,
) -> Decided:
    """The options from what was said and is seen in the first rows, by the columns of each field. A point is
    the decimal sign where JSON, which `grows`, says nothing else."""
    numbers_seen = _seen(places, samples, NUMBERS | names_of_type(custom, CustomFieldType.NUMBER), options)
    dates_seen = _seen(places, samples, DATES | names_of_type(custom, CustomFieldType.DATE), options)
    if grows and options.decimal_comma is None:
        # As programs write it.
        options = replace(options, decimal_comma=False)
    questions: list[str] = []
    notes: list[str] = []
    if options.decimal_comma is None:
        comma, question = _decimal_comma(numbers_seen, currency)
        options = replace(options, decimal_comma=comma)
        questions += question
    if options.date_order is None:
        order, question = _date_order(dates_seen)
        options = replace(options, date_order=order)
        questions += question
    if options.time_zone is None:
        options = replace(options, time_zone=_UTC)
        if any(map(_has_zoneless_time, dates_seen)):
            notes.append(UTC_NOTE)
    return Decided(options, tuple(questions), tuple(notes))


def _seen(
    places: Mapping[str, Sequence[int]],
    samples: Sequence[Cells],
    fields: Collection[str],
    options: ImportOptions,
) -> list[Any]:
    """The cells of the columns of these fields in the first rows, without those that mean nothing."""
    marks = {mark.strip().casefold() for mark in options.empty or ()}
    found = [place for field, columns in places.items() if field in fields for place in columns]
    return [
        row[place]
        for place in found
        for row in samples
        if place < len(row) and not (type(row[place]) is str and row[place].strip().casefold() in marks)
    ]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _texts(cells: Iterable[Any]) -> Iterable[str]:
    return (cell for cell in cells if type(cell) is str and any(sign.isdecimal() for sign in cell))


def _decimal_comma(cells: Sequence[Any], currency: str) -> tuple[bool | None, Sequence[str]]:
    doubtful = by_comma = by_point = None
    for text in _texts(cells):
        try:
            found = numbers.read(text, currency)
        except numbers.NotANumber:
            continue
        if found.by_point is None:
            by_comma = by_comma or text
        elif found.by_comma is None:
            by_point = by_point or text
        elif not found.is_certain:
            doubtful = doubtful or (text, found)
    if by_comma and by_point:
        return None, [f"decimalComma: {by_point.strip()} and {by_comma.strip()} are written in two ways"]
    if by_comma or by_point:
        return bool(by_comma), ()
    if doubtful is None:
        return None, ()
    text, found = doubtful
    return None, [f"decimalComma: {text.strip()} may be {found.by_point} or {found.by_comma}"]


def _date_order(cells: Sequence[Any]) -> tuple[DateOrder | None, Sequence[str]]:
    possible = set(DateOrder)
    first: str | None = None
    doubtful: tuple[str, moments.Dates] | None = None
    for text in _texts(cells):
        dates = moments.dates_in(text)
        if not dates:
            continue
        left = possible & dates.keys()
        if not left:
            return None, [f"dateOrder: {str(first).strip()} and {text.strip()} are written in two orders"]
        if left != possible:
            possible, first = left, text
        if doubtful is None and len(set(dates.values())) > 1:
            doubtful = (text, dates)
    if len(possible) == 1:
        return next(iter(possible)), ()
    if doubtful is None:
        return None, ()
    text, dates = doubtful
    return None, [f"dateOrder: {text.strip()} may be {_named(dates)}"]


def _named(dates: moments.Dates) -> str:
    """The dates by their months, where these tell them apart."""
    orders = (DateOrder.MDY, DateOrder.DMY, DateOrder.YMD)
    found = list(dict.fromkeys(dates[order] for order in orders if order in dates))
    months = [f"{day:%B}" for day in found]
    if len(set(months)) == len(months) and len({day.year for day in found}) == 1:
        return " or ".join(months)
    return " or ".join(day.isoformat() for day in found)


def _has_zoneless_time(cell: Any) -> bool:
    if type(cell) is str:
        return moments.has_zoneless_time(cell)
    return isinstance(cell, datetime) and cell.tzinfo is None and cell.time() != time()
