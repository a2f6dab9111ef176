"""Dates and times of day in a text, held to the moments of a campaign's figures."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from crm_graphql.assistant.summaries.figures import CampaignFigures

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_MONTHS["sept"] = 9
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)(?::\d{2}(?:\.\d+)?)?(?:\s?(?P<half>am|pm)\b)?"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b{_YEAR}-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:[T ]{_CLOCK})?(?!\d)",
        rf"\b{_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR}\b)?",
        rf"\b{_MONTH}\s{_DAY}\b(?:,?\s{_YEAR}\b)?",
        rf"\b{_MONTH}\s{_YEAR}\b",
        rf"(?<![\d:]){_CLOCK}",
    )
)


def take_dates(text: str, figures: CampaignFigures) -> tuple[str, list[str]]:
    """The text without its dates and times, and those of them that are of no moment of the figures."""
    earlier = figures.earlier
    moments = [figures.at, figures.launched_at, earlier.launched_at if earlier else None]
    known = [moment for moment in moments if moment is not None]
    wrong: list[str] = []
    for form in _FORMS:
        text = form.sub(_taking(known, wrong), text)
    return text, wrong


def _taking(known: Sequence[datetime], wrong: list[str]) -> Callable[[re.Match[str]], str]:
    def take(match: re.Match[str]) -> str:
        if not any(_is_of(match, moment) for moment in known):
            wrong.append(match[0].rstrip("."))
        return " "

    return take


def _is_of(match: re.Match[str], moment: datetime) -> bool:
    """Whether every part that is given is the moment's."""
    given = {name: value for name, value in match.groupdict().items() if value is not None}
    half = given.pop("half", "").lower()
    for name, value in given.items():
        number = int(value) if value.isdigit() else _MONTHS[value.lower()]
        if name == "hour" and half:
            number = number % 12 + (12 if half == "pm" else 0)
        if number != getattr(moment, name):
            return False
    return True
