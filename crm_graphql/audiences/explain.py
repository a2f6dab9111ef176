"""The explanation of a rule for one customer: what each part asks, what the customer has, and what decides.

Every outcome is that of `evaluate`, which tests hold MongoDB to: nothing here compares a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from crm_graphql.audiences.describe import (
    SHOWN_VALUES,
    day_text,
    group_text,
    moment_text,
    predicate_of,
    subject_of,
    value_text,
)
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.fields import TWINS, RuleField, RuleFieldType, RuleOperator, RuleReading
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Path, Rule, Where
from crm_graphql.core.errors import Problem
from crm_graphql.core.ids import encode_id
from crm_graphql.core.times import Duration

SHOWN_REASONS = 3
FOLDED = "folded"
"""Where a customer's texts lie in folded case; they are shown as they were given."""
ABSENT = "not set"


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """A part of a rule, by its path from the rule's root, and whether it holds. `field` and `operator` are of
    a condition; `expected` and `actual` are for people."""

    path: Path
    matches: bool
    expected: str
    actual: str
    field: str | None = None
    operator: RuleOperator | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a customer is in or out. With `problems` there is nothing else."""

    matches: bool | None = None
    nodes: Sequence[NodeOutcome] = ()
    text: str | None = None
    problems: Sequence[Problem] = field(default_factory=tuple)


def explain_rule(rule: Rule, customer: Mapping[str, Any], at: datetime, *, currency: str) -> Explanation:
    """The outcome of each part of the rule for a customer's document at the moment `at`, of whose zone its
    days are, in the order of the tree, each part before its own parts; and two sentences."""
    nodes = list(_nodes(rule, customer, at, currency, ()))
    return Explanation(nodes[0].matches, nodes, _text(rule, nodes, customer, at, currency))


def shown_fields(rule: Rule) -> Mapping[str, int]:
    """The projection of a customer's document that `explain_rule` needs."""
    names = {"name", "external_id", FOLDED}
    for where in _conditions(rule):
        names |= {where.field.path_for(where.operator)[0], _shown_path(where.field)[0]}
    return dict.fromkeys(sorted(names), 1)


def _conditions(rule: Rule) -> Iterator[Where]:
    if isinstance(rule, Where):
        yield rule
    for _, part in _parts(rule):
        yield from _conditions(part)


def _parts(rule: Rule) -> list[tuple[Path, Rule]]:
    """The parts right below, each with its path from here."""
    if isinstance(rule, AllOf | AnyOf):
        key = "all" if isinstance(rule, AllOf) else "any"
        return [((key, str(index)), part) for index, part in enumerate(rule.parts)]
    return [(("not",), rule.part)] if isinstance(rule, Not) else []


def _nodes(
    rule: Rule, customer: Mapping[str, Any], at: datetime, currency: str, path: Path
) -> Iterator[NodeOutcome]:
    matches = evaluate(rule, customer, at)
    if isinstance(rule, Where):
        yield NodeOutcome(
            path=(*path, "where"),
            matches=matches,
            expected=_asked(rule, at, currency),
            actual=_actual(rule.field, customer, at, currency),
            field=rule.field.name,
            operator=rule.operator,
        )
        return
    parts = _parts(rule)
    holding = sum(evaluate(part, customer, at) for _, part in parts)
    yield NodeOutcome(
        (*path, parts[0][0][0]), matches, _asked_of_parts(rule, len(parts)), _held(rule, holding)
    )
    for below, part in parts:
        yield from _nodes(part, customer, at, currency, (*path, *below))


def _asked_of_parts(rule: Rule, count: int) -> str:
    if isinstance(rule, Not):
        return "does not hold"
    return f"{'all' if isinstance(rule, AllOf) else 'at least 1'} of {count:,}"


def _held(rule: Rule, holding: int) -> str:
    if isinstance(rule, Not):
        return "holds" if holding else "does not hold"
    return f"{holding:,}"


def _asked(where: Where, at: datetime, currency: str) -> str:
    """The condition without its field; of a duration also the moment from which it counts."""
    text = predicate_of(where, holds=True, currency=currency, zone=str(at.tzinfo))
    if isinstance(where.operand, Duration):
        return f"{text} (since {moment_text(where.operand.before(at))})"
    return text


