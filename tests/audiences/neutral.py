"""Turns the neutral rules of tests/data into the shape of RuleInput."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_graphql.core.money import to_units
from crm_graphql.core.times import format_moment, parse_moment

FIELDS = {
    "total_spend": "totalSpend",
    "visit_count": "visitCount",
    "last_visit_at": "lastVisitAt",
    "first_seen_at": "firstVisitAt",
    "city": "city",
    "country": "country",
    "tags": "tags",
    "email": "email",
    "phone": "phone",
}
OPERATORS = {
    ">": "GT",
    ">=": "GTE",
    "<": "LT",
    "<=": "LTE",
    "=": "EQ",
    "!=": "NE",
    "between": "BETWEEN",
    "in": "IN",
    "contains": "CONTAINS",
    "exists": "IS_SET",
    "missing": "NOT_SET",
}


def to_rule_input(rule: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """The same rule as RuleInput. `now` is needed for values like {"ago": "6 months"}."""
    for key in ("all", "any"):
        if key in rule:
            return {key: [to_rule_input(part, now) for part in rule[key]]}
    if "not" in rule:
        (part,) = rule["not"]
        return {"not": to_rule_input(part, now)}
    where = {"field": FIELDS[rule["field"]], "operator": OPERATORS[rule["op"]]}
    if rule["op"] in ("exists", "missing"):
        return {"where": where}
    condition = {"where": {**where, "value": _value(rule["value"], now)}}
    if rule["op"] != "!=":
        return condition
    # There a comparison with an absent value is false even for "!=".
    return {"all": [{"where": {"field": where["field"], "operator": "IS_SET"}}, condition]}


def _value(value: Any, now: datetime | None) -> Any:
    if isinstance(value, list):
        return [_value(item, now) for item in value]
    if isinstance(value, Mapping):
        assert now is not None
        return format_moment(_ago(str(value["ago"]), now))
    return value


def _ago(text: str, now: datetime) -> datetime:
    match = re.fullmatch(r"(\d+) (day|week|month|year)s?", text)
    assert match is not None
    count, unit = int(match[1]), match[2]
    if unit in ("day", "week"):
        return now - timedelta(days=count * (7 if unit == "week" else 1))
    months = now.year * 12 + now.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return now.replace(year=year, month=month + 1, day=min(now.day, last))


def to_customer(neutral: Mapping[str, Any]) -> dict[str, Any]:
    """A neutral customer as our document, as far as rules read it."""
    moments = {name: neutral.get(name) or None for name in ("last_visit_at", "first_seen_at")}
    texts = {name: neutral.get(name) or None for name in ("email", "phone", "city", "country")}
    return {
        "total_spend": to_units(str(neutral.get("total_spend") or 0)),
        "visit_count": neutral.get("visit_count") or 0,
        "last_visit_at": moments["last_visit_at"] and parse_moment(str(moments["last_visit_at"])),
        "first_visit_at": moments["first_seen_at"] and parse_moment(str(moments["first_seen_at"])),
        "created_at": datetime(2024, 1, 1, tzinfo=UTC),
        "folded": {name: text and str(text).casefold() for name, text in texts.items()}
        | {"tags": [str(tag).casefold() for tag in neutral.get("tags") or ()]},
    }
