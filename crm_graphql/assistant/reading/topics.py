"""Topics: what is said of spend, visits, and any other field of the catalogue."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.moments import FIRST, LAST, add_moment, add_visit
from crm_graphql.assistant.reading.quantities import Quantity
from crm_graphql.assistant.reading.sentence import AnyTopic, Sentence, where
from crm_graphql.assistant.reading.spans import Span, SpanKind
from crm_graphql.assistant.reading.texts import add_text
from crm_graphql.audiences.fields import RuleFieldType, RuleOperator

EQ, IN, BETWEEN, GTE = RuleOperator.EQ, RuleOperator.IN, RuleOperator.BETWEEN, RuleOperator.GTE
LEAST_MONEY = Decimal(1_000)
"""A number of purchases from which on it is likelier money."""


def add_topic(sentence: Sentence) -> None:
    """Read the topic that comes next, with what is said of it."""
    topic: AnyTopic = sentence.peek().value
    text = sentence.peek().text.casefold()
    sentence.index += 1
    sentence.is_equated = sentence.peek().kind is Kind.BE
    sentence.skip(Kind.BE)
    if sentence.peek().kind in (Kind.NOT, Kind.NOTHING):
        sentence.is_equated = True
        sentence.negated, sentence.index = not sentence.negated, sentence.index + 1
    match topic:
        case FieldTopic():
            _add_field(sentence, topic)
        case Topic.SPEND:
            _add_spend(sentence)
        case Topic.LAST:
            _add_moment(sentence, topic, LAST)
        case Topic.FIRST:
            if text.startswith(("been", "have been", "customer")) and _is_dates(sentence):
                raise Asked(
                    "Are those meant whose first visit was in that time, or those who came before it?"
                )
            if text.startswith(
                ("joined", "signed", "sign", "registered", "became", "become", "onboarded", "acquired")
            ):
                sentence.note(f'"{text}" was read as the first visit.')
            _add_moment(sentence, topic, FIRST)
        case _:
            _add_visits(sentence, topic, text)
    sentence.topic = topic


def _is_dates(sentence: Sentence) -> bool:
    start, notes = sentence.index, list(sentence.notes)
    span = sentence.take_span()
    sentence.index, sentence.notes = start, notes
    return span is not None and span.kind is SpanKind.DATES


def _quantity(sentence: Sentence) -> Quantity | None:
    """The quantity that waits, or else the one that comes next."""
    if sentence.amount is not None:
        found, sentence.amount = sentence.amount, None
        return found
    return sentence.take_quantity()


def _span(sentence: Sentence) -> Span | None:
    found, sentence.span = sentence.span, None
    return found or sentence.take_span()


def _add_spend(sentence: Sentence) -> None:
    quantity = _quantity(sentence)
    if quantity is None:
        span = _span(sentence)
        if span is not None:
            quantity = sentence.take_quantity()
            if quantity is not None:
                raise Asked(_WINDOW.format("Spend"))
            add_visit(sentence, span)
        elif sentence.negated or sentence.has is False:
            sentence.negated = False
            sentence.add(where("totalSpend", RuleOperator.LTE, "0"), "totalSpend")
        else:
            raise Asked("How much is to be spent, at least or at most?")
        return
    sentence.negated = sentence.negated != (sentence.has is False and sentence.take_lack())
    _refuse_window(sentence, "Spend")
    add_amount(sentence, "totalSpend", quantity)


_WINDOW = "{} is kept as one total over all time, not for a stretch of it. Is the total meant?"


def _refuse_window(sentence: Sentence, what: str) -> None:
    """Raises Asked for an amount in a stretch of time: totals are over all time."""
    if _span(sentence) is not None:
        raise Asked(_WINDOW.format(what))


_PRICED = frozenset({"order", "orders", "purchase", "purchases", "transaction", "transactions"})
"""Words of which a large number after them may be the value of one."""


def _add_visits(sentence: Sentence, topic: Topic, text: str) -> None:
    came_before = sentence.amount is not None
    quantity = _quantity(sentence)
    lacks = sentence.has is False and sentence.take_lack()
    if quantity is None:
        span = _span(sentence)
        if span is not None:
            quantity = sentence.take_quantity()
            if quantity is not None:
                raise Asked(_WINDOW.format("The number of visits"))
            sentence.negated = sentence.negated != lacks
            add_visit(sentence, span)
            return
        _add_bare_visits(sentence, topic, text, lacks=lacks)
        return
    is_large = not came_before and not quantity.times and quantity.values[0] >= LEAST_MONEY
    if topic is Topic.COUNT and (quantity.money or (is_large and text in _PRICED)):
        raise Asked("What one order was worth is not kept, only what was spent in all. Is that meant?")
    if quantity.money or (not quantity.times and topic is Topic.VISIT and quantity.values[0] >= LEAST_MONEY):
        if not quantity.money:
            sentence.assume("The amount was read as money spent.")
        _refuse_window(sentence, "Spend")
        add_amount(sentence, "totalSpend", quantity)
        return
    _refuse_window(sentence, "The number of visits")
    if topic is Topic.RETURN:
        sentence.note("Coming back was counted after the first visit: coming back twice is three visits.")
        quantity = _one_more(quantity)
    add_amount(sentence, "visitCount", quantity)


def _one_more(quantity: Quantity) -> Quantity:
    return Quantity(
        quantity.operator, tuple(value + 1 for value in quantity.values), times=True, vague=quantity.vague
    )


def _add_bare_visits(sentence: Sentence, topic: Topic, text: str, *, lacks: bool) -> None:
    """Visits without a number or a time: whether there were any."""
    least = 2 if topic is Topic.RETURN else 1
    if sentence.negated or lacks:
        sentence.negated = False
        sentence.add(where("visitCount", EQ, least - 1), "visitCount")
    elif topic is Topic.COUNT and sentence.has is None and text != "visit":
        raise Asked(f'How many are meant by "{text}"?')
    else:
        ahead = sentence.peek().kind is Kind.PREPOSITION
        if sentence.peek(ahead).kind is Kind.VALUE:
            sentence.assume("Where they visited is not kept: the place is read as their own.")
        sentence.add(where("visitCount", GTE, least), "visitCount")


def _add_moment(sentence: Sentence, topic: AnyTopic, name: str) -> None:
    span = _span(sentence)
    if span is not None:
        add_moment(sentence, name, span)
        return
    if sentence.peek().kind is Kind.PRESENT:
        sentence.negated = sentence.negated != (not sentence.peek().value)
        sentence.index += 1
    elif sentence.has is False:
        sentence.negated = sentence.negated != sentence.take_lack()
    elif sentence.has is None and not sentence.negated:
        label = info.label.lower() if (info := sentence.info(name)) else name
        raise Asked(f"When is the {label} to be?")
    sentence.add(where(name, RuleOperator.IS_SET), name)


def _add_field(sentence: Sentence, topic: FieldTopic) -> None:
    info = sentence.info(topic.field)
    assert info is not None
    match info.type:
        case RuleFieldType.DATE_TIME:
            _add_moment(sentence, topic, info.field)
        case RuleFieldType.NUMBER | RuleFieldType.MONEY:
            quantity = _quantity(sentence)
            if quantity is not None:
                _refuse_window(sentence, info.label)
                add_amount(sentence, info.field, quantity)
                return
            _add_presence(sentence, info.field, info.label)
        case RuleFieldType.BOOLEAN:
            _add_boolean(sentence, info.field)
        case _:
            add_text(sentence, info)


def _add_presence(sentence: Sentence, name: str, label: str) -> None:
    if sentence.peek().kind is Kind.PRESENT:
        sentence.negated = sentence.negated != (not sentence.peek().value)
        sentence.index += 1
    elif sentence.has is None and not sentence.negated:
        raise Asked(f"What is {label.lower()} to be?")
    sentence.negated = sentence.negated != (sentence.has is False)
    sentence.add(where(name, RuleOperator.IS_SET), name)


_TRUE, _FALSE = frozenset({"yes", "true", "on"}), frozenset({"no", "false", "off"})


def _add_boolean(sentence: Sentence, name: str) -> None:
    said = sentence.peek().text.casefold()
    value = True
    if said in _TRUE | _FALSE:
        value, sentence.index = said in _TRUE, sentence.index + 1
    elif sentence.has is False:
        sentence.negated = sentence.negated != sentence.take_lack()
    sentence.add(where(name, EQ, value), name)


def add_amount(sentence: Sentence, name: str, quantity: Quantity) -> None:
    """The condition that a number or an amount of money compares as the quantity says.

    Raises Asked for a share of all, for an amount that is not meant exactly, and for a range upside down.
    """
    info = sentence.info(name)
    is_money = info is not None and info.type is RuleFieldType.MONEY
    label = info.label if info else name
    quantity = _with_late_comparison(sentence, quantity)
    if quantity.money and sentence.peek().text.casefold() == "worth":
        sentence.index += 1
    if quantity.times and is_money:
        raise Asked(f"{label} is no number of times. Are visits meant, or an amount?")
    if quantity.percent:
        raise Asked(f"A percentage of what is meant? {label} can be compared with an amount.")
    if quantity.money and not is_money:
        raise Asked(f"{label} is no amount of money. Is money spent meant, or a number?")
    operator, values = quantity.operator, quantity.values
    if quantity.vague:
        operator = GTE if operator is EQ else operator
        sentence.assume(f"{label}: that was read as {values[0]:,} or more.")
    elif quantity.about and operator is EQ:
        operator, values = BETWEEN, (values[0] * Decimal("0.9"), values[0] * Decimal("1.1"))
        if not is_money:
            values = tuple(Decimal(round(value)) for value in values)
        sentence.assume(f"{label}: about was read as within a tenth of the amount.")
    elif is_money and operator is EQ and not (quantity.compared or sentence.is_equated):
        if values[0] > 0:
            operator = GTE
            sentence.assume(f"{label}: {values[0]:,f} was read as that much or more.")
    elif sentence.negated and quantity.times and not quantity.compared and values[0] == 1 and operator is EQ:
        # "Not visited once"
        sentence.negated, values = False, (Decimal(0),)
    if quantity.is_scaled:
        sentence.assume(f"{label}: the range was read from {values[0]:,f} to {values[1]:,f}.")
    if operator is BETWEEN and values[0] > values[1]:
        values = (values[1], values[0])
        sentence.assume(f"{label}: the range was read from {values[0]:,} to {values[1]:,}.")
    given = [_plain(value, is_money, label) for value in values]
    sentence.add(where(name, operator, given if operator in (BETWEEN, IN) else given[0]), name)
    sentence.topic = Topic(name) if name in ("totalSpend", "visitCount") else FieldTopic(name)


def _with_late_comparison(sentence: Sentence, quantity: Quantity) -> Quantity:
    """ "3 visits or more", "2 orders at most"."""
    atom = sentence.peek()
    if quantity.compared or (atom.kind is not Kind.COMPARED and atom.value not in (GTE, RuleOperator.LTE)):
        return quantity
    if atom.kind is Kind.COMPARE and sentence.take_quantity() is not None:
        raise Asked("Two amounts are named for one thing. Which is meant?")
    if atom.kind not in (Kind.COMPARE, Kind.COMPARED):
        return quantity
    sentence.index += 1
    return replace(quantity, operator=atom.value, compared=True)


def _plain(value: Decimal, is_money: bool, label: str) -> Any:
    if is_money:
        return f"{value:f}"
    if value != int(value):
        raise Asked(f"{label} is a whole number. Which one is meant by {value}?")
    return int(value)
