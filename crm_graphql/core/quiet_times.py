"""Quiet times of a place: local times of a day as moments, whatever its clocks do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` to `end` each day, by the clocks of whoever it is for; over midnight where `end` is the
    earlier. `begin` is quiet, `end` is not."""

    begin: time
    end: time

    @classmethod
    def of(cls, stored: Mapping[str, str]) -> QuietHours:
        """From `from` and `until` as "HH:MM", two different ones."""
        return cls(time.fromisoformat(stored["from"]), time.fromisoformat(stored["until"]))

    def quiet_until(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When it ends to be quiet there, in UTC; None where it is not quiet at that moment.

        A time that clocks skip is the moment at which they skip it. Of one that comes twice, quiet begins
        with the first and ends with the second.
        """
        end = None
        now = moment.astimezone(UTC)
        for begins, ends in self._around(now, zone):
            if begins <= now < ends:
                # The next night may begin before this one ends, where clocks go back.
                now = end = ends
        return end

    def begins_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When it is quiet next, of a moment at which it is not."""
        return next(begins for begins, _ in self._around(moment.astimezone(UTC), zone) if begins > moment)

    def _around(self, moment: datetime, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
        return _nights(self.begin, self.end, moment.astimezone(zone).date(), zone)


@lru_cache(maxsize=4_096)
def _nights(begin: time, end: time, day: date, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The quiet times that begin on the days around `day`, in order: any that it is in, and the next."""
    over_midnight = _DAY if end < begin else timedelta()
    days = [day + number * _DAY for number in (-2, -1, 0, 1, 2)]
    return tuple(
        (_moment(one, begin, zone, last=False), _moment(one + over_midnight, end, zone, last=True))
        for one in days
    )


def _moment(day: date, at: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """The moment at which clocks there show this, the last where there are two, in UTC."""
    local = datetime.combine(day, at)
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return late if last else early
    # Skipped: by the clocks before the change it is after it, by those after the change before it.
    return _change_between(late, early, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the clocks change between the two moments."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
