"""Reading and writing moments and durations: RFC 3339 in, RFC 3339 with Z out, ISO 8601 durations."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crm_graphql.core.clock import to_milliseconds

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)


_NO_OFFSET = timedelta(0)


def retry_after_seconds(header: str | None) -> float | None:
    """The seconds that a Retry-After says, which is a number or a date (RFC 9110, section 10.2.3); None for
    none, and for what is neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def parse_moment(text: str) -> datetime:
    """An RFC 3339 date-time, or a date alone (00:00 UTC), as aware UTC in whole milliseconds.

    Raises ValueError for everything else, with a message to follow the value.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("is not a date (2024-06-30) or an RFC 3339 date-time (2024-06-30T12:00:00Z)")
    try:
        # fromisoformat takes at most six decimals of a second.
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a date that exists") from None
    return to_milliseconds(utc)


def format_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with Z, milliseconds only where there are any."""
    if moment.utcoffset() != _NO_OFFSET:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: calendar months (years are twelve of them), calendar days (weeks are seven of
    them), and exact time."""

    months: int
    days: int
    exact: timedelta

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read "P90D", "P6M", "P1Y2M10DT2H30M". Raises ValueError for everything else."""
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError('is not an ISO 8601 duration like "P90D" or "P6M"')
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return cls(years * 12 + months, weeks * 7 + days, exact)

    def before(self, moment: datetime) -> datetime:
        """The moment this long before `moment`, in UTC; the day is clamped to the month's last.

        Months and days are those of the zone of `moment`: a day before noon is noon, also where clocks have
        gone forward or back in between. Further back than the calendar goes is the year 1.
        """
        try:
            month_index = moment.year * 12 + moment.month - 1 - self.months
            year, month = divmod(month_index, 12)
            last_day = calendar.monthrange(year, month + 1)[1]
            shifted = moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))
            return (shifted - timedelta(days=self.days)).astimezone(UTC) - self.exact
        except (ValueError, OverflowError, calendar.IllegalMonthError):
            return datetime.min.replace(tzinfo=UTC)
