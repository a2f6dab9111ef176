"""Points in time: the day, month, quarter or year that words name, as its first and last day."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from crm_graphql.assistant.reading.atoms import Asked, Atom, Kind, Unit
from crm_graphql.assistant.reading.quantities import at

FIRST_YEAR = 1900
LAST_YEAR = 2100
_IN_A_LIST = frozenset({Kind.MONTH, Kind.OR, Kind.AND, Kind.TO, Kind.COMMA, Kind.PREPOSITION})
ROLLING = frozenset({"past", "trailing", "rolling"})


@dataclass(frozen=True, slots=True)
class Point:
    """A calendar period. `told` where the words leave open which one it is, so that it must be shown."""

    first: date
    last: date
    end: int
    told: str | None = None


def point_at(atoms: Sequence[Atom], start: int, today: date) -> Point | None:
    """The period that begins at `start`, or None. Raises Asked for feasts, seasons and times to come."""
    while at(atoms, start).kind is Kind.ARTICLE:
        start += 1
    first = at(atoms, start)
    if first.kind is Kind.EDGE:
        whole = point_at(atoms, start + 1, today) or _current(atoms, start + 1, today)
        if whole is None:
            return None
        day = whole.first if first.value == "start" else whole.last
        return Point(day, day, whole.end)
    if first.kind is Kind.FEAST or (
        first.kind in (Kind.LAST, Kind.THIS) and at(atoms, start + 1).kind is Kind.FEAST
    ):
        feast = at(atoms, start + (first.kind is not Kind.FEAST))
        raise Asked(f'Which date is meant by "{feast.text}"? Write it like 2024-03-31.')
    if first.kind is Kind.NEXT:
        raise Asked("Customers are chosen by what has happened. Which past time is meant?")
    return _Reader(atoms, start, today).read()


def _current(atoms: Sequence[Atom], start: int, today: date) -> Point | None:
    """ "the year", after "the start of"."""
    while at(atoms, start).kind is Kind.ARTICLE:
        start += 1
    unit = at(atoms, start)
    bounds = period(unit.value, today, 0) if unit.kind is Kind.UNIT else None
    return Point(*bounds, start + 1) if bounds else None


class _Reader:
    def __init__(self, atoms: Sequence[Atom], start: int, today: date) -> None:
        self._atoms, self._start, self._today = atoms, start, today

    def _at(self, ahead: int) -> Atom:
        return at(self._atoms, self._start + ahead)

    def _year(self, ahead: int) -> int | None:
        """The year that is named there, after "of" or not."""
        atom = self._at(ahead)
        if atom.kind is not Kind.NUMBER or atom.text != str(atom.value) or len(atom.text) != 4:
            return None
        return int(atom.value) if FIRST_YEAR <= atom.value <= LAST_YEAR else None

    def read(self) -> Point | None:
        match self._at(0).kind:
            case Kind.DATE:
                return self._point(self._at(0).value, self._at(0).value, 1)
            case Kind.DAY:
                day = self._today - timedelta(days=self._at(0).value)
                return self._point(day, day, 1)
            case Kind.NUMBER:
                return self._of_number()
            case Kind.MONTH:
                return self._of_month(self._at(0).value, 1)
            case Kind.QUARTER:
                return self._of_quarter()
            case Kind.WEEKDAY:
                return self._weekday(0)
            case Kind.LAST | Kind.THIS:
                return self._relative()
        return None

    def _point(self, first: date, last: date, length: int, told: bool = False) -> Point:
        text = None
        if told:
            said = " ".join(atom.text for atom in self._atoms[self._start : self._start + length])
            period_ = day(first) if first == last else f"{day(first)} to {day(last)}"
            text = f'"{said}" was read as {period_}.'
        return Point(first, last, self._start + length, text)

    def _of_number(self) -> Point | None:
        """A year, or a day of a month: "2023", "5 March 2024"."""
        number: Decimal = self._at(0).value
        ahead = 2 if self._at(1).kind is Kind.ARTICLE else 1
        if self._at(ahead).kind is Kind.MONTH and 1 <= number <= 31:
            return self._of_day(int(number), self._at(ahead).value, ahead + 1)
        year = self._year(0)
        if year is None or self._at(1).kind in (Kind.CURRENCY, Kind.TIMES, Kind.UNIT, Kind.PERCENT):
            return None
        return self._point(date(year, 1, 1), date(year, 12, 31), 1)

    def _of_day(self, number: int, month: int, length: int) -> Point:
        if self._at(length).kind is Kind.COMMA and self._year(length + 1):
            length += 1
        year = self._year(length)
        length += year is not None
        try:
            found = date(year or self._today.year, month, number)
            if year is None and found > self._today:
                found = date(self._today.year - 1, month, number)
        except ValueError:
            raise Asked(f"There is no {number} {calendar.month_name[month]}. Which day is meant?") from None
        return self._point(found, found, length, told=year is None)

    def _of_month(self, month: int, length: int, year: int | None = None) -> Point:
        number = self._at(length)
        if (
            number.kind is Kind.NUMBER
            and 1 <= number.value <= 31
            and self._at(length + 1).kind is not Kind.UNIT
        ):
            return self._of_day(int(number.value), month, length + 1)
        ahead = length + (self._at(length).kind is Kind.ARTICLE)
        given = self._year(ahead) or self._related_year(ahead)
        if given:
            length = ahead + (1 if self._year(ahead) else 2)
        latest = self._today.year if month <= self._today.month else self._today.year - 1
        year = given or year or self._year_of_list(length) or latest
        return self._point(date(year, month, 1), _month_end(year, month), length, told=given is None)

    def _year_of_list(self, ahead: int) -> int | None:
        """ "January or February 2023": the year of the last holds for all."""
        while self._at(ahead).kind in _IN_A_LIST:
            ahead += 1
        return self._year(ahead) if self._at(ahead - 1).kind is Kind.MONTH else None

    def _related_year(self, ahead: int) -> int | None:
        """ "of last year", "this year"."""
        if self._at(ahead).kind in (Kind.LAST, Kind.THIS) and self._at(ahead + 1).value is Unit.YEAR:
            return self._today.year - (self._at(ahead).kind is Kind.LAST)
        return None

    def _of_quarter(self) -> Point:
        quarter, length = self._at(0).value, 1 + (self._at(1).kind is Kind.ARTICLE)
        given = self._year(length) or self._related_year(length)
        if given:
            length += 1 if self._year(length) else 2
        begun = 3 * quarter - 2 <= self._today.month
        year = given or (self._today.year if begun else self._today.year - 1)
        return self._point(*_quarter(year, quarter), length, told=True)

    def _weekday(self, length: int) -> Point:
        back = (self._today.weekday() - self._at(length).value) % 7 or 7
        found = self._today - timedelta(days=back)
        return self._point(found, found, length + 1, told=True)

    def _relative(self) -> Point | None:
        """ "last quarter", "this month", "last March"."""
        first, second = self._at(0), self._at(1)
        is_last = first.kind is Kind.LAST
        if second.kind is Kind.MONTH:
            year = self._today.year - (is_last and second.value >= self._today.month)
            return self._of_month(second.value, 2, year)
        if second.kind is Kind.WEEKDAY:
            return self._weekday(1)
        if second.kind is not Kind.UNIT or first.text.lower() in ROLLING:
            return None
        bounds = period(second.value, self._today, -1 if is_last else 0)
        return self._point(*bounds, 2, told=True) if bounds else None


def period(unit: Unit, today: date, steps: int) -> tuple[date, date] | None:
    """The calendar period of `today`, or the one so many steps from it."""
    match unit:
        case Unit.DAY:
            found = today + timedelta(days=steps)
            return found, found
        case Unit.WEEK:
            monday = today - timedelta(days=today.weekday()) + timedelta(weeks=steps)
            return monday, monday + timedelta(days=6)
        case Unit.MONTH:
            year, month = divmod(today.year * 12 + today.month - 1 + steps, 12)
            return date(year, month + 1, 1), _month_end(year, month + 1)
        case Unit.QUARTER:
            year, quarter = divmod(today.year * 4 + (today.month - 1) // 3 + steps, 4)
            return _quarter(year, quarter + 1)
        case Unit.YEAR:
            return date(today.year + steps, 1, 1), date(today.year + steps, 12, 31)
    return None


def day(one: date) -> str:
    """ "31 March 2024"."""
    return f"{one.day} {one:%B} {one.year}"


def _quarter(year: int, quarter: int) -> tuple[date, date]:
    return date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
