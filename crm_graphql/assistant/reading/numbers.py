"""Numbers as people write them: "10,000", "1,50,000", "2.5k", "five thousand", "two and a half lakh"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from crm_graphql.assistant.reading.atoms import Asked
from crm_graphql.assistant.reading.words import Word, WordKind

SCALES = {
    **dict.fromkeys(("hundred", "hundreds", "sau"), 100),
    **dict.fromkeys(("k", "thousand", "thousands", "grand", "hazar", "hazaar", "hajar", "hajaar"), 1_000),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs", "l", "laakh"), 100_000),
    **dict.fromkeys(("crore", "crores", "cr", "crs", "karod"), 10_000_000),
    **dict.fromkeys(("m", "mn", "mil", "mio", "million", "millions"), 1_000_000),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 1_000_000_000),
    **dict.fromkeys(("dozen", "dozens"), 12),
}
_GLUED = frozenset({"l", "m", "b", "k"})
"""Letters that multiply only right after the digits."""

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: number for number, word in enumerate(_ONES)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}
WORDS["fourty"] = 40
HINDI = {
    "ek": 1,
    "do": 2,
    "teen": 3,
    "tin": 3,
    "char": 4,
    "chaar": 4,
    "paanch": 5,
    "panch": 5,
    "chhe": 6,
    "che": 6,
    "chah": 6,
    "saat": 7,
    "aath": 8,
    "nau": 9,
    "das": 10,
    "dus": 10,
    "bees": 20,
    "pachas": 50,
}
HINDI_UNITS = frozenset(
    [
        "baar",
        "bar",
        "mahine",
        "mahina",
        "maheene",
        "mahino",
        "hafte",
        "hafta",
        "saal",
        "din",
        "dino",
        "hazar",
        "hazaar",
        "lakh",
        "crore",
        "karod",
        "sau",
    ]
)
"""What must follow a Hindi number: some of them are English words too."""

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


def number_at(words: Sequence[Word], at: int) -> tuple[Decimal, int] | None:
    """The number that begins at `at` and where it ends, or None. Raises Asked for one that could be two."""
    found = _part(words, at)
    if found is None:
        return None
    total, end = found
    while (end > at and _key(words, end - 1) in SCALES) and (more := _continued(words, end)) is not None:
        total, end = total + more[0], more[1]
    return total, end


def _continued(words: Sequence[Word], at: int) -> tuple[Decimal, int] | None:
    """What is added to a number that ended with a scale: "two lakh fifty thousand", "a hundred and ten"."""
    if _key(words, at) == "and":
        at += 1
        if _key(words, at) not in WORDS:
            return None
    return _part(words, at)


def _part(words: Sequence[Word], at: int) -> tuple[Decimal, int] | None:
    """A number with its scales, and where it ends."""
    found = _plain(words, at)
    if found is None:
        return None
    value, end = found
    if _keys(words, end, 3) == ["and", "a", "half"]:
        value, end = value + Decimal("0.5"), end + 3
    while (scale := _scale(words, end)) is not None:
        value, end = value * scale, end + 1
    return value, end


def _plain(words: Sequence[Word], at: int) -> tuple[Decimal, int] | None:
    """A number without its scale: digits, or words below a hundred; "a" and "half a" before a scale."""
    if at >= len(words):
        return None
    word = words[at]
    if word.kind is WordKind.NUMBER:
        end = at + 1
        if _key(words, end) in _ORDINALS and words[end].glued:
            end += 1
        return _digits(word), end
    if word.key in WORDS:
        value, ones = WORDS[word.key], _key(words, at + 1)
        if value >= 20 and ones in WORDS and 0 < WORDS[ones] < 10:
            return Decimal(value + WORDS[ones]), at + 2
        return Decimal(value), at + 1
    if word.key in HINDI and _key(words, at + 1) in HINDI_UNITS:
        return Decimal(HINDI[word.key]), at + 1
    for said, amount in ((["half", "a"], "0.5"), (["a"], "1"), (["dedh"], "1.5"), (["dhai"], "2.5")):
        end = at + len(said)
        if (
            _keys(words, at, len(said)) == said
            and _key(words, end) in SCALES
            and _key(words, end) not in _GLUED
        ):
            return Decimal(amount), end
    return None


def _scale(words: Sequence[Word], at: int) -> int | None:
    key = _key(words, at)
    if key in _GLUED and not words[at].glued:
        # "5 k" is said, "5 l" is not.
        return 1_000 if key == "k" else None
    if key == "m" and _key(words, at + 1) in ("ago", "back"):
        return None
    return SCALES.get(key)


def _digits(word: Word) -> Decimal:
    text = re.sub(r"[\u00a0\u202f]", ",", word.text)
    whole, point, decimals = text.partition(".")
    if "," in whole and not _GROUPED.fullmatch(whole):
        raise Asked(f"Which number is meant by {word.text}? Write it without commas.")
    if point and len(decimals) == 3 and "," not in whole and whole != "0":
        raise Asked(f"Is {word.text} meant as {whole}{decimals} or as {whole} and a fraction?")
    return Decimal(text.replace(",", ""))


def _key(words: Sequence[Word], at: int) -> str:
    return words[at].key if 0 <= at < len(words) else ""


def _keys(words: Sequence[Word], at: int, count: int) -> list[str]:
    return [word.key for word in words[at : at + count]]
