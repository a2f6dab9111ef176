"""Axes of time: days put into days, weeks or months, every one in between, with their keys and labels. Pure.

A week is that of ISO 8601: it begins on Monday, and belongs to the year in which its Thursday lies.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from crm_graphql.analytics.metrics import Measures, ReportDimension

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Axis:
    """One way to cut time: the first day of what a day lies in, and how that is called."""

    begins: Callable[[date], date]
    key: Callable[[date], str]
    label: Callable[[date], str]

    def before(self, begins: date) -> date | None:
        """The first day of the one before; None at the beginning of the calendar."""
        return self.begins(begins - _DAY) if begins > date.min else None


def _week_begins(day: date) -> date:
    return day - day.weekday() * _DAY


def _week_key(begins: date) -> str:
    year, week, _ = begins.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _week_label(begins: date) -> str:
    year, week, _ = begins.isocalendar()
    return f"Week {week}, {year}"


def _month_label(begins: date) -> str:
    return f"{calendar.month_name[begins.month]} {begins.year}"


AXES: Mapping[ReportDimension, Axis] = {
    ReportDimension.DAY: Axis(
        lambda day: day, date.isoformat, lambda day: f"{day.day} {calendar.month_name[day.month]} {day.year}"
    ),
    ReportDimension.WEEK: Axis(_week_begins, _week_key, _week_label),
    ReportDimension.MONTH: Axis(
        lambda day: day.replace(day=1), lambda day: day.isoformat()[:7], _month_label
    ),
}


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive stretches of time by their first days, and whether there were earlier ones."""

    stretches: Mapping[date, Measures]
    is_cut: bool


def series(
    axis: Axis, days: Mapping[date, Measures], *, first: date | None, last: date, limit: int
) -> Series:
    """The stretches from that of `first` (of the first day that has anything, where it is None) to that of
    `last`, at most `limit` of them, the newest; those without anything are there, empty."""
    if first is None:
        first = min(days, default=None)
    if first is None:
        return Series({}, is_cut=False)
    begins: date | None = axis.begins(last)
    least, wanted = axis.begins(first), list[date]()
    while begins is not None and begins >= least and len(wanted) < limit:
        wanted.append(begins)
        begins = axis.before(begins)
    found: dict[date, Counter[str]] = {day: Counter() for day in reversed(wanted)}
    for day, measures in days.items():
        stretch = found.get(axis.begins(day))
        if stretch is not None:
            stretch.update(measures)
    return Series(found, is_cut=begins is not None and begins >= least)
