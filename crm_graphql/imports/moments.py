"""Moments as people and programs write them: dates in three orders, names of months, times with AM and PM,
offsets, the serial numbers of spreadsheets and the seconds of Unix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any

from msgspec import UnsetType

from crm_graphql.imports.plans import DateOrder

Dates = Mapping[DateOrder, date]
"""The dates that a text may stand for, by the order in which it is read."""

_TIME = (
    r"(?:[T,\s]+(?:at\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?:\s*(?P<zone>Z|z|UTC|GMT|(?:UTC|GMT)?[+\-\u2212]\d{2}(?::?\d{2})?))?)?"
)
_YEAR_FIRST = re.compile(rf"(?P<a>\d{{4}})([-/.])(?P<b>\d{{1,2}})\2(?P<c>\d{{1,2}})\.?{_TIME}", re.ASCII)
_YEAR_LAST = re.compile(rf"(?P<a>\d{{1,2}})([-/.])(?P<b>\d{{1,2}})\2(?P<c>\d{{4}}|\d{{2}}){_TIME}", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}{_MONTH}[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|[\s-]+)(?P<year>\d{{4}}){_TIME}",
    re.ASCII | re.I,
)
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s/-]+{_MONTH}[,\s/-]+(?P<year>\d{{4}}){_TIME}",
    re.ASCII | re.I,
)
_COMPACT = re.compile(r"(?P<a>(?:19|20)\d{2})(?P<b>\d{2})(?P<c>\d{2})", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d{1,12})?", re.ASCII)
_LONGEST = 80
_UNREADABLE = "is not a date that can be read. Send one like 2024-06-30 or 2024-06-30T12:00:00Z."
_SERIALS = range(10_000, 100_000)
"""From 1927 to 2173: five digits."""
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"\d{10}(?:\d{3})?", re.ASCII)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", re.ASCII)
_DATE_SHAPE, _MOMENT_SHAPE = b"0000-00-00\n", b"0000-00-00T00:00:00Z\n"
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_PLAIN_TYPES = frozenset({UnsetType, NoneType})


class NotAMoment(ValueError):
    """The text is no moment; the message follows the field's name and ends in what to do."""


class OrderNeeded(NotAMoment):
    """The text is a date by the option dateOrder alone, or not in the order that the file has."""


def are_plain(cells: Sequence[Any]) -> bool:
    """Whether `is_plain` holds for every cell, at the price of looking at all of them at once."""
    try:
        shapes = ("\n".join(cells) + "\n").encode(errors="replace").translate(_DIGITS_AS_ZERO)
    except TypeError:
        return set(map(type, cells)) <= _PLAIN_TYPES
    empty = cells.count("")
    dates, moments = shapes.count(_DATE_SHAPE), shapes.count(_MOMENT_SHAPE)
    # Each cell ends in a shape, and the sum of their lengths leaves no room for anything before one.
    is_all = dates + moments + empty == len(cells)
    return is_all and len(shapes) == dates * len(_DATE_SHAPE) + moments * len(_MOMENT_SHAPE) + empty


def is_plain(text: str) -> bool:
    """Whether the text is empty, or a date or a moment as the checks read it."""
    return not text or _PLAIN.fullmatch(text) is not None


def dates_in(text: str) -> Dates | None:
    """The dates that the three numbers of a text may be; None for a text that is of no such form."""
    match = _YEAR_LAST.fullmatch(text.strip())
    return None if match is None else _ordered(match)


def has_zoneless_time(text: str) -> bool:
    """Whether the text has a time of day without an offset."""
    match = _match(text.strip())
    return match is not None and match["hour"] is not None and match["zone"] is None


def read_moment(text: str, order: DateOrder | None, zone: tzinfo) -> datetime:
    """The moment in UTC. A date alone is its first moment in UTC, whatever the zone: it names a day.

    Times without an offset are those of `zone`; one that its clocks show twice is the first, one that they
    leave out is read by the offset before. Raises NotAMoment, OrderNeeded where `order` would tell.
    """
    written = text.strip()
    if len(written) > _LONGEST:
        raise NotAMoment(_UNREADABLE)
    return _read(written, order, zone)


