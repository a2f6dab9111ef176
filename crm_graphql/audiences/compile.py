"""The translation of a rule into a MongoDB filter on customers.

Field paths come from the field table, operators from the table below, and a caller's values stand only
where MongoDB expects a value; the one regular expression is escaped sign by sign. Negations are pushed down
to the conditions, where an index still serves them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any

from crm_graphql.audiences.days import in_days
from crm_graphql.audiences.evaluate import holds
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, TWINS, RuleFields, RuleFieldType, RuleOperator
from crm_graphql.audiences.filters import Filter, all_of, any_of
from crm_graphql.audiences.rules import AllOf, Not, Rule, Where, parse
from crm_graphql.audiences.values import Day
from crm_graphql.core.texts import prefix_range
from crm_graphql.core.times import Duration

MAX_DISJOINT = 8

_BEYOND = {"$lte": "$gt", "$lt": "$gte"}
"""What comes after the upper end of a range."""

_ORDER = {
    RuleOperator.GT: "$gt",
    RuleOperator.GTE: "$gte",
    RuleOperator.LT: "$lt",
    RuleOperator.LTE: "$lte",
}

_LEAST: Mapping[RuleFieldType, Any] = {
    RuleFieldType.NUMBER: float("-inf"),
    RuleFieldType.MONEY: float("-inf"),
    RuleFieldType.TEXT: "",
    RuleFieldType.LIST: "",
    RuleFieldType.DATE_TIME: datetime.min.replace(tzinfo=UTC),
    RuleFieldType.BOOLEAN: False,
}
"""A range from the least value of a type matches all its values and nothing else; unlike a comparison
with null it is answered from an index alone."""


def select_customers(
    raw_rule: Mapping[str, Any],
    at: datetime,
    fields: RuleFields = CUSTOMER_FIELDS,
    *,
    default_country: str | None = None,
) -> Filter:
    """The filter that selects the customers of a rule, given in the shape of RuleInput, at the moment `at`,
    of whose zone its days are.

    `default_country` is as `parse` has it. Raises InvalidInput with every problem of the rule.
    """
    return compile_rule(parse(raw_rule, fields, default_country=default_country), at)


def compile_rule(rule: Rule, at: datetime) -> Filter:
    """The filter that matches exactly the customers for which `evaluate(rule, customer, at)` holds. Days are
    of the zone of `at`."""
    return _compile(rule, at, negated=False)


def disjoint_filters(rule: Rule, at: datetime) -> list[Filter]:
    """Filters of which each matching customer meets exactly one, none with an "or" in it.

    MongoDB answers such a filter from one range of one index, where it joins two scans for an "or" and
    removes duplicates at four times the cost. A rule that would fall apart into more than eight comes back
    as its one filter.
    """
    conjunctions = _disjoint(rule, at, negated=False)
    if conjunctions is None:
        return [compile_rule(rule, at)]
    return [all_of(conjunction) for conjunction in conjunctions]


def _compile(rule: Rule, at: datetime, *, negated: bool) -> Filter:
    if isinstance(rule, Where):
        return _compile_where(rule, at, negated=negated)
    if isinstance(rule, Not):
        return _compile(rule.part, at, negated=not negated)
    parts = [_compile(part, at, negated=negated) for part in rule.parts]
    return all_of(parts) if isinstance(rule, AllOf) is not negated else any_of(parts)


Conjunctions = list[list[Filter]]


def _disjoint(rule: Rule, at: datetime, *, negated: bool) -> Conjunctions | None:
    """The rule as conjunctions that exclude each other; None for too many."""
    if isinstance(rule, Where):
        return _disjoint_where(rule, at, negated=negated)
    if isinstance(rule, Not):
        return _disjoint(rule.part, at, negated=not negated)
    holds = [_disjoint(part, at, negated=negated) for part in rule.parts]
    if isinstance(rule, AllOf) is not negated:
        return _join(holds)
    # One of the parts: the first; or not the first but the second; and so on.
    fails = [_disjoint(part, at, negated=not negated) for part in rule.parts]
    found: Conjunctions = []
    for index, one in enumerate(holds):
        joined = _join([*fails[:index], one])
        if joined is None or len(found) + len(joined) > MAX_DISJOINT:
            return None
        found += joined
    return found


def _join(factors: Iterable[Conjunctions | None]) -> Conjunctions | None:
    """Everything that meets one conjunction of each factor."""
    joined: Conjunctions = [[]]
    for factor in factors:
        if factor is None or len(joined) * len(factor) > MAX_DISJOINT:
            return None
        joined = [[*left, *right] for left, right in product(joined, factor)]
    return joined


def _compile_where(where: Where, at: datetime, *, negated: bool) -> Filter:
    """The condition as one filter. "Not between" needs an index less than it needs to be no "or": other
    conditions narrow the search, and MongoDB plans an "or" among them badly."""
    found = _of_values(where, at, negated=negated)
    if not _holds_by_default(where, at):
        return found
    _, is_negated = _without_negation(where, negated=negated)
    # Whoever has no value has the default, for which the condition holds without its negation.
    return all_of([found, _set(where)]) if is_negated else any_of([found, _unset(where)])


def _of_values(where: Where, at: datetime, *, negated: bool) -> Filter:
    """The condition as one filter where nobody has a default."""
    operator, negated = _without_negation(where, negated=negated)
    where, operator = in_days(where, operator, at)
    path, bounds = _path(where, operator), _bounds(where, operator, at)
    if bounds is not None:
        return {path: {"$not": bounds} if negated else bounds}
    if operator is RuleOperator.IS_SET and where.field.presence is not None:
        path, values = where.field.presence
        return {path: {"$nin" if negated else "$in": list(values)}}
    return {path: _condition(where, operator, at, negated=negated)}


def _holds_by_default(where: Where, at: datetime) -> bool:
    """Whether the field has a default for which the condition holds, its own negation left out."""
    if where.field.default is None:
        return False
    return holds(where, TWINS.get(where.operator, where.operator), {}, at)


def _set(where: Where) -> Filter:
    return {".".join(where.field.path): {"$gte": _least(where)}}


def _unset(where: Where) -> Filter:
    return {".".join(where.field.path): None}


def _least(where: Where) -> Any:
    return "" if where.field.is_day else _LEAST[where.field.type]


def compared_path(where: Where) -> str:
    """The field of the document that the condition's filter asks about."""
    if TWINS.get(where.operator, where.operator) is RuleOperator.IS_SET and where.field.presence:
        return where.field.presence[0]
    return _path(where, where.operator)


