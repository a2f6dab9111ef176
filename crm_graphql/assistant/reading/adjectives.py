"""Adjectives: what "loyal", "high spenders" or "dormant" is read as, and said to be read as."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.moments import (
    AWAY,
    FIRST,
    LAST,
    RECENT,
    add_inactive,
    add_visit,
    moment_rule,
)
from crm_graphql.assistant.reading.sentence import Sentence, where
from crm_graphql.assistant.reading.spans import Span, SpanKind
from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.core.money import to_text

GTE, LTE, EQ = RuleOperator.GTE, RuleOperator.LTE, RuleOperator.EQ
TOP = 10
"""The percentage of all customers who are the high ones where nobody says."""
BOTTOM = 25
LOYAL = 5
"""Visits from which on a customer is loyal, where the top tenth is not known."""


def add_adjective(sentence: Sentence) -> None:
    """Read the adjective that comes next, with the time or the share that is said with it."""
    atom = sentence.peek()
    sentence.index += 1
    _READERS[atom.value](sentence, atom.text)


def _span_after(sentence: Sentence) -> Span | None:
    """The time that is said with the adjective, before it, after it, or after the noun between them."""
    if sentence.span is not None:
        found, sentence.span = sentence.span, None
        return found
    start = sentence.index
    sentence.skip(Kind.PEOPLE)
    after = sentence.take_span()
    if after is None:
        sentence.index = start
    return after


def _inactive(sentence: Sentence, text: str) -> None:
    span = _span_after(sentence)
    if span is not None:
        add_inactive(sentence, span)
        return
    sentence.assume(f'"{text}" was read as: no visit in the last 90 days.')
    sentence.add(where(LAST, RuleOperator.NOT_WITHIN_LAST, AWAY), LAST)


def _lapsing(sentence: Sentence, text: str) -> None:
    sentence.assume(f'"{text}" was read as: no visit in the last 90 days.')
    sentence.add(where(LAST, RuleOperator.NOT_WITHIN_LAST, AWAY), LAST)


def _while(sentence: Sentence, text: str) -> None:
    """ "Recently" before what happened: it waits for it."""
    sentence.span = Span(SpanKind.VAGUE)


def _active(sentence: Sentence, text: str) -> None:
    span = _span_after(sentence)
    if span is not None:
        add_visit(sentence, span)
        return
    sentence.assume(f'"{text}" was read as: a visit in the last 90 days.')
    sentence.add(where(LAST, RuleOperator.WITHIN_LAST, AWAY), LAST)


def _recent(sentence: Sentence, text: str) -> None:
    if (span := _span_after(sentence)) is not None:
        add_visit(sentence, span)
        return
    sentence.assume(f'"{text}" was read as: a visit in the last 30 days.')
    sentence.add(where(LAST, RuleOperator.WITHIN_LAST, RECENT), LAST)


def _new(sentence: Sentence, text: str) -> None:
    span = _span_after(sentence)
    if span is not None and span.kind is not SpanKind.VAGUE:
        if span.kind is SpanKind.FOR:
            span = Span(SpanKind.WITHIN, span.near)
        sentence.add(moment_rule(FIRST, span), FIRST)
        return
    sentence.assume(f'"{text}" was read as: the first visit in the last 30 days.')
    sentence.add(where(FIRST, RuleOperator.WITHIN_LAST, RECENT), FIRST)


def _old(sentence: Sentence, text: str) -> None:
    if sentence.peek().kind not in (Kind.PEOPLE, Kind.END, Kind.COMMA, Kind.AND, Kind.WHO):
        raise Asked(f'What is meant by "{text}"?')
    sentence.assume(f'"{text}" was read as: the first visit more than a year ago.')
    sentence.add(moment_rule(FIRST, Span(SpanKind.AGO, "P1Y")), FIRST)


def _high_spender(sentence: Sentence, text: str) -> None:
    _add_top(sentence, "totalSpend", TOP, text)


def _loyal(sentence: Sentence, text: str) -> None:
    least = sentence.vocabulary.top.get(("visitCount", TOP))
    if least is None:
        sentence.assume(f'"{text}" was read as: {LOYAL} visits or more.')
        sentence.add(where("visitCount", GTE, LOYAL), "visitCount")
        return
    _add_top(sentence, "visitCount", TOP, text)


def _add_top(sentence: Sentence, name: str, percent: int, text: str) -> None:
    """Those from whose amount on a share of all customers is. Raises Asked where that amount is not known."""
    amount = sentence.vocabulary.top.get((name, percent))
    what = "spend" if name == "totalSpend" else "visits"
    if amount is None:
        raise Asked(f'From which {what} on is a customer meant by "{text}"?')
    sentence.assume(
        f'"{text}" was read as the top {percent} % by {what}: {_told(sentence, name, amount)} or more.'
    )
    sentence.add(where(name, GTE, _given(name, amount)), name)


def _add_bottom(sentence: Sentence, name: str, text: str) -> None:
    amount = sentence.vocabulary.bottom.get((name, BOTTOM))
    what = "spend" if name == "totalSpend" else "visits"
    if amount is None:
        raise Asked(f'Up to which {what} is a customer meant by "{text}"?')
    sentence.assume(
        f'"{text}" was read as the lowest {BOTTOM} % by {what}: {_told(sentence, name, amount)} or less.'
    )
    sentence.add(where(name, LTE, _given(name, amount)), name)


def _given(name: str, amount: int) -> str | int:
    return to_text(amount) if name == "totalSpend" else amount


def _told(sentence: Sentence, name: str, amount: int) -> str:
    if name != "totalSpend":
        return f"{amount:,} visits"
    return f"{Decimal(to_text(amount)):,} {sentence.vocabulary.currency}"


def _low_spender(sentence: Sentence, text: str) -> None:
    _add_bottom(sentence, "totalSpend", text)


def _occasional(sentence: Sentence, text: str) -> None:
    _add_bottom(sentence, "visitCount", text)


def _one_time(sentence: Sentence, text: str) -> None:
    sentence.add(where("visitCount", EQ, 1), "visitCount", is_noun=True)
    add_single_time(sentence)


def add_single_time(sentence: Sentence) -> None:
    """A time said of customers with one visit: it is their last."""
    start = sentence.index
    sentence.skip(Kind.PEOPLE)
    span = sentence.take_span()
    if span is None:
        sentence.index = start
        return
    sentence.add(moment_rule(LAST, span), LAST)


def _repeat(sentence: Sentence, text: str) -> None:
    sentence.add(where("visitCount", GTE, 2), "visitCount", is_noun=True)


def _reachable(sentence: Sentence, text: str) -> None:
    sentence.assume(f'"{text}" was read as: an email address or a phone number is known.')
    reach = [where(name, RuleOperator.IS_SET) for name in ("email", "phone")]
    sentence.add({"any": reach}, "email")


def _either_way(sentence: Sentence, text: str) -> None:
    reach = [where(name, RuleOperator.IS_SET) for name in ("email", "phone")]
    sentence.add({"any": reach}, "email")


def _both_ways(sentence: Sentence, text: str) -> None:
    reach = [where(name, RuleOperator.IS_SET) for name in ("email", "phone")]
    sentence.add({"all": reach}, "email")


def _email(sentence: Sentence, text: str) -> None:
    sentence.add(where("email", RuleOperator.IS_SET), "email")
    sentence.has = True


def _phone(sentence: Sentence, text: str) -> None:
    sentence.add(where("phone", RuleOperator.IS_SET), "phone")
    sentence.has = True


def _untagged(sentence: Sentence, text: str) -> None:
    sentence.add(where("tags", RuleOperator.NOT_SET), "tags", is_noun=True)


def _domain(sentence: Sentence, text: str) -> None:
    """Whose email address is one of that service."""
    topic = sentence.peek().value
    if isinstance(topic, FieldTopic) and topic.field == "email":
        sentence.index += 1
    sentence.add(where("email", RuleOperator.CONTAINS, f"@{text.casefold()}."), "email", is_noun=True)


_BY = {Topic.SPEND: "totalSpend", Topic.COUNT: "visitCount", Topic.VISIT: "visitCount"}


def _best(sentence: Sentence, text: str) -> None:
    """ "Top 5 % by spend"; of "best customers" nobody knows whether by spend, visits or date."""
    percent = TOP
    quantity = sentence.take_quantity()
    if quantity is not None and not quantity.percent:
        raise Asked("A rule selects by amounts and not by rank. From which amount on, or which percentage?")
    if quantity is not None:
        percent = int(quantity.values[0])
    sentence.skip(Kind.ARTICLE, Kind.PREPOSITION)
    people = sentence.peek().value if sentence.peek().kind is Kind.PEOPLE else None
    sentence.skip(Kind.PEOPLE)
    if sentence.peek().kind is Kind.PREPOSITION and sentence.peek().value in ("by", "in"):
        sentence.index += 1
    sentence.skip(Kind.ARTICLE)
    atom = sentence.peek()
    name = _BY.get(people) if people else None
    if atom.kind is Kind.TOPIC and not isinstance(atom.value, FieldTopic) and atom.value in _BY:
        name, sentence.index = _BY[atom.value], sentence.index + 1
    if name is None or text.casefold() in ("worst", "bad"):
        raise Asked(f'What is meant by "{text}": by spend, by visits, or by how lately they came?')
    _add_top(sentence, name, percent, f"{text} {percent} %" if quantity else text)


_READERS: dict[str, Callable[[Sentence, str], None]] = {
    "high spender": _high_spender,
    "low spender": _low_spender,
    "loyal": _loyal,
    "occasional": _occasional,
    "lapsing": _lapsing,
    "inactive": _inactive,
    "while": _while,
    "recent": _recent,
    "active": _active,
    "new": _new,
    "old": _old,
    "one time": _one_time,
    "repeat": _repeat,
    "reachable": _reachable,
    "either way": _either_way,
    "both ways": _both_ways,
    "email": _email,
    "phone": _phone,
    "best": _best,
    "untagged": _untagged,
    "domain": _domain,
}
