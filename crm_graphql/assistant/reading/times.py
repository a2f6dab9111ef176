"""Times that no topic came before: they are said of what came earlier, or wait for what comes next."""

from __future__ import annotations

from dataclasses import replace

from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.moments import add_moment, add_visit
from crm_graphql.assistant.reading.sentence import Sentence, Sign
from crm_graphql.assistant.reading.spans import Span, SpanKind
from crm_graphql.audiences.fields import RuleFieldType


def add_span(sentence: Sentence) -> bool:
    """A time: of what is said already, or else of what comes next."""
    span = sentence.take_span()
    if span is None:
        return False
    goes_on = bool(sentence.pieces) and sentence.pieces[-1].sign in (Sign.AND, Sign.OR, Sign.COMMA)
    name = _moment(sentence) if goes_on else None
    if _topic_follows(sentence):
        _wait(sentence, span)
    elif name is not None:
        add_moment(sentence, name, span)
    elif sentence.negated or (goes_on and sentence.topic is Topic.VISIT):
        add_visit(sentence, span)
    else:
        _wait(sentence, span)
    return True


def _wait(sentence: Sentence, span: Span) -> None:
    """Have the span wait for its topic. Raises Asked where one waits already."""
    if sentence.span is not None:
        raise Asked("Two times are named for one thing. Which is meant?")
    sentence.span = span


def _moment(sentence: Sentence) -> str | None:
    """The moment that the last condition was about."""
    topic = sentence.topic
    if isinstance(topic, FieldTopic):
        info = sentence.info(topic.field)
        return topic.field if info is not None and info.type is RuleFieldType.DATE_TIME else None
    return topic.value if topic in (Topic.LAST, Topic.FIRST) else None


def _topic_follows(sentence: Sentence) -> bool:
    ahead = 0
    while sentence.peek(ahead).kind in (Kind.NOT, Kind.ARTICLE, Kind.BE, Kind.HAVE, Kind.WHO):
        ahead += 1
    return sentence.peek(ahead).kind in (Kind.TOPIC, Kind.ADJECTIVE, Kind.PEOPLE)


def is_since_the_last(sentence: Sentence) -> bool:
    """ "90 days since their last visit"."""
    ahead = 2 if sentence.peek(1).kind is Kind.ARTICLE else 1
    topic = sentence.peek(ahead).value
    names = {Topic.LAST: "lastVisitAt", Topic.FIRST: "firstVisitAt"}
    if sentence.span is None or sentence.peek(ahead).kind is not Kind.TOPIC or topic not in names:
        return False
    span, sentence.span = sentence.span, None
    sentence.index += ahead + 1
    kind = SpanKind.AGO if span.kind in (SpanKind.FOR, SpanKind.AROUND) else span.kind
    add_moment(sentence, names[topic], replace(span, kind=kind))
    return True


def add_time_as_customer(sentence: Sentence) -> None:
    """ "Customers for more than two years"."""
    span = sentence.take_span()
    if span is not None and span.kind is SpanKind.FOR:
        sentence.note('"Customers for" so long was read as: the first visit is longer ago.')
        add_moment(sentence, "firstVisitAt", replace(span, kind=SpanKind.AGO))
    elif span is not None:
        sentence.span = span
