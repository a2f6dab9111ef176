"""Texts and lists: whether a field is there, and which text it holds."""

from __future__ import annotations

from dataclasses import replace

from crm_graphql.assistant.reading.atoms import Asked, FieldTopic, Kind
from crm_graphql.assistant.reading.sentence import RawRule, Sentence, where
from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.audiences.fields import RuleFieldType, RuleOperator

_IS_SET, _NOT_SET = RuleOperator.IS_SET, RuleOperator.NOT_SET
_TEXTUAL = (RuleFieldType.TEXT, RuleFieldType.LIST)
_EACH_IS_MISSING = frozenset(
    {"missing", "lacking", "lack", "lacks", "are missing", "is missing", "with missing"}
)
"""Words after which "or" means any of the fields; after "without" it means none of them."""
_LINKS = (Kind.AND, Kind.OR, Kind.NOR, Kind.COMMA, Kind.BUT)
_NAMING = frozenset({"named", "called", "whose name", "name is"})


def add_text(sentence: Sentence, info: FieldInfo) -> None:
    """What is said of a field of texts: its value, a part of it, or that it is there."""
    said = sentence.peek(-1)
    sentence.skip(Kind.ARTICLE)
    if _add_compared(sentence, info, is_named=said.kind is Kind.BE or said.text.casefold() in _NAMING):
        return
    after = sentence.peek()
    is_missing = after.kind is Kind.LACK and after.text.casefold() in _EACH_IS_MISSING
    if after.kind is Kind.PRESENT or is_missing:
        sentence.negated = sentence.negated != (not after.value)
        sentence.index += 1
        sentence.add(where(info.field, _IS_SET), info.field)
        return
    if sentence.has is None and not sentence.negated and not _is_listed_with_lack(sentence):
        raise Asked(f"What is the {info.label.lower()} to be, or is it enough that there is one?")
    _add_presence(sentence, info)


def _is_listed_with_lack(sentence: Sentence) -> bool:
    """ "Email but no phone": the first is there, for the second is not."""
    return sentence.peek().kind in _LINKS and sentence.peek(1).kind in (Kind.LACK, Kind.NOT)


def _add_compared(sentence: Sentence, info: FieldInfo, *, is_named: bool) -> bool:
    """A comparison with a text: "name starts with A", "city is Pune", "email contains gmail"."""
    start, operator = sentence.index, None
    is_list = info.type is RuleFieldType.LIST
    kind = sentence.peek().kind
    if kind is Kind.CONTAINS or kind is Kind.BEGINS:
        operator = RuleOperator.CONTAINS if kind is Kind.CONTAINS else RuleOperator.STARTS_WITH
        sentence.index += 1
    elif kind is Kind.COMPARE and sentence.peek().value in (RuleOperator.EQ, RuleOperator.NE):
        operator = sentence.peek().value
        sentence.index += 1
    if operator is None:
        sentence.skip(Kind.EITHER, Kind.BE, Kind.ARTICLE)
    texts = _literals(sentence, info.field, is_named=is_named, is_part=operator is not None)
    if not texts:
        sentence.index = start
        if operator is not None:
            raise Asked(f"Which text is the {info.label.lower()} to be compared with?")
        return False
    if is_list:
        operator = RuleOperator.CONTAINS
    if len(texts) == 1:
        sentence.add(where(info.field, operator or RuleOperator.EQ, texts[0]), info.field)
    elif operator in (None, RuleOperator.EQ, RuleOperator.NE):
        sentence.negated = sentence.negated != (operator is RuleOperator.NE)
        sentence.add(where(info.field, RuleOperator.IN, texts), info.field)
    else:
        sentence.add({"any": [where(info.field, operator, text) for text in texts]}, info.field)
    return True


