"""Time zones by their IANA names: which there are, and where their days begin."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

_NO_PLACES = frozenset({"Factory", "localtime"})
"""Names in the database of zones that stand for no zone."""


@cache
def zone_names() -> frozenset[str]:
    """Every name that a zone has."""
    return frozenset(available_timezones() - _NO_PLACES)


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of this name, spelled as the database of zones has it. Raises ValueError with a sentence."""
    if name in zone_names():
        return ZoneInfo(name)
    raise _no_zone(name)


def known_zone(name: str) -> str:
    """The name of a zone as the database of zones spells it, given in any case and with spaces for _. Raises
    ValueError with a sentence."""
    found = _folded_names().get(name.casefold().replace(" ", "_"))
    if found is None:
        raise _no_zone(name)
    return found


@cache
def _folded_names() -> Mapping[str, str]:
    return {known.casefold(): known for known in zone_names()}


def _no_zone(name: str) -> ValueError:
    folded = _folded_names()
    close = difflib.get_close_matches(name[:100].casefold(), folded, n=1)
    hint = f"Did you mean {folded[close[0]]}?" if close else "It is a name like Europe/Berlin."
    shown = name if len(name) <= 60 else f"{name[:57]}..."
    return ValueError(f'There is no time zone "{shown}". {hint}')


def day_begins(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day in the zone, in UTC, at the ends of the calendar the nearest there is.

    Where clocks go forward over midnight it is the moment of the change, where they go back the earlier of
    the two midnights; so days follow one another without a gap, whatever their length.
    """
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The day in the zone on which the moment lies, at the ends of the calendar the nearest there is."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.astimezone(UTC).date()


@lru_cache(maxsize=256)
def offset_changes(zone: tzinfo, first: date, last: date) -> tuple[tuple[datetime, timedelta], ...]:
    """By how much clocks in the zone are ahead of UTC over these days: each offset with the moment from which
    it holds, the first one from the beginning of `first` (UTC). From 2100 on clocks are not followed."""
    moment = datetime.combine(first, time(), UTC)
    end = min(datetime.combine(last, time.max, UTC), _CLOCKS_UNTIL)
    found = [(moment, _offset(moment, zone))]
    while moment < end:
        step = _STEP if moment.year >= _CLOCKS_SINCE else _LONG_STEP
        after = moment + step if end - moment > step else end
        if _offset(after, zone) != found[-1][1]:
            change = _change_between(moment, after, zone)
            found.append((change, _offset(change, zone)))
            after = change
        moment = after
    return tuple(found)


_STEP, _LONG_STEP = timedelta(days=1), timedelta(days=365)
_CLOCKS_SINCE = 1840
"""Before that every place went by its sun."""
_CLOCKS_UNTIL = datetime(2100, 1, 1, tzinfo=UTC)


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    try:
        return moment.astimezone(zone).utcoffset() or timedelta()
    except OverflowError:
        return timedelta()


def _change_between(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first second with another offset than that of `low`; that of `high` is another."""
    offset = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high
