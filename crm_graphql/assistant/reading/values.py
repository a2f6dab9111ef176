"""Values that occur: cities, countries, tags and options, alone and in lists."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crm_graphql.assistant.reading.atoms import Asked, Atom, FieldTopic, Kind
from crm_graphql.assistant.reading.sentence import RawRule, Sentence, Sign, where
from crm_graphql.audiences.fields import RuleFieldType, RuleOperator

_PLACES = ("city", "country")
_LINKS = (Kind.AND, Kind.OR, Kind.NOR, Kind.COMMA)
_ENDS = (*_LINKS, Kind.END, Kind.BUT, Kind.STOP, Kind.CLOSE)
_POSTPOSITIONS = frozenset({"mein", "me", "main", "se", "mein se", "me se"})
_BETWEEN = (Kind.ARTICLE, Kind.EITHER, Kind.BOTH)


@dataclass(slots=True)
class _List:
    """Values of one field with what is between them. `is_nouns` where they stand for people: in "VIPs and
    newsletter subscribers" the "and" may mean either, after "tagged" it does not."""

    field: str
    values: list[str]
    links: set[Kind]
    is_nouns: bool


def add_values(sentence: Sentence) -> None:
    """Read the value that comes next, and those that are listed with it.

    Raises Asked where the value is one of several fields, and where "and" could mean either.
    """
    found = _read(sentence)
    info = sentence.info(found.field)
    is_list = info is not None and info.type is RuleFieldType.LIST
    if _skip_postposition(sentence) and sentence.peek().kind is Kind.NOT and sentence.peek(1).kind in _ENDS:
        # In Hindi the "not" comes last: "Delhi se nahi".
        sentence.negated, sentence.index = not sentence.negated, sentence.index + 1
    lacks = sentence.has is False and sentence.take_lack()
    sentence.negated = sentence.negated != lacks
    rule = _listed(sentence, found) if is_list else _one_of(sentence, found)
    sentence.add(rule, found.field, is_noun=True)
    sentence.topic = FieldTopic(found.field)


def _skip_postposition(sentence: Sentence) -> bool:
    """Go past a Hindi word that stands after the place: "Mumbai mein"."""
    if sentence.peek().kind is not Kind.PREPOSITION or sentence.peek().text.casefold() not in _POSTPOSITIONS:
        return False
    sentence.index += 1
    return True


def make_value(sentence: Sentence) -> bool:
    """Whether the text in quotes is a value that occurs; it is then one."""
    atom = sentence.peek()
    if atom.kind is not Kind.QUOTED:
        return False
    places = tuple(
        (name, value)
        for name, values in sentence.vocabulary.values.items()
        for value in values
        if value.casefold() == atom.value.casefold()
    )
    if places:
        sentence.atoms[sentence.index] = replace(atom, kind=Kind.VALUE, value=places)
    return bool(places)


def _one_of(sentence: Sentence, found: _List) -> RawRule:
    """A field with one value is one of those listed, whether by "or" or by "and"."""
    if len(found.values) == 1:
        return where(found.field, RuleOperator.EQ, found.values[0])
    if Kind.AND in found.links and not sentence.negated:
        sentence.note(f'A customer has one {found.field}, so "and" was read as "or".')
    return where(found.field, RuleOperator.IN, found.values)


def _listed(sentence: Sentence, found: _List) -> RawRule:
    if len(found.values) == 1:
        return where(found.field, RuleOperator.CONTAINS, found.values[0])
    is_excluded = bool(sentence.pieces) and sentence.pieces[-1].sign is Sign.EXCEPT
    if Kind.AND in found.links and not is_excluded:
        if not sentence.is_both and (sentence.negated or found.is_nouns):
            values = " and ".join(f'"{value}"' for value in found.values)
            raise Asked(f"Are those meant who have all of {values}, or any of them?")
        return {"all": [where(found.field, RuleOperator.CONTAINS, value) for value in found.values]}
    return where(found.field, RuleOperator.IN, found.values)


def _read(sentence: Sentence) -> _List:
    field, value = _chosen(sentence, sentence.peek())
    is_tag = sentence.is_tag
    sentence.index += 1
    found = _List(field, [value], set(), is_nouns=_skip_noun(sentence, field) and not is_tag)
    while (more := _next(sentence, found)) is not None:
        ahead, links, atom = more
        sentence.index += ahead + 1
        found.values.append(next(value for name, value in atom.value if name == field))
        found.links |= links
        found.is_nouns = (_skip_noun(sentence, field) or found.is_nouns) and not is_tag
    found.values = list(dict.fromkeys(found.values))
    return found


def _next(sentence: Sentence, found: _List) -> tuple[int, set[Kind], Atom] | None:
    """The next value of the list: how far ahead, and what is before it."""
    ahead, links, has_preposition = 0, set[Kind](), False
    while sentence.peek(ahead).kind in _LINKS:
        links.add(sentence.peek(ahead).kind)
        ahead += 1
    mixes = {Kind.AND, Kind.OR} <= (links | found.links) and found.field not in _PLACES
    if not links or mixes:
        return None
    if sentence.peek(ahead).kind is Kind.PEOPLE and sentence.peek(ahead + 1).kind is Kind.PREPOSITION:
        ahead += 1
    while sentence.peek(ahead).kind in (*_BETWEEN, Kind.PREPOSITION, Kind.TAGGED):
        has_preposition = has_preposition or sentence.peek(ahead).kind is Kind.PREPOSITION
        if sentence.peek(ahead).value in ("outside", "outside of", "near", "from outside"):
            return None
        ahead += 1
    atom = sentence.peek(ahead)
    if atom.kind is not Kind.VALUE or found.field not in {name for name, _ in atom.value}:
        return None
    if has_preposition and sentence.peek(ahead + 1).kind is Kind.HAVE:
        # "from Chennai, or from Pune with five visits": the visits are said of Pune alone.
        return None
    return ahead, links, atom


def _skip_noun(sentence: Sentence, field: str) -> bool:
    """Go past a noun that only says what the value is: "the vip tag", "Mumbai city", "VIP customers"; whether
    it is people's."""
    atom, is_people = sentence.peek(), sentence.peek(-1).text.casefold().endswith("s")
    said = {value for name, value in sentence.peek(-1).value if name == field}
    plural = is_people and sentence.peek(-1).text.casefold() not in {value.casefold() for value in said}
    if isinstance(atom.value, FieldTopic) and atom.value.field == field:
        sentence.index += 1
        return False
    if atom.kind is Kind.PEOPLE:
        # What the people do counts before a number or a time, and is read with it.
        sentence.index += atom.value is None or sentence.peek(1).kind in (*_ENDS, Kind.WHO)
        return True
    return plural


def _chosen(sentence: Sentence, atom: Atom) -> tuple[str, str]:
    """The field that the value is one of, and the value as it occurs."""
    places: tuple[tuple[str, str], ...] = atom.value
    if sentence.is_tag:
        wanted = [place for place in places if place[0] not in _PLACES]
        if not wanted:
            raise Asked(f'No customer has the tag "{atom.text}". Which tag is meant?')
    elif sentence.is_place:
        wanted = [place for place in places if place[0] in _PLACES] or list(places)
    else:
        wanted = list(places)
    after = sentence.peek(1)
    if len(wanted) > 1 and isinstance(after.value, FieldTopic):
        wanted = [place for place in wanted if place[0] == after.value.field] or wanted
    if len(wanted) > 1:
        fields = " or ".join(name for name, _ in wanted)
        raise Asked(f'Is "{atom.text}" meant as {fields}?')
    return wanted[0]
