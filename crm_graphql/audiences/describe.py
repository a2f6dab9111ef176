"""The description of a rule as an English sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crm_graphql.audiences.fields import (
    CUSTOMER_FIELDS,
    TWINS,
    RuleField,
    RuleFields,
    RuleFieldType,
    RuleOperator,
    RuleReading,
    RuleValueShape,
    value_shape,
)
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule, Where, parse
from crm_graphql.audiences.values import Day, Scalar
from crm_graphql.core.money import for_reading
from crm_graphql.core.times import Duration

UTC_NAME = "UTC"
SHOWN_VALUES = 5
SHOWN_TEXT = 60

_NEGATIONS = {twin: negation for negation, twin in TWINS.items()} | dict(TWINS)

_COMPARISONS = {
    RuleOperator.EQ: "is",
    RuleOperator.NE: "is not",
    RuleOperator.GT: "is more than",
    RuleOperator.GTE: "is at least",
    RuleOperator.LT: "is less than",
    RuleOperator.LTE: "is at most",
    RuleOperator.BETWEEN: "is between",
    RuleOperator.IN: "is one of",
    RuleOperator.NOT_IN: "is none of",
    RuleOperator.CONTAINS: "contains",
    RuleOperator.NOT_CONTAINS: "does not contain",
    RuleOperator.STARTS_WITH: "starts with",
    RuleOperator.IS_SET: "is set",
    RuleOperator.NOT_SET: "is not set",
    RuleOperator.WITHIN_LAST: "is within the last",
    RuleOperator.NOT_WITHIN_LAST: "is not within the last",
}
_OF_MOMENTS = {
    RuleOperator.GT: "is after",
    RuleOperator.GTE: "is at or after",
    RuleOperator.LT: "is before",
    RuleOperator.LTE: "is at or before",
    RuleOperator.EQ: "is at",
    RuleOperator.NE: "is not at",
}
_OF_DAYS = {
    RuleOperator.GTE: "is on or after",
    RuleOperator.LTE: "is on or before",
    RuleOperator.EQ: "is on",
    RuleOperator.NE: "is not on",
}
_OF_LISTS = {
    RuleOperator.CONTAINS: "include",
    RuleOperator.NOT_CONTAINS: "do not include",
    RuleOperator.IN: "include one of",
    RuleOperator.NOT_IN: "include none of",
    RuleOperator.IS_SET: "are set",
    RuleOperator.NOT_SET: "are not set",
}


def phrase(operator: RuleOperator, type_: RuleFieldType) -> str:
    """The words between a field of the type and the value."""
    special: Mapping[RuleOperator, str] = {}
    if type_ is RuleFieldType.DATE_TIME:
        special = _OF_MOMENTS
    elif type_ is RuleFieldType.LIST:
        special = _OF_LISTS
    return special.get(operator) or _COMPARISONS[operator]


def describe(
    raw_rule: Mapping[str, Any],
    *,
    currency: str,
    zone: str = UTC_NAME,
    fields: RuleFields = CUSTOMER_FIELDS,
) -> str:
    """The sentence for a rule in the shape of RuleInput; `zone` is that of its days.

    Raises InvalidInput for one that is not whole.
    """
    return describe_rule(parse(raw_rule, fields), currency=currency, zone=zone)


def describe_rule(rule: Rule, *, currency: str, zone: str = UTC_NAME) -> str:
    """The sentence: "total spend is more than 5,000.00 INR and last visit is not within the last 90 days"."""
    if isinstance(rule, Where):
        return _condition(rule, rule.operator, currency, zone)
    if isinstance(rule, Not):
        part = rule.part
        if isinstance(part, Where) and part.operator in _NEGATIONS:
            return _condition(part, _NEGATIONS[part.operator], currency, zone)
        if isinstance(part, Not):
            return describe_rule(part.part, currency=currency, zone=zone)
        return f"not ({describe_rule(part, currency=currency, zone=zone)})"
    word = " and " if isinstance(rule, AllOf) else " or "
    return word.join(_within(part, rule, currency, zone) for part in rule.parts)


def _within(part: Rule, group: AllOf | AnyOf, currency: str, zone: str) -> str:
    """A part of a group, in parentheses where the sentence could else be read in two ways."""
    text = describe_rule(part, currency=currency, zone=zone)
    while isinstance(part, Not) and isinstance(part.part, Not):
        part = part.part.part
    other_group = isinstance(part, AllOf | AnyOf) and type(part) is not type(group) and len(part.parts) > 1
    return f"({text})" if other_group else text


def _condition(where: Where, operator: RuleOperator, currency: str, zone: str) -> str:
    return f"{subject_of(where.field)} {_predicate(where, operator, currency, zone)}"


def predicate_of(where: Where, *, holds: bool, currency: str, zone: str = UTC_NAME) -> str:
    """What a condition asks of its field, or the negation of it: "is more than 5,000.00 INR"."""
    operator = where.operator
    if holds:
        return _predicate(where, operator, currency, zone)
    if operator in _NEGATIONS:
        return _predicate(where, _NEGATIONS[operator], currency, zone)
    verb, _, rest = _predicate(where, operator, currency, zone).partition(" ")
    return f"is not {rest}" if verb == "is" else f"does not {verb.removesuffix('s')} {rest}"


def _predicate(where: Where, operator: RuleOperator, currency: str, zone: str) -> str:
    words = phrase(operator, where.field.type)
    operand, given = where.operand, where.given
    if operand is None:
        return words
    if isinstance(operand, Duration):
        return f"{words} {_duration(operand)}"
    if value_shape(operator) in (RuleValueShape.LIST, RuleValueShape.RANGE) and isinstance(operand, tuple):
        return f"{words} {_values(where, operator, operand, currency, zone)}"
    if isinstance(operand, Day):
        words = _OF_DAYS.get(operator, words)
    return f"{words} {_value_of(where.field, operand, given, currency, zone)}"


def subject_of(field: RuleField) -> str:
    """The label as the beginning of a clause: "Total spend" becomes "total spend", "VIP since" stays."""
    label = field.label
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _values(where: Where, operator: RuleOperator, operand: Sequence[Scalar], currency: str, zone: str) -> str:
    # Texts are told as they were given: several forms may stand for one of them.
    is_text = where.field.type in (RuleFieldType.TEXT, RuleFieldType.LIST)
    values: Sequence[Any] = where.given if is_text else operand
    count = len(values)
    texts = [_value_of(where.field, value, value, currency, zone) for value in values[:SHOWN_VALUES]]
    if operator is RuleOperator.BETWEEN:
        return " and ".join(texts)
    if count > SHOWN_VALUES:
        return f"{', '.join(texts)} or {count - SHOWN_VALUES:,} more"
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def group_text(field: RuleField, group_id: str) -> str:
    """A group for reading, by its global id."""
    name = (field.choices or {}).get(group_id)
    return "a group that is gone" if name is None else value_text(field.type, name, name, "")


def _value_of(field: RuleField, operand: object, given: object, currency: str, zone: str) -> str:
    if field.is_day and isinstance(operand, Day):
        # A day of the calendar, of no zone.
        return day_text(operand.date)
    if field.reading is RuleReading.GROUP:
        return group_text(field, str(given))
    return value_text(field.type, operand, given, currency, zone)


def value_text(
    type_: RuleFieldType, operand: object, given: object, currency: str, zone: str = UTC_NAME
) -> str:
    """A value for reading. Texts are shown as they were given, not in the folded case they compare in."""
    if isinstance(operand, bool):
        return "yes" if operand else "no"
    if isinstance(operand, Day):
        return f"{day_text(operand.date)} ({zone})"
    if isinstance(operand, datetime):
        return moment_text(operand)
    if isinstance(operand, int):
        return for_reading(operand, currency) if type_ is RuleFieldType.MONEY else f"{operand:,}"
    if isinstance(operand, float):
        return f"{Decimal(repr(operand)):,f}"
    text = str(given)
    if len(text) > SHOWN_TEXT:
        text = f"{text[: SHOWN_TEXT - 3]}..."
    # Escaped, so that no value reads like the rest of the sentence.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def day_text(moment: date) -> str:
    """A day for reading: "30 June 2024"."""
    return f"{moment.day} {moment:%B} {moment.year:04d}"


def moment_text(moment: datetime) -> str:
    """A moment for reading: "30 June 2024, 09:30 UTC"."""
    day = day_text(moment)
    if moment.microsecond:
        return f"{day}, {moment:%H:%M:%S}.{moment.microsecond // 1000:03d} UTC"
    if moment.second:
        return f"{day}, {moment:%H:%M:%S} UTC"
    return f"{day}, {moment:%H:%M} UTC"


def _duration(duration: Duration) -> str:
    """ "90 days", "6 months", "year"; a single unit goes without its number: "the last month"."""
    years, months = divmod(duration.months, 12)
    hours, rest = divmod(duration.exact, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    counts = {
        "year": years,
        "month": months,
        "day": duration.days,
        "hour": hours,
        "minute": minutes,
        "second": int(rest.total_seconds()),
    }
    parts = [(count, unit) for unit, count in counts.items() if count]
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    return " and ".join(f"{count:,} {unit}{'s' if count > 1 else ''}" for count, unit in parts)
