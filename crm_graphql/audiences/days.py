"""Days of fields that hold dates without a time: compared as texts like "2024-06-30", ordered as days are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.audiences.rules import Where
from crm_graphql.audiences.values import Day
from crm_graphql.core.times import Duration


def in_days(where: Where, operator: RuleOperator, at: datetime) -> tuple[Where, RuleOperator]:
    """The condition on days as one on texts, which means the same at the moment `at`; any other as it is.

    Within the last 30 days are today, in the zone of `at`, and the days before until the one 30 days ago.
    """
    if not where.field.is_day:
        return where, operator
    if isinstance(where.operand, Duration):
        first = where.operand.before(at).astimezone(at.tzinfo).date()
        bounds = (first.isoformat(), at.date().isoformat())
        return replace(where, operand=bounds, operator=RuleOperator.BETWEEN), RuleOperator.BETWEEN
    return replace(where, operand=_texts(where.operand)), operator


def _texts(operand: Any) -> Any:
    if isinstance(operand, tuple):
        return tuple(_texts(one) for one in operand)
    return operand.date.isoformat() if isinstance(operand, Day) else operand
