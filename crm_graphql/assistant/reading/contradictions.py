"""Contradictions: conditions that nobody can meet at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from crm_graphql.audiences.fields import RuleFieldType, RuleOperator
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule, Where
from crm_graphql.audiences.values import Day
from crm_graphql.core.times import Duration

Bound = tuple[float, bool]
"""A limit, and whether it is met itself."""


def contradiction(rule: Rule, now: datetime) -> str | None:
    """The sentence that says why a part of the rule holds for nobody, whatever their data; None where each
    can hold."""
    if isinstance(rule, Where):
        return None
    if isinstance(rule, Not):
        return contradiction(rule.part, now)
    for part in rule.parts:
        if (found := contradiction(part, now)) is not None:
            return found
    return _together(rule.parts, now) if isinstance(rule, AllOf) else None


def _together(parts: Sequence[Rule], now: datetime) -> str | None:
    by_field: dict[str, list[Where]] = {}
    for where in _conditions(parts):
        by_field.setdefault(where.field.name, []).append(where)
    for conditions in by_field.values():
        field = conditions[0].field
        if len(conditions) > 1 and (_excludes_numbers(conditions, now) or _excludes_texts(conditions)):
            return f"Nobody can meet all that is asked of {field.label.lower()} at once."
    return None


def _conditions(parts: Iterable[Rule]) -> Iterable[Where]:
    for part in parts:
        if isinstance(part, Where):
            yield part
        elif isinstance(part, AllOf) or (isinstance(part, AnyOf) and len(part.parts) == 1):
            yield from _conditions(part.parts)


def _excludes_texts(conditions: Sequence[Where]) -> bool:
    """Whether a field with one value is to be two, or to be there and not."""
    operators = {where.operator for where in conditions}
    if {RuleOperator.IS_SET, RuleOperator.NOT_SET} <= operators:
        return True
    if RuleOperator.NOT_SET in operators and operators & {RuleOperator.EQ, RuleOperator.IN}:
        return True
    if conditions[0].field.type is RuleFieldType.LIST:
        return _excludes_elements(conditions)
    if conditions[0].field.type is not RuleFieldType.TEXT:
        return False
    allowed: set[object] | None = None
    for where in conditions:
        values = set(where.operand) if isinstance(where.operand, tuple) else {where.operand}
        if where.operator in (RuleOperator.EQ, RuleOperator.IN):
            allowed = set(values) if allowed is None else {one for one in allowed if one in values}
    for where in conditions:
        values = set(where.operand) if isinstance(where.operand, tuple) else {where.operand}
        if where.operator in (RuleOperator.NE, RuleOperator.NOT_IN) and allowed is not None:
            allowed -= values
    return allowed is not None and not allowed


def _excludes_elements(conditions: Sequence[Where]) -> bool:
    wanted = {where.operand for where in conditions if where.operator is RuleOperator.CONTAINS}
    unwanted = {where.operand for where in conditions if where.operator is RuleOperator.NOT_CONTAINS}
    return bool(wanted & unwanted)


def _excludes_numbers(conditions: Sequence[Where], now: datetime) -> bool:
    """Whether the limits leave no value between them."""
    low: Bound = (float("-inf"), True)
    high: Bound = (float("inf"), True)
    for where in conditions:
        below, above = _limits(where, now)
        low = max(low, below, key=lambda bound: (bound[0], not bound[1]))
        high = min(high, above, key=lambda bound: (bound[0], bound[1]))
    return low[0] > high[0] or (low[0] == high[0] and not (low[1] and high[1]))


def _limits(where: Where, now: datetime) -> tuple[Bound, Bound]:
    """The lowest and the highest value with which the condition holds, as far as it sets any."""
    low: Bound = (float("-inf"), True)
    high: Bound = (float("inf"), True)
    operand = where.operand
    match where.operator:
        case RuleOperator.GT | RuleOperator.GTE:
            low = (
                _number(operand, where.operator is RuleOperator.GT, now),
                where.operator is RuleOperator.GTE,
            )
        case RuleOperator.LT | RuleOperator.LTE:
            is_lte = where.operator is RuleOperator.LTE
            # The end of a day is the next one's first moment, which is none of its own.
            high = (_number(operand, is_lte, now), is_lte and not isinstance(operand, Day))
        case RuleOperator.BETWEEN if isinstance(operand, tuple):
            low = (_number(operand[0], False, now), True)
            high = (_number(operand[1], True, now), not isinstance(operand[1], Day))
        case RuleOperator.EQ if where.field.type is not RuleFieldType.TEXT:
            low = (_number(operand, False, now), True)
            high = (_number(operand, True, now), not isinstance(operand, Day))
        case RuleOperator.WITHIN_LAST if isinstance(operand, Duration):
            low, high = (operand.before(now).timestamp(), True), (now.timestamp(), True)
        case RuleOperator.NOT_WITHIN_LAST if isinstance(operand, Duration):
            # One who was never there counts too, but not beside a limit that asks for a moment.
            high = (operand.before(now).timestamp(), False)
    return low, high


def _number(operand: object, is_end: bool, now: datetime) -> float:
    if isinstance(operand, Day):
        return (operand.after(now) if is_end else operand.first(now)).timestamp()
    if isinstance(operand, datetime):
        return operand.timestamp()
    return float(operand) if isinstance(operand, int) else (float("inf") if is_end else float("-inf"))
