"""People by any name, and what the name brings along: spenders spend, buyers come."""

from __future__ import annotations

from crm_graphql.assistant.reading.adjectives import add_single_time
from crm_graphql.assistant.reading.atoms import Kind, Topic
from crm_graphql.assistant.reading.moments import add_visit
from crm_graphql.assistant.reading.sentence import Sentence, Sign
from crm_graphql.assistant.reading.times import add_time_as_customer
from crm_graphql.assistant.reading.topics import add_amount
from crm_graphql.audiences.fields import RuleOperator


def add_people(sentence: Sentence) -> None:
    """The noun; what it brings along counts with a number or a time."""
    topic = sentence.peek().value
    sentence.index += 1
    if sentence.pieces and sentence.pieces[-1].sign is Sign.AND:
        # "and people from Pune": others than those before, or the same?
        sentence.pieces[-1].is_noun = True
    if sentence.amount is not None and topic is Topic.SPEND:
        amount, sentence.amount = sentence.amount, None
        add_amount(sentence, "totalSpend", amount)
        return
    if sentence.amount is not None and sentence.amount.times:
        amount, sentence.amount = sentence.amount, None
        add_amount(sentence, "visitCount", amount)
        if amount.operator is RuleOperator.EQ and amount.values[0] == 1:
            add_single_time(sentence)
        return
    if topic is not None:
        _people_with_more(sentence, topic)
    elif sentence.peek().kind is Kind.PREPOSITION and sentence.peek().value == "for":
        add_time_as_customer(sentence)


def _people_with_more(sentence: Sentence, topic: Topic) -> None:
    """ "Buyers in the last 30 days", "spenders over 5k"."""
    if topic is Topic.SPEND:
        start = sentence.index
        sentence.skip(Kind.PREPOSITION, Kind.ARTICLE)
        quantity = sentence.take_quantity()
        if quantity is None:
            sentence.index = start
            return
        add_amount(sentence, "totalSpend", quantity)
        return
    span, sentence.span = sentence.span or sentence.take_span(), None
    if span is not None:
        add_visit(sentence, span)


def add_everybody(sentence: Sentence) -> None:
    sentence.index += 1
    sentence.everybody = True
