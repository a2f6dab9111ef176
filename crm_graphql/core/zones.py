"""Time zones by their IANA names: which there are, and where their days begin."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
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
