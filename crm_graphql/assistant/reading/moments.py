"""Moments: how a span of time becomes a condition on the first or the last visit, or any other moment."""

from __future__ import annotations

from crm_graphql.assistant.reading.atoms import Asked
from crm_graphql.assistant.reading.points import day
from crm_graphql.assistant.reading.sentence import RawRule, Sentence, negated, where
from crm_graphql.assistant.reading.spans import Span, SpanKind
from crm_graphql.audiences.fields import RuleOperator

FIRST, LAST = "firstVisitAt", "lastVisitAt"
AWAY = "P90D"
"""How long "a while" is where nobody says."""
RECENT = "P30D"

_LONGER = (RuleOperator.GT, RuleOperator.GTE)
_SHORTER = (RuleOperator.LT, RuleOperator.LTE)
_WITHIN, _NOT_WITHIN, _IS_SET = (
    RuleOperator.WITHIN_LAST,
    RuleOperator.NOT_WITHIN_LAST,
    RuleOperator.IS_SET,
)


def moment_rule(name: str, span: Span) -> RawRule:
    """The condition that the moment `name` lies in the span. An absent moment lies in none.

    Raises Asked for "a while", which is no span of its own.
    """
    match span.kind:
        case SpanKind.VAGUE:
            raise Asked("How long ago is meant?")
        case SpanKind.WITHIN:
            return where(name, _WITHIN, span.near)
        case SpanKind.AGO | SpanKind.FOR | SpanKind.AROUND:
            return {"all": [where(name, _IS_SET), where(name, _NOT_WITHIN, span.near)]}
        case SpanKind.RANGE:
            return {"all": [where(name, _NOT_WITHIN, span.near), where(name, _WITHIN, span.far)]}
        case _:
            days = [one.isoformat() for one in span.days]
            return where(name, span.operator, days if len(days) > 1 else days[0])


def add_moment(sentence: Sentence, name: str, span: Span) -> None:
    """What is said of a moment that is kept: the last visit, the first, or one of the deployment's own."""
    label = _label(sentence, name)
    if span.kind is SpanKind.FOR and span.operator in _LONGER:
        span = Span(SpanKind.AGO, span.near)
    elif span.kind is SpanKind.FOR and span.operator in _SHORTER:
        span = Span(SpanKind.WITHIN, span.near)
    if span.kind is SpanKind.VAGUE:
        sentence.assume(f"{label}: a while was read as 90 days.")
        span = Span(SpanKind.AGO, AWAY)
    elif span.kind is SpanKind.AROUND:
        sentence.assume(f"{label}: so long ago was read as at least so long ago.")
    elif span.kind is SpanKind.FOR and not sentence.negated and name == LAST:
        sentence.assume(f"{label}: the time was read as within the last of it.")
        span = Span(SpanKind.WITHIN, span.near)
    if sentence.negated and span.kind in (SpanKind.FOR, SpanKind.WITHIN):
        sentence.negated = False
        sentence.add(where(name, _NOT_WITHIN, span.near), name)
        sentence.was_negated = True
        return
    sentence.add(moment_rule(name, span), name)


def add_visit(sentence: Sentence, span: Span) -> None:
    """What is said of visits: of all of them only the first and the last are kept.

    Raises Asked where neither answers it.
    """
    if span.kind is SpanKind.VAGUE:
        _add_while(sentence)
        return
    if span.kind in (SpanKind.WITHIN, SpanKind.FOR):
        if span.kind is SpanKind.FOR and span.operator not in _SHORTER and not sentence.negated:
            if span.operator in _LONGER:
                raise Asked("Is the last visit to be longer ago than that, or the first?")
            sentence.assume("The time was read as the last of it until now.")
        sentence.add(where(LAST, _WITHIN, span.near), LAST)
        return
    if span.kind in (SpanKind.AGO, SpanKind.AROUND, SpanKind.RANGE):
        if sentence.negated:
            raise Asked("Visits are kept as the first and the last. Which of the two is meant?")
        sentence.assume("Visits are kept as the first and the last: the last visit is meant.")
        sentence.add(moment_rule(LAST, span), LAST)
        return
    if span.operator in (RuleOperator.GTE, RuleOperator.GT) or not span.is_over:
        sentence.add(moment_rule(LAST, span), LAST)
        return
    if span.operator is RuleOperator.LT or span.operator is RuleOperator.LTE:
        raise Asked(
            f"Is the last visit to be {'before' if span.operator is RuleOperator.LT else 'until'} "
            f"{day(span.days[0])}, or the first?"
        )
    if sentence.negated:
        raise Asked(
            "Visits are kept as the first and the last, so a visit in between is not seen. "
            "Is the last visit meant to lie outside that time?"
        )
    sentence.assume("Visits are kept as the first and the last: the last visit is meant to lie in that time.")
    sentence.add(moment_rule(LAST, span), LAST)


def add_inactive(sentence: Sentence, span: Span) -> None:
    """What is said of absence: "inactive for 90 days", "silent since March"."""
    if span.kind is SpanKind.RANGE:
        sentence.add(moment_rule(LAST, span), LAST)
    elif span.kind is SpanKind.FOR and span.operator in _SHORTER:
        sentence.add(where(LAST, _WITHIN, span.near), LAST)
    elif span.kind is SpanKind.DATES:
        if span.is_over and span.operator not in (RuleOperator.GTE, RuleOperator.GT):
            raise Asked("Is the last visit to be before that time, or is a visit after it allowed?")
        sentence.add(negated(moment_rule(LAST, span)), LAST)
    elif span.kind is SpanKind.VAGUE:
        sentence.negated = not sentence.negated
        _add_while(sentence)
    else:
        sentence.add(where(LAST, _NOT_WITHIN, span.near), LAST)


def _add_while(sentence: Sentence) -> None:
    """ "not seen in a while", "bought recently"."""
    if sentence.negated:
        sentence.assume('"In a while" was read as the last 90 days.')
        sentence.add(where(LAST, _WITHIN, AWAY), LAST)
        return
    sentence.assume('"Recently" was read as the last 30 days.')
    sentence.add(where(LAST, _WITHIN, RECENT), LAST)


def _label(sentence: Sentence, name: str) -> str:
    info = sentence.info(name)
    return info.label if info else name
