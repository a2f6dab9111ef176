"""The meaning of a rule, in plain Python over one customer: tests hold MongoDB and `compile.py` to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_graphql.audiences.days import in_days
from crm_graphql.audiences.fields import TWINS, RuleFieldType, RuleOperator
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule, Where
from crm_graphql.audiences.values import Day
from crm_graphql.core.times import Duration


def evaluate(rule: Rule, customer: Mapping[str, Any], at: datetime) -> bool:
    """Whether the rule holds for a customer's document at the moment `at`, of whose zone its days are.

    Two-valued: a comparison with a value that is not set is false, its negation therefore true.
    """
    if isinstance(rule, AllOf):
        return all(evaluate(part, customer, at) for part in rule.parts)
    if isinstance(rule, AnyOf):
        return any(evaluate(part, customer, at) for part in rule.parts)
    if isinstance(rule, Not):
        return not evaluate(rule.part, customer, at)
    if rule.operator in TWINS:
        return not holds(rule, TWINS[rule.operator], customer, at)
    return holds(rule, rule.operator, customer, at)


def holds(where: Where, operator: RuleOperator, customer: Mapping[str, Any], at: datetime) -> bool:
    """Whether the condition holds by an operator that is no negation. Nothing set counts as the default."""
    where, operator = in_days(where, operator, at)
    value: Any = customer
    for part in where.field.path_for(operator):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None and where.field.default is not None:
        value = where.field.default.compared
    if value is None:
        return False
    if where.field.type is RuleFieldType.LIST:
        return _list_holds(operator, value, where.operand)
    if operator is RuleOperator.IS_SET:
        return True
    return _compare(operator, value, where.operand, at)


def _list_holds(operator: RuleOperator, elements: Sequence[Any], operand: Any) -> bool:
    if operator is RuleOperator.IS_SET:
        return bool(elements)
    if operator is RuleOperator.IN:
        return any(element in operand for element in elements)
    return operand in elements


def _compare(operator: RuleOperator, value: Any, operand: Any, at: datetime) -> bool:
    if isinstance(operand, Day):
        return _compare_day(operator, value, operand, at)
    match operator:
        case RuleOperator.EQ if isinstance(operand, tuple):
            found = value in operand
        case RuleOperator.EQ:
            found = value == operand
        case RuleOperator.IN:
            found = value in operand
        case RuleOperator.GT:
            found = value > operand
        case RuleOperator.GTE:
            found = value >= operand
        case RuleOperator.LT:
            found = value < operand
        case RuleOperator.LTE:
            found = value <= operand
        case RuleOperator.BETWEEN:
            low, high = operand
            found = value >= (low.first(at) if isinstance(low, Day) else low) and (
                value < high.after(at) if isinstance(high, Day) else value <= high
            )
        case RuleOperator.CONTAINS:
            found = operand in value
        case RuleOperator.STARTS_WITH:
            found = value.startswith(operand)
        case RuleOperator.WITHIN_LAST if isinstance(operand, Duration):
            found = operand.before(at) <= value <= at
        case _:
            raise ValueError(f"{operator.value} compares no single value")
    return bool(found)


def _compare_day(operator: RuleOperator, value: datetime, day: Day, at: datetime) -> bool:
    """How a moment compares with a whole day."""
    match operator:
        case RuleOperator.EQ:
            return day.first(at) <= value < day.after(at)
        case RuleOperator.GT:
            return value >= day.after(at)
        case RuleOperator.GTE:
            return value >= day.first(at)
        case RuleOperator.LT:
            return value < day.first(at)
        case RuleOperator.LTE:
            return value < day.after(at)
        case _:
            raise ValueError(f"{operator.value} compares with no day")
