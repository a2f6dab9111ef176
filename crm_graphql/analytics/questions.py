"""Questions as they are checked: whose figures, of what time, in which zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.audiences.rules import Rule
from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.core.zones import local_day, zone_of

DEFAULT_ROWS = 100
MOST_ROWS = 1_000
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from `first` until before `end`; without one it is open there."""

    first: datetime | None = None
    end: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is all of time."""
        return self.first is None and self.end is None

    def first_day(self, zone: ZoneInfo) -> date | None:
        """The day of its first moment; None where it is open."""
        return None if self.first is None else local_day(self.first, zone)

    def last_day(self, latest: date, zone: ZoneInfo) -> date:
        """The day of its last moment, or `latest` where that is earlier."""
        return latest if self.end is None else min(latest, local_day(self.end - _INSTANT, zone))


@dataclass(frozen=True, slots=True)
class Question:
    """A checked question for a report, as of the moment `at`."""

    metrics: tuple[ReportMetric, ...]
    by: ReportDimension
    span: Span
    zone: ZoneInfo
    rule: Rule | None
    limit: int
    at: datetime


def checked_span(first: datetime | None, end: datetime | None) -> Span:
    """Raises InvalidInput for one that ends before it begins."""
    if first is not None and end is not None and first >= end:
        raise InvalidInput("`until` must be later than `from`.", path=("until",))
    return Span(first, end)


def checked_zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """The zone of this name, or the deployment's. Raises InvalidInput for one that there is not."""
    if name is None:
        return default
    try:
        return zone_of(name)
    except ValueError as error:
        raise InvalidInput(str(error), path=("timeZone",)) from None


def checked_limit(first: int | None) -> int:
    """How many rows: 100 unless said. Raises InvalidInput, LimitExceeded."""
    if first is None:
        return DEFAULT_ROWS
    if first < 0:
        raise InvalidInput("first must not be negative.", path=("first",))
    if first > MOST_ROWS:
        raise LimitExceeded(f"first is {first}; at most {MOST_ROWS:,} are allowed.", path=("first",))
    return first
