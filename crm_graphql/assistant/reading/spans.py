"""Spans of time: "in the last 90 days", "for six months", "before March 2024", "more than a year ago"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto

from crm_graphql.assistant.reading.atoms import Asked, Atom, Kind, Unit
from crm_graphql.assistant.reading.durations import iso_duration
from crm_graphql.assistant.reading.points import ROLLING, Point, period, point_at
from crm_graphql.assistant.reading.quantities import at
from crm_graphql.audiences.fields import RuleOperator

_GT, _GTE, _LT, _LTE = RuleOperator.GT, RuleOperator.GTE, RuleOperator.LT, RuleOperator.LTE


class SpanKind(Enum):
    """How a span lies to now."""

    WITHIN = auto()
    """In so much time until now."""
    AGO = auto()
    """Longer ago than that."""
    AROUND = auto()
    """So long ago: whether to the day, nobody said."""
    RANGE = auto()
    """Longer ago than `near`, and not longer than `far`."""
    FOR = auto()
    """A length alone: "in six months" is all that time in "not seen in six months"."""
    DATES = auto()
    """Between days of the calendar."""
    VAGUE = auto()
    """A while, recently."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: ISO 8601 durations `near` and `far`, or `days` of the calendar with their
    `operator`, which a length alone may have too; `is_over` where it ended before today."""

    kind: SpanKind
    near: str = ""
    far: str = ""
    operator: RuleOperator = RuleOperator.EQ
    days: tuple[date, ...] = ()
    is_over: bool = False
    note: str | None = None


_BEFORE = frozenset({"before", "prior to", "earlier than", "ahead of"})
_AFTER = frozenset({"after", "later than"})
_SINCE = frozenset(
    {
        "since",
        "starting",
        "starting from",
        "on or after",
        "beginning",
        "ever since",
        "no earlier than",
        "not before",
    }
)
_UNTIL = frozenset({"until", "by", "on or before", "no later than", "not after", "up to and including"})
_IN = frozenset(
    {"", "in", "during", "on", "from", "at", "within", "throughout", "inside", "over", "for", "of"}
)
_WITHIN = frozenset({"within", "inside", "during", "over"})
_COMPARED = {_LT: "before", _LTE: "until", _GT: "after", _GTE: "since", RuleOperator.EQ: "on"}


def span_at(atoms: Sequence[Atom], start: int, today: date) -> tuple[Span, int] | None:
    """The span that begins at `start` and where it ends, or None. Raises Asked for one that leaves open which
    time is meant."""
    return _Reader(atoms, today).read(start)


class _Reader:
    def __init__(self, atoms: Sequence[Atom], today: date) -> None:
        self._atoms, self._today = atoms, today

    def _at(self, index: int) -> Atom:
        return at(self._atoms, index)

    def _past_articles(self, index: int) -> int:
        while self._at(index).kind in (Kind.ARTICLE, Kind.ABOUT, Kind.ONLY) and self._at(index).text != "a":
            index += 1
        return index

    def read(self, start: int) -> tuple[Span, int] | None:
        if self._at(start).kind is Kind.ADJECTIVE and self._at(start).value == "while":
            return Span(SpanKind.VAGUE), start + 1
        if self._at(start).kind is Kind.TO_DATE:
            bounds = period(self._at(start).value, self._today, 0)
            return (self._dates(Point(*bounds, start + 1), "since"), start + 1) if bounds else None
        word, index = "", start
        if self._at(index).kind is Kind.TO and self._at(index).text.lower() in ("until", "till", "up until"):
            word, index = "until", index + 1
        elif self._at(index).kind is Kind.PREPOSITION:
            word, index = self._at(index).value, index + 1
        if self._at(index).kind is Kind.PREPOSITION:
            # Of two only the first may say nothing: "in before".
            if word not in ("in", "from", "for", "on", "at", "during"):
                return None
            word, index = self._at(index).value, index + 1
        return (
            self._rolling(word, index)
            or self._between(index)
            or self._compared(word, index)
            or self._length(word, index)
            or self._calendar(word, index)
        )

    def _rolling(self, word: str, start: int) -> tuple[Span, int] | None:
        """ "the last 90 days", "the past year"; "last year" without an article is the calendar's."""
        index = self._past_articles(start)
        if self._at(index).kind is Kind.COMPARE and self._at(index).text.lower() == "over":
            word, index = "over", self._past_articles(index + 1)
        if self._at(index).kind is not Kind.LAST:
            return None
        if self._at(index + 1).kind is Kind.VAGUE and self._at(index + 2).kind is Kind.UNIT:
            raise Asked(f'How many {self._at(index + 2).text} are meant by "{self._at(index + 1).text}"?')
        length = self._duration(index + 1, bare=False)
        if length is not None:
            return self._rolled(word, length)
        unit = self._at(index + 1)
        has_article = index > start and word in ("", "in", "within", "over", "during", "for")
        rolls = self._at(index).text.lower() in ROLLING or word in ("within", "inside")
        if unit.kind is Kind.UNIT and (rolls or (has_article and unit.value is not Unit.QUARTER)):
            return self._rolled(word, (iso_duration(Decimal(1), unit), index + 2))
        return None

    def _rolled(self, word: str, length: tuple[str, int]) -> tuple[Span, int]:
        if word in _BEFORE:
            return Span(SpanKind.AGO, length[0]), length[1]
        if word in _AFTER | _UNTIL:
            raise Asked(f'Which time is meant by "{word}" there?')
        return Span(SpanKind.WITHIN, length[0]), length[1]

    def _between(self, start: int) -> tuple[Span, int] | None:
        """ "between 30 and 60 days ago", "3 to 6 months", "between March and May 2024"."""
        led = self._at(start).kind is Kind.BETWEEN
        index = start + led
        links = (Kind.AND, Kind.TO) if led else (Kind.TO,)
        number = self._at(index)
        near = self._duration(index)
        if near is None and number.kind is Kind.NUMBER and self._at(index + 1).kind in links:
            far = self._duration(index + 2)
            if far is None:
                return self._days_between(index, links, led)
            near = iso_duration(number.value, self._at(far[1] - 1)), index + 1
        if near is not None and self._at(near[1]).kind in links:
            far = self._duration(near[1] + 1)
            if far is not None:
                end = far[1] + (self._at(far[1]).kind is Kind.AGO)
                return Span(SpanKind.RANGE, near[0], far[0]), end
        return self._days_between(index, links, led)

    def _days_between(self, index: int, links: tuple[Kind, ...], led: bool) -> tuple[Span, int] | None:
        first = point_at(self._atoms, index, self._today)
        if first is None or self._at(first.end).kind not in links:
            return None
        last = point_at(self._atoms, first.end + 1, self._today)
        if last is None:
            return None
        if first.first > last.last and last.first.year == first.first.year:
            # "December to March": the year that was said, or is this one, is the last one's.
            first = Point(_a_year_before(first.first), _a_year_before(first.last), first.end)
        if first.first > last.last:
            raise Asked(f"The time from {first.first} to {last.last} ends before it begins. Which is meant?")
        return Span(
            SpanKind.DATES,
            operator=RuleOperator.BETWEEN,
            days=(first.first, last.last),
            is_over=last.last < self._today,
        ), last.end

    def _compared(self, word: str, start: int) -> tuple[Span, int] | None:
        """ "more than a year ago", "for over 90 days", "> 2024-01-01"."""
        index = self._past_articles(start)
        if self._at(index).kind is not Kind.COMPARE:
            return None
        operator = self._at(index).value
        length = self._duration(index + 1)
        if length is None:
            point = point_at(self._atoms, index + 1, self._today)
            if point is None or operator not in _COMPARED:
                return None
            return self._dates(point, _COMPARED[operator]), point.end
        duration, end = length
        is_ago = self._at(end).kind is Kind.AGO
        end += is_ago
        if operator in (_LT, _LTE) and is_ago:
            return Span(SpanKind.WITHIN, duration), end
        if operator is RuleOperator.EQ:
            return Span(SpanKind.AROUND if is_ago else SpanKind.FOR, duration), end
        return Span(SpanKind.AGO if is_ago else SpanKind.FOR, duration, operator=operator), end

    def _length(self, word: str, start: int) -> tuple[Span, int] | None:
        """ "for 90 days", "6 months ago", "90+ days"."""
        found = self._duration(self._past_articles(start))
        if found is None:
            return None
        duration, end = found
        operator = next((atom.value for atom in self._atoms[start:end] if atom.kind is Kind.COMPARED), None)
        is_ago = self._at(end).kind is Kind.AGO
        end += is_ago
        after = self._at(end)
        if after.kind is Kind.COMPARED and operator is None:
            operator, end = after.value, end + 1
        if not is_ago and self._at(end).kind is Kind.AGO:
            is_ago, end = True, end + 1
        if operator in (_LT, _LTE):
            return Span(SpanKind.WITHIN, duration), end
        if word in _WITHIN or (word in _SINCE and is_ago):
            return Span(SpanKind.WITHIN, duration), end
        if word in _BEFORE or (is_ago and operator in (_GT, _GTE)):
            return Span(SpanKind.AGO, duration), end
        if word in _AFTER or word in _UNTIL:
            raise Asked(f'Which time is meant by "{word}" there?')
        kind = SpanKind.AROUND if is_ago else SpanKind.FOR
        return Span(kind, duration, operator=operator or RuleOperator.EQ), end

    def _calendar(self, word: str, start: int) -> tuple[Span, int] | None:
        point = point_at(self._atoms, start, self._today)
        if point is None:
            return None
        after = self._at(point.end)
        if after.kind is Kind.PREPOSITION and after.value in ("onwards", "onward"):
            return self._dates(point, "since"), point.end + 1
        if after.kind is Kind.COMPARED and after.text.lower() in ("or earlier", "or later"):
            return self._dates(point, "until"), point.end + 1
        if word == "from" and point.first == point.last:
            word = "since"
        return self._dates(point, word), point.end

    def _dates(self, point: Point, word: str) -> Span:
        first, last, note = point.first, point.last, point.told
        if word in _BEFORE:
            return Span(SpanKind.DATES, operator=_LT, days=(first,), is_over=True, note=note)
        if word in _AFTER:
            return Span(SpanKind.DATES, operator=_GT, days=(last,), note=note)
        if word in _SINCE:
            return Span(SpanKind.DATES, operator=_GTE, days=(first,), note=note)
        if word in _UNTIL:
            return Span(SpanKind.DATES, operator=_LTE, days=(last,), is_over=last < self._today, note=note)
        if word not in _IN:
            raise Asked(f'Which time is meant by "{word}" there?')
        over = last < self._today
        if first == last:
            return Span(SpanKind.DATES, days=(first,), is_over=over, note=note)
        return Span(
            SpanKind.DATES, operator=RuleOperator.BETWEEN, days=(first, last), is_over=over, note=note
        )

    def _duration(self, index: int, *, bare: bool = True) -> tuple[str, int] | None:
        """A number of units; "a year" where `bare`."""
        while self._at(index).kind is Kind.ABOUT:
            index += 1
        first = self._at(index)
        if first.kind is Kind.VAGUE and self._at(index + 1).kind is Kind.UNIT:
            raise Asked(f'How many {self._at(index + 1).text} are meant by "{first.text}"?')
        if first.kind is Kind.NUMBER:
            unit = index + 1 + (self._at(index + 1).kind is Kind.COMPARED)
            if self._at(unit).kind is Kind.UNIT:
                return iso_duration(first.value, self._at(unit)), unit + 1
            return None
        if bare and first.kind is Kind.ARTICLE and first.text.lower() in ("a", "an", "the", "any"):
            first, index = self._at(index + 1), index + 1
            if first.kind is Kind.UNIT:
                return iso_duration(Decimal(1), first), index + 1
            return None
        if first.kind is Kind.UNIT and first.value in (Unit.HALF_YEAR, Unit.FORTNIGHT):
            return iso_duration(Decimal(1), first), index + 1
        return None


def _a_year_before(one: date) -> date:
    return one.replace(year=one.year - 1, day=min(one.day, 28) if one.month == 2 else one.day)
