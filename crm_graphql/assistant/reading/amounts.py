"""Amounts that no topic came before: they wait for one, or go on with the last."""

from __future__ import annotations

from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.quantities import Quantity, at, quantity_at
from crm_graphql.assistant.reading.sentence import AnyTopic, Sentence, Sign
from crm_graphql.assistant.reading.times import add_span
from crm_graphql.assistant.reading.topics import add_amount
from crm_graphql.audiences.fields import RuleFieldType


def add_amount_or_span(sentence: Sentence) -> None:
    atom = sentence.peek()
    if atom.kind is not Kind.VAGUE and add_span(sentence):
        return
    quantity = sentence.take_quantity()
    if quantity is not None:
        settle(sentence, quantity)
    elif (
        atom.kind is Kind.ONLY
        or (atom.kind is Kind.COMPARE and atom.text.casefold() == "plus")
        or (atom.kind is Kind.TO and sentence.peek(1).kind in (Kind.PEOPLE, Kind.EVERYBODY, Kind.VALUE))
    ):
        sentence.index += 1
    else:
        raise Asked(f'Which amounts are meant by "{atom.text}", and of what?')


def settle(sentence: Sentence, quantity: Quantity) -> None:
    """A quantity that no topic came before: it waits for one, or goes on with the last."""
    if sentence.amount is not None:
        sentence.settle_amount()
    sentence.amount = quantity
    ahead = 0
    while sentence.peek(ahead).kind in (Kind.HAVE, Kind.BE, Kind.ARTICLE, Kind.PREPOSITION, Kind.NOT):
        ahead += 1
    atom = sentence.peek(ahead)
    if atom.kind is Kind.TOPIC and _counts(sentence, atom.value):
        if sentence.peek().kind in (Kind.PREPOSITION, Kind.BE):
            sentence.index += ahead
        return
    if atom.kind is Kind.PEOPLE and (atom.value is Topic.SPEND or sentence.amount.times):
        return
    amount, sentence.amount = sentence.amount, None
    name = _amount_field(sentence)
    before = sentence.pieces[-1].sign if sentence.pieces else None
    if name is not None and before in (Sign.AND, Sign.OR, Sign.COMMA, Sign.EXCEPT, Sign.OPEN):
        if name == "visitCount" and amount.money:
            name = "totalSpend"
        if not (amount.compared or amount.times):
            sentence.amount = amount
            sentence.settle_amount()
        add_amount(sentence, name, amount)
    elif (later := _later_field(sentence)) is not None:
        add_amount(sentence, later, amount)
    elif amount.times:
        add_amount(sentence, "visitCount", amount)
    elif amount.money and (only := _only_money(sentence)) is not None:
        sentence.assume("The amount was read as money spent.")
        add_amount(sentence, only, amount)
    else:
        sentence.amount = amount
        sentence.settle_amount()


def _later_field(sentence: Sentence) -> str | None:
    """The field of an amount that goes on: "more than 2 but fewer than 6 visits"."""
    ahead = sentence.index
    while at(sentence.atoms, ahead).kind in (Kind.AND, Kind.BUT, Kind.COMMA):
        ahead += 1
    found = quantity_at(sentence.atoms, ahead, sentence.vocabulary.currency)
    if ahead == sentence.index or found is None:
        return None
    topic = at(sentence.atoms, found[1])
    return _field_of(sentence, topic.value) if topic.kind is Kind.TOPIC else None


def _counts(sentence: Sentence, topic: Topic | FieldTopic) -> bool:
    """Whether an amount can be said of the topic."""
    if not isinstance(topic, FieldTopic):
        return topic in (Topic.SPEND, Topic.VISIT, Topic.COUNT, Topic.RETURN)
    info = sentence.info(topic.field)
    return info is not None and info.type in (RuleFieldType.NUMBER, RuleFieldType.MONEY)


def _amount_field(sentence: Sentence) -> str | None:
    return _field_of(sentence, sentence.topic)


def _field_of(sentence: Sentence, topic: AnyTopic | None) -> str | None:
    if topic is Topic.SPEND:
        return "totalSpend"
    if topic in (Topic.VISIT, Topic.COUNT, Topic.RETURN):
        return "visitCount"
    if isinstance(topic, FieldTopic) and _counts(sentence, topic):
        return topic.field
    return None


def _only_money(sentence: Sentence) -> str | None:
    money = [one.field for one in sentence.vocabulary.fields if one.type is RuleFieldType.MONEY]
    return money[0] if len(money) == 1 else None
