"""Conditions in the words of `describe`, read back exactly: the phrases are taken from there."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.audiences.describe import SHOWN_TEXT, phrase
from crm_graphql.audiences.fields import RuleFieldType, RuleOperator, RuleValueShape

_MONTHS = "|".join(calendar.month_name[1:])
_COUNT = r"-?\d{1,3}(?:,\d{3})*"
_TEXT = r'"(?:\\.|[^"\\])*"'
_DAY = rf"\d{{1,2}} (?:{_MONTHS}) \d{{4}}"
_MOMENT = rf"{_DAY}(?: \([\w+/-]+\)|, \d\d:\d\d(?::\d\d(?:\.\d{{3}})?)? UTC)"
_UNIT = r"(?:year|month|day|hour|minute|second)"
_DURATION = rf"(?:{_UNIT}\b|\d[\d,]* {_UNIT}s?(?: and \d[\d,]* {_UNIT}s?)*)"
_END = r"(?=\s*(?:$|\)|,|(?:and|or)\b))"
_VALUES = {
    RuleFieldType.NUMBER: _COUNT,
    RuleFieldType.MONEY: rf"{_COUNT}\.\d{{2,4}} [A-Z]{{3}}",
    RuleFieldType.TEXT: _TEXT,
    RuleFieldType.LIST: _TEXT,
    RuleFieldType.DATE_TIME: _MOMENT,
    RuleFieldType.BOOLEAN: "yes|no",
}


class NotWhole(ValueError):
    """The sentence tells a value only in part: what was left out is not known."""


class ForeignMoney(ValueError):
    """The sentence tells an amount of another currency."""


class ForeignZone(ValueError):
    """The sentence tells a day of another time zone."""


class Own(NamedTuple):
    """What the deployment's own sentences are told in."""

    currency: str
    zone: str


@dataclass(frozen=True, slots=True)
class Described:
    """A condition that was read back, in the shape of RuleInput, and where it ends."""

    field: str
    rule: dict[str, Any]
    end: int


class Describer:
    """Reads conditions of these fields back."""

    def __init__(self, fields: Sequence[FieldInfo]) -> None:
        known = Counter(one.label.casefold() for one in fields)
        # A label of two fields is neither's.
        infos = [one for one in fields if known[one.label.casefold()] == 1]
        longest_first = sorted(infos, key=lambda one: -len(one.label))
        choices = "|".join(f"({re.escape(one.label)})" for one in longest_first)
        self._subject = re.compile(rf"(?<!\w)(?:{choices or '(?!)'})\s+", re.IGNORECASE)
        self._infos = [(one, _conditions(one)) for one in longest_first]

    def read(self, text: str, start: int, own: Own) -> Described | None:
        """The condition that begins at `start` in the words of `describe`, or None.

        Raises NotWhole for a sentence that leaves values out, and ForeignMoney for amounts of another
        currency, ForeignZone for days of another zone.
        """
        found = self._subject.match(text, start)
        if found is None or found.lastindex is None:
            return None
        info, conditions = self._infos[found.lastindex - 1]
        for operator, shape, condition in conditions:
            match = condition.match(text, found.end())
            if match is not None:
                return Described(info.field, _where(info, operator, shape, match, own), match.end())
        return None


def _where(
    info: FieldInfo, operator: RuleOperator, shape: RuleValueShape, match: re.Match[str], own: Own
) -> dict[str, Any]:
    """The condition of a match, in the shape of RuleInput."""
    if "more" in match.groupdict() and match["more"]:
        raise NotWhole(f"{info.label}: the values that are told as {match['more'].strip()} are missing.")
    where: dict[str, Any] = {"field": info.field, "operator": operator.value}
    values = [_value(info, one, own) for one in _told(info, operator, match)]
    if shape is RuleValueShape.DURATION:
        where["value"] = iso_duration(match["value"])
    elif shape in (RuleValueShape.LIST, RuleValueShape.RANGE):
        where["value"] = values
    elif values:
        where["value"] = values[0]
    return {"where": where}


def _conditions(info: FieldInfo) -> Sequence[tuple[RuleOperator, RuleValueShape, re.Pattern[str]]]:
    """What may follow the label: the phrases of its type, the longest first."""
    made = []
    for one in sorted(info.operators, key=lambda one: -len(one.label)):
        words = phrase(one.operator, info.type)
        for said in (words, _of_a_day(words)) if info.type is RuleFieldType.DATE_TIME else (words,):
            pattern = rf"{re.escape(said)}{_after(info.type, one.value_shape)}"
            made.append((one.operator, one.value_shape, re.compile(pattern)))
    return made


def _of_a_day(words: str) -> str:
    """A day has words of its own: "is at or after" is "is on or after"."""
    return re.sub(r"\bat\b", "on", words)


def _after(type_: RuleFieldType, shape: RuleValueShape) -> str:
    value = f"(?:{_VALUES[type_]})"
    match shape:
        case RuleValueShape.NONE:
            return _END
        case RuleValueShape.DURATION:
            return rf" (?P<value>{_DURATION}){_END}"
        case RuleValueShape.RANGE:
            return rf" (?P<value>{value} and {value}){_END}"
        case RuleValueShape.LIST:
            return (
                rf" (?P<value>{value}(?:, {value})*(?: or {value}(?! more))?)(?P<more> or [\d,]+ more)?{_END}"
            )
        case RuleValueShape.ONE:
            return rf" (?P<value>{value}){_END}"


def _told(info: FieldInfo, operator: RuleOperator, match: re.Match[str]) -> list[str]:
    if "value" not in match.groupdict() or "WITHIN" in operator.value:
        return []
    return re.findall(_VALUES[info.type], match["value"])


def _value(info: FieldInfo, told: str, own: Own) -> Any:
    match info.type:
        case RuleFieldType.NUMBER:
            return int(told.replace(",", ""))
        case RuleFieldType.MONEY:
            amount, _, code = told.replace(",", "").partition(" ")
            if code != own.currency:
                raise ForeignMoney(code)
            return amount
        case RuleFieldType.BOOLEAN:
            return told == "yes"
        case RuleFieldType.DATE_TIME:
            return _moment(told, own.zone)
        case _:
            text = re.sub(r"\\(.)", r"\1", told[1:-1], flags=re.DOTALL)
            if len(text) == SHOWN_TEXT and text.endswith("..."):
                raise NotWhole(f"{info.label}: the end of {told} is missing.")
            return text


def _moment(told: str, own: str) -> str:
    """ "1 March 1998, 10:30 UTC" as RFC 3339, and a day alone as a date."""
    day, month, year, *rest = told.replace(",", "").split(" ")
    date = f"{year}-{list(calendar.month_name).index(month):02d}-{int(day):02d}"
    if rest[0].startswith("("):
        if (zone := rest[0].strip("()")) != own:
            raise ForeignZone(zone)
        return date
    return f"{date}T{rest[0] if rest[0].count(':') == 2 else rest[0] + ':00'}Z"


def iso_duration(told: str) -> str:
    """ "1 year and 6 months" as ISO 8601."""
    counts: dict[str, str] = {}
    for part in told.split(" and "):
        count, _, unit = part.rpartition(" ")
        counts[unit.rstrip("s")] = (count or "1").replace(",", "")
    date = "".join(f"{counts[unit]}{unit[0].upper()}" for unit in ("year", "month", "day") if unit in counts)
    time = "".join(
        f"{counts[unit]}{unit[0].upper()}" for unit in ("hour", "minute", "second") if unit in counts
    )
    return f"P{date}" + (f"T{time}" if time else "")