def _literals(sentence: Sentence, field: str, *, is_named: bool, is_part: bool) -> list[str]:
    """The texts that come next, with "or" between them. Where a comparison announced them, they may be any
    words, and where the field was only named, they are values of it."""
    texts: list[str] = []
    if is_part and sentence.peek().kind not in (*_LINKS, Kind.END, Kind.QUOTED, Kind.VALUE, Kind.UNREADABLE):
        sentence.atoms[sentence.index] = replace(sentence.peek(), kind=Kind.UNREADABLE)
    while (text := _literal(sentence, field, may_be_unknown=is_named or is_part)) is not None:
        texts.append(text)
        ahead = sentence.peek().kind
        if ahead not in (Kind.OR, Kind.COMMA):
            break
        start = sentence.index
        sentence.skip(Kind.OR, Kind.COMMA, Kind.ARTICLE)
        if sentence.peek().kind not in (Kind.QUOTED, Kind.VALUE, Kind.UNREADABLE):
            sentence.index = start
            break
    return texts


def _literal(sentence: Sentence, field: str, *, may_be_unknown: bool) -> str | None:
    atom = sentence.peek()
    if atom.kind is Kind.VALUE:
        found = next((value for name, value in atom.value if name == field), None)
        if found is None and not may_be_unknown:
            return None
        sentence.index += 1
        return found or atom.text
    if atom.kind is Kind.QUOTED or (atom.kind in (Kind.UNREADABLE, Kind.NUMBER) and may_be_unknown):
        sentence.index += 1
        if atom.kind is Kind.QUOTED:
            return str(atom.value) or None
        names = [atom.text]
        while sentence.peek().kind is Kind.UNREADABLE and sentence.peek().text[:1].isupper():
            # "Anna Smith"
            names.append(sentence.peek().text)
            sentence.index += 1
        if len(names) > 1:
            return " ".join(names)
        return _with_what_is_glued(sentence, atom.text, atom.start + len(atom.text))
    return None


def _with_what_is_glued(sentence: Sentence, text: str, end: int) -> str:
    """ "@gmail.com" is one text, though its signs are several atoms."""
    while sentence.peek().start == end and sentence.peek().text and sentence.peek().kind is not Kind.COMMA:
        atom = sentence.peek()
        if atom.kind is Kind.STOP and sentence.peek(1).start != end + 1:
            break
        text, end = text + atom.text, end + len(atom.text)
        sentence.index += 1
    return text


def _add_presence(sentence: Sentence, info: FieldInfo) -> None:
    """That one field or several are there, or are not: "without email or phone"."""
    lacks = (sentence.has is False) != sentence.negated
    said = sentence.has_said
    names, links = _listed(sentence, info)
    sentence.negated = False
    links_or = Kind.OR in links or Kind.NOR in links
    operator = _NOT_SET if lacks else _IS_SET
    parts = [where(name, operator) for name in names]
    if len(parts) == 1:
        sentence.add(parts[0], names[0])
        sentence.was_negated = lacks
        return
    is_any = links_or and (not lacks or said in _EACH_IS_MISSING)
    if lacks and not links_or and said not in _EACH_IS_MISSING and not sentence.is_both:
        sentence.assume(f"Those are meant who have none of the two: {' and '.join(names)}.")
    rule: RawRule = {"any" if is_any else "all": parts}
    sentence.add(rule, names[0])
    sentence.was_negated = lacks


def _listed(sentence: Sentence, info: FieldInfo) -> tuple[list[str], set[Kind]]:
    """The fields that one "with" or "without" is said of, and what is between them."""
    names, links = [info.field], set[Kind]()
    while sentence.peek().kind in _LINKS:
        ahead, between = 0, set[Kind]()
        while sentence.peek(ahead).kind in _LINKS:
            between.add(sentence.peek(ahead).kind)
            ahead += 1
        if sentence.peek(ahead).kind in (Kind.EITHER, Kind.BOTH):
            ahead += 1
        has_article = sentence.peek(ahead).kind is Kind.ARTICLE
        ahead += has_article
        atom = sentence.peek(ahead)
        other = sentence.info(atom.value.field) if isinstance(atom.value, FieldTopic) else None
        if other is None or other.type not in _TEXTUAL or Kind.BUT in between:
            break
        if sentence.has is False and has_article and Kind.AND in between:
            # "with no email and a phone number"
            sentence.has = True
            break
        if sentence.peek(ahead + 1).kind in (Kind.BE, Kind.CONTAINS, Kind.BEGINS, Kind.PRESENT, Kind.NOT):
            break
        names.append(other.field)
        links |= between
        sentence.index += ahead + 1
    return names, links
