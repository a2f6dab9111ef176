"""Phrases that mean something here: those of the lexicon, and those that the vocabulary brings."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crm_graphql.assistant.reading.atoms import FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.described import Describer
from crm_graphql.assistant.reading.lexicon import entries, phrases
from crm_graphql.assistant.reading.numbers import SCALES, WORDS
from crm_graphql.assistant.reading.places import RENAMED
from crm_graphql.assistant.reading.words import fold, split
from crm_graphql.assistant.vocabulary import Vocabulary
from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.core.countries import country_code, country_forms

Place = tuple[str, str]
"""A field, and one of its values."""

_BUILT_IN = {
    "totalSpend": Topic.SPEND,
    "visitCount": Topic.COUNT,
    "lastVisitAt": Topic.LAST,
    "firstVisitAt": Topic.FIRST,
}
_FIELD_WORDS = {
    "email": """email|emails|e mail|mail|email address|email addresses|e mail address|email id|email ids|
        mail id|mail address|an email on file""",
    "phone": """phone|phones|phone number|phone numbers|mobile|mobile number|mobile numbers|telephone|
        telephone number|cell|cell phone|cell number|contact number|contact numbers|mobile phone|
        whatsapp number|telephone numbers|phone no|mobile no|landline|tel|cellphone|fone|
        fone number|ph no|ph number""",
    "city": "city|town|cities|home city|home town|hometown",
    "country": "country|countries|nation|home country",
    "tags": "tag|tags|label|labels|any tag|any tags",
    "name": "name|names|full name|named|called|first name|whose name|name is",
    "externalId": "external id|external ids|customer id|customer ids|customer number|id",
    "createdAt": """created|record created|created at|added|record was created|imported|were created|
        was created|was added|in the crm""",
}
"""Usual words for fields that every deployment has."""

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    **{name.lower(): number for number, name in enumerate(calendar.month_abbr) if name},
    "sept": 9,
}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A meaning of a phrase."""

    kind: Kind
    value: Any


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases by their words.

    `longest` tells how many words a phrase may have that begins with a word; `known` are the words, and
    `values` those of values, by their first letter, that a slip of the pen is held against.
    """

    meanings: Mapping[tuple[str, ...], Entry]
    longest: Mapping[str, int]
    known: Mapping[str, Sequence[str]]
    values: Mapping[str, Sequence[str]]
    words: frozenset[str]
    describer: Describer
    own: frozenset[str]
    """What fields and values are called: of it a deployment may speak."""


def phrases_of(vocabulary: Vocabulary) -> Phrases:
    """The phrases of a vocabulary; made once for as long as it stays the same."""
    values = tuple((name, tuple(some)) for name, some in sorted(vocabulary.values.items()))
    return _made(vocabulary.fields, values)


@lru_cache(maxsize=16)
def _made(fields: tuple[FieldInfo, ...], values: tuple[tuple[str, tuple[str, ...]], ...]) -> Phrases:
    meanings = dict(_common())
    names = {info.field for info in fields}
    for key, entry in list(meanings.items()):
        if isinstance(entry.value, Topic) and not _is_asked_of(entry.value, names):
            del meanings[key]
    # Values first: what a field is called is not a value of another.
    for key, places in _values(values).items():
        if key in meanings and len(key) == 1 and meanings[key].kind not in _GIVES_WAY:
            continue
        meanings[key] = Entry(Kind.VALUE, places)
    _add_fields(meanings, fields)
    words = frozenset(word for key in meanings for word in key)
    of_values = {word for key, entry in meanings.items() if entry.kind is Kind.VALUE for word in key}
    common = (words - of_values) | {*WORDS, *SCALES, "rupees", "dollars", "euros", "pounds"}
    own = frozenset(
        " ".join(key)
        for key, entry in meanings.items()
        if entry.kind is Kind.VALUE or isinstance(entry.value, FieldTopic)
    )
    longest: dict[str, int] = {}
    for key in meanings:
        longest[key[0]] = max(longest.get(key[0], 0), len(key))
    return Phrases(
        meanings,
        longest,
        _by_first_letter(common),
        _by_first_letter(of_values),
        words,
        Describer(fields),
        own,
    )


def _by_first_letter(words: Iterable[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for word in sorted(words):
        if len(word) > 2 and word.isalpha():
            found.setdefault(word[0], []).append(word)
    return found


def _add_fields(meanings: dict[tuple[str, ...], Entry], fields: Sequence[FieldInfo]) -> None:
    """What fields are called: a label goes before usual words, and a label of two fields is nobody's."""
    for info in fields:
        topic = Entry(Kind.TOPIC, _BUILT_IN.get(info.field) or FieldTopic(info.field))
        for key in _names(*phrases(_FIELD_WORDS.get(info.field, ""))):
            meanings[key] = topic
    labelled: dict[tuple[str, ...], str] = {}
    for info in fields:
        topic = Entry(Kind.TOPIC, _BUILT_IN.get(info.field) or FieldTopic(info.field))
        for key in _names(info.label, info.field, _spaced(info.field)):
            is_shared = labelled.setdefault(key, info.field) != info.field
            meanings[key] = Entry(Kind.UNREADABLE, None) if is_shared else topic


