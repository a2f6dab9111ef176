"""The tagging of a request: from its words to atoms that mean something."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm_graphql.assistant.reading.atoms import Asked, Atom, Kind, Refused, Unit
from crm_graphql.assistant.reading.currencies import currencies_named
from crm_graphql.assistant.reading.described import ForeignMoney, ForeignZone, NotWhole, Own
from crm_graphql.assistant.reading.hyphens import without_hyphens
from crm_graphql.assistant.reading.numbers import HINDI, SCALES, WORDS, number_at
from crm_graphql.assistant.reading.phrases import MONTHS, Phrases
from crm_graphql.assistant.reading.places import PEOPLES, country_named
from crm_graphql.assistant.reading.words import Word, WordKind, split
from crm_graphql.assistant.spelling import closest
from crm_graphql.assistant.vocabulary import Vocabulary

MAX_WORDS = 500
SLIPS = 12
"""Words that are held against the known ones; a request with more slips than that is asked about."""

_AFTER_A_NUMBER = frozenset(["h", "d", "w", "y", "x", "mo", "k"])
"""Short words that mean a unit only after a number."""

_LEADS_TO_A_MONTH = frozenset(
    {Kind.PREPOSITION, Kind.TO, Kind.BETWEEN, Kind.LAST, Kind.THIS, Kind.NUMBER, Kind.COMPARE, Kind.NEXT}
)


_GOES_ON = {
    "no": frozenset({"more", "less", "fewer", "later", "earlier", "greater", "higher", "lower", "longer"}),
    **dict.fromkeys(("more", "less", "fewer", "greater", "higher", "lower", "longer"), frozenset({"than"})),
}
"""Words after which a phrase does not end, by its last word: "with no" before "more than"."""


@dataclass
class Tagged:
    """The atoms of a request, and what was assumed to read them."""

    atoms: list[Atom] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tag(text: str, vocabulary: Vocabulary, phrases: Phrases) -> Tagged:
    """The atoms of `text`, all of it: what nobody knows is an atom too.

    Raises Asked where a number, a date or a sentence can be read in two ways.
    """
    return _Tagger(text, vocabulary, phrases).run()


class _Tagger:
    """Goes through the words once, taking the longest phrase each time."""

    def __init__(self, text: str, vocabulary: Vocabulary, phrases: Phrases) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._phrases = phrases
        self._done = Tagged()
        words = without_hyphens(split(text))
        if len(words) > MAX_WORDS:
            raise Refused(f"A request has at most {MAX_WORDS} words and signs.")
        self._words = self._without_slips(words)

    def run(self) -> Tagged:
        at = 0
        while at < len(self._words):
            at = self._next(at)
        return self._done

    def _without_slips(self, words: list[Word]) -> list[Word]:
        """The words with slips of the pen mended, as far as they are few."""
        slips, mended = 0, list[Word]()
        for word in words:
            key = word.key
            if word.kind is WordKind.WORD and not self._is_known(word) and slips < SLIPS:
                slips += 1
                key = self._meant(word.key)
                if key != word.key:
                    self._done.notes.append(f'"{word.text}" was read as "{key}".')
            mended.append(Word(word.kind, word.text, key, word.start, word.glued))
        return mended

    def _meant(self, word: str) -> str:
        """The word that was meant; of a value, which is less likely meant, one sign may differ."""
        return closest(word, self._phrases.known) or closest(word, self._phrases.values, at_most=1) or word

    def _is_known(self, word: Word) -> bool:
        return (
            word.key in self._phrases.words
            or word.key in WORDS
            or word.key in SCALES
            or word.key in HINDI
            or (word.text.isupper() and len(word.text) < 4)
            or bool(currencies_named(word.text, word.key, self._vocabulary.currency))
            or country_named(word.text, capital=True) is not None
            or word.key in PEOPLES
        )

    def _add(self, kind: Kind, value: Any, first: int, end: int) -> int:
        last = self._words[end - 1]
        start = self._words[first].start
        self._done.atoms.append(Atom(kind, value, self._text[start : last.start + len(last.text)], start))
        return end

    def _next(self, at: int) -> int:
        """Tag what begins at `at`; where the next begins."""
        word = self._words[at]
        if (end := self._described(at)) is not None:
            return end
        if word.kind is WordKind.QUOTED:
            return self._add(Kind.QUOTED, word.key, at, at + 1)
        if word.kind is WordKind.DATE:
            return self._add(Kind.DATE, _date(word), at, at + 1)
        for read in (self._phrase, self._number, self._money, self._country):
            if (end := read(at)) is not None:
                return end
        return self._unknown(at)

    def _described(self, at: int) -> int | None:
        if self._words[at].kind is not WordKind.WORD:
            return None
        start, known = self._words[at].start, self._vocabulary
        own = Own(known.currency, known.time_zone)
        try:
            found = self._phrases.describer.read(self._text, start, own)
        except NotWhole as error:
            raise Asked(f"{error} Which values are meant?") from None
        except ForeignMoney as error:
            raise Asked(foreign(self._vocabulary.currency, str(error))) from None
        except ForeignZone as error:
            raise Asked(f"Days are those of {own.zone} here, not of {error}. Which day is meant?") from None
        if found is None:
            return None
        end = at
        while end < len(self._words) and self._words[end].start < found.end:
            end += 1
        return self._add(Kind.CONDITION, found.rule, at, end)

    def _phrase(self, at: int) -> int | None:
        numbered = number_at(self._words, at)
        for length in range(min(self._phrases.longest.get(self._word(at), 0), len(self._words) - at), 0, -1):
            key = tuple(word.key for word in self._words[at : at + length])
            entry = self._phrases.meanings.get(key)
            if entry is None or (numbered and numbered[1] - at >= length and entry.kind is not Kind.TIMES):
                continue
            if self._words[at].kind is WordKind.NUMBER and entry.kind is not Kind.VALUE:
                continue
            if (length == 1 and not self._fits(entry.kind, at)) or self._is_the_us(at, length):
                continue
            if entry.kind is Kind.TOPIC and key[-1] in ("in", "by") and self._is_period(at + length):
                continue
            if self._word(at + length) in _GOES_ON.get(key[-1], ()):
                continue
            if (
                entry.kind is Kind.COMPARED
                and key[0] in ("or", "and", "&")
                and self._starts_amount(at + length)
            ):
                continue
            return self._add(entry.kind, entry.value, at, at + length)
        return None

    def _fits(self, kind: Kind, at: int) -> bool:
        """Whether a word that means something only in its place stands there."""
        word, before = self._words[at], self._done.atoms[-1:]
        if word.key in _AFTER_A_NUMBER and kind in (Kind.UNIT, Kind.TIMES):
            return bool(before) and before[0].kind is Kind.NUMBER
        if kind is Kind.MONTH and word.key == "may":
            after = self._words[at + 1] if at + 1 < len(self._words) else None
            leads = bool(before) and before[0].kind in _LEADS_TO_A_MONTH
            is_second = bool(before) and before[0].kind in (Kind.AND, Kind.OR) and self._has_month()
            return leads or is_second or (after is not None and after.kind is WordKind.NUMBER)
        return True

    def _is_the_us(self, at: int, length: int) -> bool:
        """Whether the phrase ends with the country and not the pronoun: "the us", or "US" in capitals."""
        word = self._words[at + length - 1]
        if word.key != "us":
            return False
        return self._word(at + length - 2) == "the" or (word.text == "US" and not self._text.isupper())

    def _starts_amount(self, at: int) -> bool:
        """Whether an amount follows: "or over 20k" begins another comparison."""
        if at >= len(self._words):
            return False
        word = self._words[at]
        return number_at(self._words, at) is not None or bool(
            currencies_named(word.text, word.key, self._vocabulary.currency)
        )

    def _is_period(self, at: int) -> bool:
        """Whether a year or a month is there: of "came in 2023" the "in" is the time's."""
        return self._word(at) in MONTHS or re.fullmatch(r"(?:19|20)\d\d", self._word(at)) is not None

    def _word(self, at: int) -> str:
        return self._words[at].key if at < len(self._words) else ""

    def _has_month(self) -> bool:
        return any(atom.kind is Kind.MONTH for atom in self._done.atoms)

    def _number(self, at: int) -> int | None:
        found = number_at(self._words, at)
        if found is None:
            return None
        value, end = found
        at_end = self._word(end)
        before = self._done.atoms[-1].kind if self._done.atoms else None
        if self._words[end - 1].key == "m" and (before in (Kind.LAST, Kind.ADJECTIVE) or at_end == "ago"):
            value, end = number_at(self._words[: end - 1], at) or (value, end)
            self._add(Kind.NUMBER, value, at, end)
            return self._add(Kind.UNIT, Unit.MONTH, end, end + 1)
        return self._add(Kind.NUMBER, value, at, end)

    def _money(self, at: int) -> int | None:
        word = self._words[at]
        codes = currencies_named(word.text, word.key, self._vocabulary.currency)
        if not codes:
            return None
        end = at + 1
        if word.key in ("rs", "re") and end < len(self._words) and self._words[end].text == ".":
            end += 1
        return self._add(Kind.CURRENCY, codes, at, end)

    def _country(self, at: int) -> int | None:
        """A country that no customer may be of, or its people."""
        if "country" not in {info.field for info in self._vocabulary.fields}:
            return None
        for length in (4, 3, 2, 1):
            some = self._words[at : at + length]
            if len(some) < length or any(word.kind is not WordKind.WORD for word in some):
                continue
            key = " ".join(word.key for word in some)
            said = self._text[some[0].start : some[-1].start + len(some[-1].text)]
            code = PEOPLES.get(key) or country_named(said, capital=True)
            if code is None and key == "us" and at and self._words[at - 1].key == "the":
                code = "US"
            if code is not None:
                return self._add(Kind.VALUE, (("country", self._occurring(code, said)),), at, at + length)
        return None

    def _occurring(self, code: str, said: str) -> str:
        """The country as customers here write it, or else as it was said."""
        for value in self._vocabulary.values.get("country", ()):
            if country_named(value, capital=True) == code:
                return value
        return said if country_named(said, capital=True) == code else code

    def _unknown(self, at: int) -> int:
        word = self._words[at]
        if word.kind is WordKind.WORD and word.key.endswith("'s"):
            stem = Word(word.kind, word.text[:-2], word.key[:-2], word.start, word.glued)
            self._words[at] = stem
            return at
        if word.text == "'" or (word.text in "*" and at == 0):
            return self._add(Kind.FILLER, None, at, at + 1)
        return self._add(Kind.UNREADABLE, word.text, at, at + 1)


def foreign(own: str, other: str) -> str:
    """The question about an amount in a currency that is not the deployment's."""
    return f"Amounts here are in {own}, and {other} was named. How much is meant in {own}?"


def _date(word: Word) -> date:
    """A date in figures. Raises Asked where day and month can be told apart by nothing."""
    parts = [int(part) for part in word.text.replace("/", "-").replace(".", "-").split("-")]
    try:
        if parts[0] > 31:
            return date(*parts)
        day, month, year = parts
        year += 2_000 if year < 100 else 0
        if day <= 12 and month <= 12 and day != month:
            raise Asked(f"Which day is {word.text}: the day first, or the month? Write it like 2024-03-31.")
        return date(year, month, day) if month <= 12 else date(year, day, month)
    except ValueError:
        raise Asked(f"{word.text} is no date that exists. Which one is meant?") from None