def _path(where: Where, operator: RuleOperator) -> str:
    return ".".join(where.field.path_for(operator))


def _disjoint_where(where: Where, at: datetime, *, negated: bool) -> Conjunctions:
    """The condition as filters that exclude each other: two for "not between", one for all else; one more for
    those who have the default."""
    found = _disjoint_values(where, at, negated=negated)
    if not _holds_by_default(where, at):
        return found
    _, is_negated = _without_negation(where, negated=negated)
    return [[*one, _set(where)] for one in found] if is_negated else [*found, [_unset(where)]]


def _disjoint_values(where: Where, at: datetime, *, negated: bool) -> Conjunctions:
    """The same where nobody has a default."""
    operator, is_negated = _without_negation(where, negated=negated)
    days, operator = in_days(where, operator, at)
    path, bounds = _path(days, operator), _bounds(days, operator, at)
    if bounds is None or not is_negated:
        return [[_of_values(where, at, negated=negated)]]
    outside: Conjunctions = [[{path: {"$not": {"$gte": bounds["$gte"]}}}]]
    return outside + [[{path: {_BEYOND[key]: bounds[key]}}] for key in _BEYOND if key in bounds]


def _without_negation(where: Where, *, negated: bool) -> tuple[RuleOperator, bool]:
    """The operator without its own negation, and whether it is negated after all."""
    if where.operator in TWINS:
        return TWINS[where.operator], not negated
    return where.operator, negated


def _bounds(where: Where, operator: RuleOperator, at: datetime) -> Filter | None:
    """The two ends of a range, for the operators that ask for one."""
    operand = where.operand
    if operator is RuleOperator.EQ and isinstance(operand, Day):
        return {"$gte": operand.first(at), "$lt": operand.after(at)}
    if operator is RuleOperator.BETWEEN and isinstance(operand, tuple):
        low, high = operand
        first = low.first(at) if isinstance(low, Day) else low
        return {"$gte": first} | ({"$lt": high.after(at)} if isinstance(high, Day) else {"$lte": high})
    if operator is RuleOperator.WITHIN_LAST and isinstance(operand, Duration):
        return {"$gte": operand.before(at), "$lte": at.astimezone(UTC)}
    return dict(prefix_range(str(operand))) if operator is RuleOperator.STARTS_WITH else None


def _condition(where: Where, operator: RuleOperator, at: datetime, *, negated: bool) -> Filter:
    operand = where.operand
    if operator in (RuleOperator.EQ, RuleOperator.IN) and isinstance(operand, tuple):
        return {"$nin" if negated else "$in": list(operand)}
    if operator is RuleOperator.EQ or (
        operator is RuleOperator.CONTAINS and where.field.type is RuleFieldType.LIST
    ):
        return {"$ne" if negated else "$eq": operand}
    if operator is RuleOperator.CONTAINS:
        condition: Filter = {"$regex": _literal(str(operand))}
    elif operator is RuleOperator.IS_SET:
        condition = {"$gte": _least(where)}
    elif isinstance(operand, Day):
        condition = _beside_day(operator, operand, at)
    else:
        condition = {_ORDER[operator]: operand}
    return {"$not": condition} if negated else condition


def _beside_day(operator: RuleOperator, day: Day, at: datetime) -> Filter:
    """Before, after, or until the end of a whole day, or from its beginning."""
    edge = day.after(at) if operator in (RuleOperator.GT, RuleOperator.LTE) else day.first(at)
    return {"$gte" if operator in (RuleOperator.GT, RuleOperator.GTE) else "$lt": edge}


def _literal(text: str) -> str:
    """A regular expression that matches exactly `text`: all ASCII signs but letters and digits escaped."""
    return re.sub(r"([^A-Za-z0-9\u0080-\U0010ffff])", r"\\\1", text)