@lru_cache(maxsize=8192)
def _read(written: str, order: DateOrder | None, zone: tzinfo) -> datetime:
    if match := _SERIAL.fullmatch(written):
        return read_serial(Decimal(match[0].replace(",", ".")), zone)
    if match := _SECONDS.fullmatch(written):
        return _EPOCH + timedelta(milliseconds=int(written) * (1000 if len(written) == 10 else 1))
    if match := _COMPACT.fullmatch(written):
        return _at(match, _date(match["a"], match["b"], match["c"]), zone, has_time=False)
    match = _match(written)
    if match is None:
        raise NotAMoment(_UNREADABLE)
    return _at(match, _date_of(match, order), zone)


def read_serial(number: Decimal, zone: tzinfo) -> datetime:
    """The moment that a spreadsheet counts in days since 1899."""
    if int(number) not in _SERIALS:
        raise NotAMoment("is a number, not a date. Send one like 2024-06-30.")
    moment = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
    return moment if number == int(number) else read_datetime(moment.replace(tzinfo=None), zone)


def read_datetime(moment: datetime, zone: tzinfo) -> datetime:
    """A moment that a workbook holds; one at midnight without an offset is a date alone."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if moment.time() == time():
        return moment.replace(tzinfo=UTC)
    return _utc(moment.replace(tzinfo=zone))


def _match(written: str) -> re.Match[str] | None:
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _MONTH_FIRST, _DAY_FIRST):
        if match := pattern.fullmatch(written):
            return match
    return None


def _date_of(match: re.Match[str], order: DateOrder | None) -> date:
    parts = match.groupdict()
    if "month" in parts:
        month = 1 + _MONTHS.index(match["month"][:3].lower())
        return _date(match["year"], str(month), match["day"])
    if match.re is _YEAR_FIRST:
        return _date(match["a"], match["b"], match["c"])
    found = _ordered(match)
    if not found:
        raise NotAMoment("is not a date that exists. Send the real date.")
    if order is not None:
        if order not in found:
            raise OrderNeeded(
                f"is no date of the order {order.value}. Mend it, or say another by the option dateOrder."
            )
        return found[order]
    dates = set(found.values())
    if len(dates) > 1:
        raise OrderNeeded("may be several dates. Say which comes first by the option dateOrder.")
    return dates.pop()


def _ordered(match: re.Match[str]) -> dict[DateOrder, date]:
    """The dates that exist, by the orders that make them. A year of two digits is of 1970 to 2069; it comes
    first only where no points stand between."""
    first, second, third = match["a"], match["b"], match["c"]
    found = {}
    orders = {DateOrder.DMY: (third, second, first), DateOrder.MDY: (third, first, second)}
    if len(first) == len(third) == 2 and match[2] != ".":
        orders[DateOrder.YMD] = (first, second, third)
    for order, (year, month, day) in orders.items():
        full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
        try:
            found[order] = date(full, int(month), int(day))
        except ValueError:
            continue
    return found


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise NotAMoment("is not a date that exists. Send the real date.") from None


def _at(match: re.Match[str], day: date, zone: tzinfo, *, has_time: bool = True) -> datetime:
    if not has_time or match["hour"] is None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise NotAMoment("has no time that exists. Send the real one.")
        hour = hour % 12 + (12 if half == "p" else 0)
    part = int((match["part"] or "0")[:6].ljust(6, "0"))
    try:
        at = time(hour, int(match["minute"]), int(match["second"] or 0), part)
        return _utc(datetime.combine(day, at, _zone(match["zone"]) or zone))
    except ValueError:
        raise NotAMoment("has no time that exists. Send the real one.") from None


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise NotAMoment("is not a date that exists. Send the real date.") from None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    digits = "".join(sign for sign in text if sign.isdigit())
    if not digits:
        return UTC
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[-len(digits) - text.count(":") - 1] in "-\u2212" else offset)