def _shown_path(asked: RuleField) -> Path:
    """Where the field lies as it was given."""
    if asked.shown_path is not None:
        return asked.shown_path
    return asked.path[1:] if asked.path[0] == FOLDED else asked.path


def _stored(customer: Mapping[str, Any], path: Path) -> Any:
    value: Any = customer
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _actual(asked: RuleField, customer: Mapping[str, Any], at: datetime, currency: str) -> str:
    """What the customer has, for people."""
    value = _stored(customer, _shown_path(asked))
    if value is None and asked.default is not None:
        return f"{_shown(asked, asked.default.shown, at, currency)} by default"
    return _shown(asked, value, at, currency)


def _shown(asked: RuleField, value: Any, at: datetime, currency: str) -> str:
    if asked.type is RuleFieldType.LIST:
        return _listed(asked, value or [], currency)
    if value is None:
        return ABSENT
    if asked.is_day:
        return day_text(date.fromisoformat(value))
    text = value_text(asked.type, value, value, currency)
    return f"{text} ({_ago(value, at)})" if isinstance(value, datetime) else text


def _listed(asked: RuleField, values: Sequence[Any], currency: str) -> str:
    shown = [
        group_text(asked, encode_id("Group", value))
        if asked.reading is RuleReading.GROUP
        else value_text(asked.type, value, value, currency)
        for value in values[:SHOWN_VALUES]
    ]
    if len(values) > SHOWN_VALUES:
        shown.append(f"{len(values) - SHOWN_VALUES:,} more")
    return ", ".join(shown) or "none"


def _ago(moment: datetime, at: datetime) -> str:
    """How long before `at`, in whole days."""
    days = abs(at - moment).days
    span = f"{days:,} day{'' if days == 1 else 's'}" if days else "less than a day"
    return f"{span} ago" if moment <= at else f"in {span}"


def _text(
    rule: Rule, nodes: Sequence[NodeOutcome], customer: Mapping[str, Any], at: datetime, currency: str
) -> str:
    """Two sentences: in or out, and by what."""
    asked = [node for node in nodes if node.field is not None]
    held, matches = sum(node.matches for node in asked), nodes[0].matches
    name = customer.get("name") or f"Customer {customer.get('external_id')}"
    conditions = f"{held:,} of the {len(asked):,} conditions" if len(asked) > 1 else "the one condition"
    verb = "hold" if held != 1 and len(asked) > 1 else "holds"
    if len(asked) == 1 and not held:
        verb = "does not hold"
    clauses = [_clause(*one, customer, at, currency) for one in _deciding(rule, customer, at)]
    more = len(clauses) - SHOWN_REASONS
    reasons = "; ".join(clauses[:SHOWN_REASONS]) + (f"; and {more:,} more" if more > 0 else "")
    return f"{name} is {'in' if matches else 'out'}: {conditions} {verb}. What decides: {reasons}."


def _deciding(rule: Rule, customer: Mapping[str, Any], at: datetime) -> Iterator[tuple[Where, bool]]:
    """The conditions without which the outcome could be another, and whether each holds."""
    holds = evaluate(rule, customer, at)
    if isinstance(rule, Where):
        yield rule, holds
        return
    for _, part in _parts(rule):
        if isinstance(rule, Not) or evaluate(part, customer, at) is holds:
            yield from _deciding(part, customer, at)


def _clause(where: Where, holds: bool, customer: Mapping[str, Any], at: datetime, currency: str) -> str:
    """What the customer has, and how that stands to the condition: both are true as they are said."""
    is_list = where.field.type is RuleFieldType.LIST
    actual = _actual(where.field, customer, at, currency)
    fact = f"{subject_of(where.field)} {'are' if is_list else 'is'} {actual}"
    if TWINS.get(where.operator, where.operator) is RuleOperator.IS_SET:
        return fact
    joint = ("so they" if is_list else "so it") if actual in (ABSENT, "none") else "which"
    return f"{fact}, {joint} {predicate_of(where, holds=holds, currency=currency, zone=str(at.tzinfo))}"
