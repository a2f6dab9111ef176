"""Clauses: from atoms to conditions, and to the signs between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crm_graphql.assistant.reading.adjectives import add_adjective
from crm_graphql.assistant.reading.amounts import add_amount_or_span, settle
from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind
from crm_graphql.assistant.reading.moments import add_inactive
from crm_graphql.assistant.reading.people import add_everybody, add_people
from crm_graphql.assistant.reading.sentence import Sentence, Sign, where
from crm_graphql.assistant.reading.times import add_span, is_since_the_last
from crm_graphql.assistant.reading.topics import add_topic
from crm_graphql.assistant.reading.values import add_values, make_value
from crm_graphql.audiences.fields import RuleOperator

_SIGNS = {
    Kind.AND: Sign.AND,
    Kind.BUT: Sign.AND,
    Kind.OR: Sign.OR,
    Kind.COMMA: Sign.COMMA,
    Kind.STOP: Sign.PART,
    Kind.COLON: Sign.PART,
    Kind.EXCEPT: Sign.EXCEPT,
    Kind.OPEN: Sign.OPEN,
    Kind.CLOSE: Sign.CLOSE,
}
_STARTS_AMOUNT = (
    *(Kind.COMPARE, Kind.NUMBER, Kind.BETWEEN, Kind.ABOUT, Kind.CURRENCY, Kind.TIMES, Kind.VAGUE, Kind.ONLY),
    Kind.TO,
)
_STARTS_SPAN = (
    *(
        Kind.LAST,
        Kind.THIS,
        Kind.DAY,
        Kind.DATE,
        Kind.MONTH,
        Kind.QUARTER,
        Kind.WEEKDAY,
        Kind.EDGE,
        Kind.NEXT,
    ),
    *(Kind.TO_DATE, Kind.FEAST),
)
_ENDS = (Kind.END, Kind.AND, Kind.OR, Kind.COMMA, Kind.STOP, Kind.CLOSE, Kind.EXCEPT)
_EACH = frozenset({"all", "every", "each", "all of", "all the", "all our"})
_OUTSIDE = frozenset({"outside", "outside of", "from outside", "not from"})
_DANGLING = frozenset({"before", "after", "since", "until", "prior to", "later than", "earlier than", "near"})


def read_clauses(sentence: Sentence) -> None:
    """Turn all atoms into pieces. Raises Asked for what is not whole."""
    while sentence.peek().kind is not Kind.END:
        kind = sentence.peek().kind
        if kind in _SIGNS:
            _add_sign(sentence, _SIGNS[kind])
        elif kind in _STARTS_AMOUNT:
            add_amount_or_span(sentence)
        elif kind in _STARTS_SPAN:
            if not add_span(sentence):
                raise Asked(f'Which time is meant by "{sentence.peek().text}"?')
        else:
            _READERS.get(kind, _pass)(sentence)
    sentence.end_of_phrase()


def _pass(sentence: Sentence) -> None:
    sentence.index += 1


def _add_sign(sentence: Sentence, sign: Sign) -> None:
    kind, said = sentence.peek().kind, sentence.peek().text.casefold()
    sentence.end_of_phrase()
    sentence.index += 1
    # "All but VIPs"; "but only VIPs" and "but with an email" go on with who is meant.
    is_first = sentence.index > 1 and not sentence.pieces
    if kind is Kind.BUT and said == "but" and is_first and not _goes_on(sentence):
        sign = Sign.EXCEPT
    if sign is Sign.EXCEPT:
        sentence.has, sentence.topic = None, None
    if sign is Sign.OPEN and sentence.negated:
        sentence.negated = False
        sentence.join(Sign.NOT)
    if sign is Sign.CLOSE:
        sentence.has = None
    sentence.join(sign)


def _goes_on(sentence: Sentence) -> bool:
    return sentence.peek().kind in (Kind.NOT, Kind.LACK, Kind.WHO, Kind.HAVE, Kind.ONLY)


def _not(sentence: Sentence) -> None:
    sentence.index += 1
    if sentence.peek().kind is Kind.ONLY:
        raise Asked('Who else is meant by "not only"?')
    if sentence.peek().kind is Kind.EVERYBODY or sentence.peek().text.casefold() in _EACH:
        raise Asked("Who is meant by not all of them?")
    sentence.negated = not sentence.negated


def _neither(sentence: Sentence) -> None:
    sentence.index += 1
    sentence.negated = True


def _nor(sentence: Sentence) -> None:
    sentence.end_of_phrase()
    sentence.index += 1
    sentence.join(Sign.AND)
    sentence.negated = sentence.peek().kind is not Kind.NOT


def _who(sentence: Sentence) -> None:
    sentence.has_said = sentence.peek().text.casefold()
    sentence.has = True if sentence.has_said.split()[-1] in ("have", "has", "had", "who've") else None
    sentence.index += 1
    sentence.join(Sign.WHO)


def _has(sentence: Sentence) -> None:
    if sentence.peek(1).kind in _ENDS:
        _loose(sentence)
    sentence.has, sentence.has_said = True, sentence.peek().text.casefold()
    sentence.index += 1


def _lacks(sentence: Sentence) -> None:
    sentence.has, sentence.has_said = False, sentence.peek().text.casefold()
    sentence.index += 1
    if (
        sentence.peek().kind in (Kind.PREPOSITION, Kind.NUMBER, Kind.COMPARE)
        and sentence.has_said == "missing"
    ):
        # "missing for 3 months" is said of people.
        sentence.has = None
        span = sentence.take_span()
        if span is None:
            raise Asked("What is to be missing?")
        add_inactive(sentence, span)


def _either(sentence: Sentence) -> None:
    sentence.index += 1
    if sentence.pieces and sentence.pieces[-1].sign in (Sign.AND, Sign.COMMA, Sign.PART, Sign.EXCEPT):
        sentence.join(Sign.EITHER)


def _both(sentence: Sentence) -> None:
    sentence.index += 1
    sentence.is_both = True


def _tagged(sentence: Sentence) -> None:
    said = sentence.peek().text
    sentence.index += 1
    sentence.skip(Kind.ARTICLE, Kind.EITHER, Kind.BE)
    if sentence.peek().kind is Kind.BOTH:
        _both(sentence)
    if sentence.peek().kind is Kind.NOT:
        _not(sentence)
    elif sentence.peek().kind is Kind.NEITHER:
        _neither(sentence)
    sentence.is_tag = True
    if sentence.peek().kind is Kind.QUOTED:
        sentence.add(where("tags", RuleOperator.CONTAINS, sentence.peek().value), "tags", is_noun=True)
        sentence.index += 1
    elif sentence.peek().kind is Kind.VALUE:
        add_values(sentence)
    elif sentence.peek().kind is Kind.TOPIC:
        sentence.has = True
    elif said.casefold().startswith(("with", "ha")):
        sentence.add(where("tags", RuleOperator.IS_SET), "tags")
    elif sentence.peek().kind is not Kind.UNREADABLE:
        raise Asked(f'Which tag is meant by "{said}"?')
    sentence.is_tag = False


def _preposition(sentence: Sentence) -> None:
    """A time, or a place, or the beginning of an amount."""
    word = sentence.peek().value
    if word == "since" and is_since_the_last(sentence):
        return
    if add_span(sentence):
        return
    quantity = sentence.take_quantity() if word == "from" else None
    if quantity is not None:
        settle(sentence, quantity)
        return
    sentence.index += 1
    start = sentence.index
    sentence.skip(Kind.ARTICLE, Kind.EITHER, Kind.BOTH, Kind.ONLY)
    atom = sentence.peek()
    if atom.kind is Kind.PEOPLE:
        return
    if word == "for" and sentence.peek().kind in _ENDS and sentence.pieces:
        # "customers we have an email for"
        return
    if word == "near" or sentence.peek().kind in _ENDS:
        raise Asked(f'What is meant by "{word}"?')
    if word in _OUTSIDE:
        sentence.negated = not sentence.negated
    if isinstance(atom.value, FieldTopic) and sentence.peek(1).kind is Kind.VALUE:
        # "in the city of Pune"
        sentence.index += 1
    elif atom.kind is Kind.VALUE or make_value(sentence):
        sentence.is_place = True
        add_values(sentence)
        sentence.is_place = False
    elif atom.kind is Kind.UNREADABLE and word in ("in", "from", "at", *_OUTSIDE) and atom.text[:1].isupper():
        raise Asked(
            f'No customer is from "{atom.text}", as far as city and country tell. Which place is meant?'
        )
    elif word in _DANGLING or word in _OUTSIDE:
        raise Asked(f'What is meant by "{word}"?')
    else:
        sentence.index = start


def _condition(sentence: Sentence) -> None:
    rule = sentence.peek().value
    sentence.index += 1
    sentence.add(rule, rule["where"]["field"])
    sentence.topic = None


def _compared(sentence: Sentence) -> None:
    raise Asked(f'Which amount is meant by "{sentence.peek().text}"?')


def _plus(sentence: Sentence) -> None:
    """ "Plus" between two conditions is an "and"."""
    if sentence.peek().text.casefold() in ("plus", "+") and sentence.pieces:
        _add_sign(sentence, Sign.AND)
        return
    _compared(sentence)


def _present(sentence: Sentence) -> None:
    """ "Known" or "unknown" before the field."""
    if sentence.peek(1).kind is not Kind.TOPIC:
        _loose(sentence)
    if not sentence.peek().value:
        sentence.has, sentence.has_said = False, "missing"
    elif sentence.has is None:
        sentence.has = True
    sentence.index += 1


def _quoted(sentence: Sentence) -> None:
    if not make_value(sentence):
        _loose(sentence)
    add_values(sentence)


def _loose(sentence: Sentence) -> None:
    """A word that says something only with others, and stands alone."""
    raise Asked(f'What is meant by "{sentence.peek().text}"?')


_READERS: Mapping[Kind, Callable[[Sentence], None]] = {
    Kind.NOT: _not,
    Kind.NEITHER: _neither,
    Kind.NOR: _nor,
    Kind.WHO: _who,
    Kind.HAVE: _has,
    Kind.LACK: _lacks,
    Kind.BOTH: _both,
    Kind.EITHER: _either,
    Kind.TAGGED: _tagged,
    Kind.PEOPLE: add_people,
    Kind.EVERYBODY: add_everybody,
    Kind.PREPOSITION: _preposition,
    Kind.TOPIC: add_topic,
    Kind.VALUE: add_values,
    Kind.ADJECTIVE: add_adjective,
    Kind.CONDITION: _condition,
    Kind.COMPARED: _plus,
    Kind.PRESENT: _present,
    Kind.NOTHING: _loose,
    Kind.BEGINS: _loose,
    Kind.CONTAINS: _loose,
    Kind.QUOTED: _quoted,
    Kind.UNREADABLE: _loose,
    Kind.UNIT: _loose,
    Kind.AGO: _loose,
    Kind.PERCENT: _loose,
}