_GIVES_WAY = frozenset({Kind.ADJECTIVE, Kind.PEOPLE, Kind.FEAST, Kind.MONTH, Kind.WEEKDAY, Kind.VAGUE})
"""What a value that occurs here may take the place of."""


def _is_asked_of(topic: Topic, names: set[str]) -> bool:
    return topic in (Topic.VISIT, Topic.RETURN) or topic.value in names


@lru_cache(maxsize=1)
def _common() -> Mapping[tuple[str, ...], Entry]:
    found = {key_of(phrase): Entry(kind, value) for phrase, kind, value in entries()}
    found[("||",)] = Entry(Kind.OR, None)
    found |= {(name,): Entry(Kind.MONTH, number) for name, number in MONTHS.items()}
    found |= {(name,): Entry(Kind.WEEKDAY, number) for name, number in _WEEKDAYS.items()}
    return found


def key_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as they are compared."""
    return tuple(word.key for word in split(phrase) if word.text != "-")


def _names(*said: str) -> Iterator[tuple[str, ...]]:
    """The words of each name, for one and for many."""
    for name in said:
        key = key_of(name)
        if key:
            yield key
            yield (*key[:-1], _other_number(key[-1]))


def _spaced(name: str) -> str:
    """ "loyaltyTier" as "loyalty Tier", "lastVisitAt" as "last Visit"."""
    return "".join(f" {sign}" if sign.isupper() else sign for sign in name).removesuffix(" At")


def _other_number(word: str) -> str:
    """The plural of a singular and the other way round, as far as spelling tells."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _values(values: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[tuple[str, ...], tuple[Place, ...]]:
    """The places of each value that occurs, by its words, its plural, and its other names."""
    found: dict[tuple[str, ...], dict[str, Place]] = {}
    for field, some in values:
        for value in some:
            for key in _said(field, value):
                if key:
                    found.setdefault(key, {}).setdefault(field, (field, value))
    return {key: tuple(places.values()) for key, places in found.items()}


@lru_cache(maxsize=1)
def _other_names() -> Mapping[str, Sequence[str]]:
    """The other names of a city, by each of them."""
    found: dict[str, list[str]] = {}
    for other, name in RENAMED.items():
        found.setdefault(fold(other), []).append(name)
        found.setdefault(fold(name), []).append(other)
    return found


def _said(field: str, value: str) -> Iterator[tuple[str, ...]]:
    key = key_of(value)
    yield key
    if field == "country":
        code = country_code(value)
        for form in country_forms(code) if code else ():
            if len(form) > 3 and form.isascii():
                yield key_of(form)
        return
    if field == "city":
        for other in _other_names().get(fold(value), ()):
            yield key_of(other)
        return
    if key and key[-1].isalnum():
        yield (*key[:-1], _other_number(key[-1]))
