"""The check of the numbers in a text against a campaign's figures, however they are written.

Digits with separators, decimals, percentages, "12k", number words and dates are read. A number is right when
it is a figure of its own kind, rounded to as many digits as it shows; zeros at its end count as rounding only
after "about" and its like. What cannot be read is wrong: the check lets nothing through for being odd.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from crm_graphql.assistant.summaries.dates import take_dates
from crm_graphql.assistant.summaries.figures import CampaignFigures, Fact, FactKind, facts

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_SMALL)} | {
    word: 10 * place for place, word in enumerate(_TENS, start=2)
}
_SCALES = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "million": 10**6,
    "bn": 10**9,
    "billion": 10**9,
}
_DIGITS = r"\d{1,3}(?P<comma>[,'’ .])\d{3}(?:(?P=comma)\d{3})*(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_COMPOUND = rf"(?:{'|'.join(_TENS)})[\s-](?:{'|'.join(_SMALL[1:10])})"
_NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})"
    rf"|\b(?P<words>{_COMPOUND}|{'|'.join((*_SMALL, *_TENS))})\b"
    r"|\b(?P<vague>dozens?|hundreds?|thousands?|millions?|billions?|half|halves|halved|thirds?|quarters?"
    r"|double[sd]?|twice|thrice|triple[sd]?|\w+fold)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(
    rf"(?:\s?(?P<scale>{'|'.join(_SCALES)})\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per\s?cent\b|percentage\b|pp\b|points?\b)|[\s-](?P<days>days?\b))?",
    re.IGNORECASE,
)
"""What may follow a number; it matches nothing too."""
_PRONOUN = re.compile(
    r"(?:\b(?:this|that|the|which|each|every|any|no|another|previous|last|next|earlier|first|only|good|new)\s)$",
    re.IGNORECASE,
)
_ROUNDLY = re.compile(
    r"(?:\b(?P<near>about|around|roughly|approximately|some|close to|circa|ca\.?)|~"
    r"|(?P<above>\b(?:over|more than|above|just over|at least|well over))"
    r"|(?P<below>\b(?:almost|nearly|just under|under|less than|fewer than|up to|below|not quite)))"
    r"\s?(?:[$€£¥₹]|[A-Z]{3}\s)?$",
    re.IGNORECASE,
)
NEARBY = 40
"""So many signs before and after a number say what it counts, and how roughly."""
_SYMBOLS = "$€£¥₹₽₩₺₴₦฿₫₱₪"


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of a text: how it may be read, what it counts, and how roughly it is meant."""

    text: str
    readings: tuple[Decimal, ...]
    scale: int
    kind: FactKind
    roundings: tuple[str, ...]
    is_rough: bool


def wrong_numbers(text: str, figures: CampaignFigures) -> list[str]:
    """The numbers and dates of `text` that are none of the figures, as they stand there, in order.

    A campaign's own name may hold any, where it stands in quotation marks. English only.
    """
    plain = _plain(text)
    for tally in filter(None, (figures, figures.earlier)):
        plain = re.sub(rf"[“\"'‘«]{re.escape(_plain(tally.name))}[”\"'’»]", " ", plain)
    plain, wrong = take_dates(plain, figures)
    known = facts(figures)
    found = [number for number in _numbers(plain, figures.currency) if not _is_right(number, known)]
    return [*wrong, *(number.text for number in found)]


def _plain(text: str) -> str:
    """One form of each sign, and nothing that is not seen."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")


def _numbers(text: str, currency: str) -> Iterator[_Number]:
    place = 0
    while (match := _NUMBER.search(text, place)) is not None:
        tail = _TAIL.match(text, match.end())
        place = tail.end() if tail is not None and match["vague"] is None else match.end()
        before, after = text[max(0, match.start() - NEARBY) : match.start()], text[place : place + NEARBY]
        if match["vague"] is not None or tail is None:
            yield _Number(match[0], (), 1, FactKind.COUNT, (), is_rough=False)
        elif match[0].lower() != "one" or not _is_pronoun(before, after):
            rough = _ROUNDLY.search(before)
            yield _Number(
                text=text[match.start() : place],
                readings=_readings(match["digits"]) if match["words"] is None else (_of_words(match[0]),),
                scale=_SCALES.get((tail["scale"] or "").lower(), 1),
                kind=_kind(tail, before, after, currency),
                roundings=_roundings(rough),
                is_rough=rough is not None or tail["scale"] is not None,
            )


def _is_pronoun(before: str, after: str) -> bool:
    """Whether "one" stands for a thing: "this one", "one suggestion", "one of the best"."""
    return (
        _PRONOUN.search(before) is not None
        or re.match(r"\s?(?:[.,;:!?)]|suggestion|thing)", after) is not None
    )


def _of_words(word: str) -> Decimal:
    return Decimal(sum(_WORDS[part] for part in re.split(r"[\s-]", word.lower())))


def _readings(digits: str) -> tuple[Decimal, ...]:
    """What the digits may mean: a dot or a comma parts thousands or begins the decimals."""
    groups = re.fullmatch(r"(\d{1,3}([,'’ .])\d{3}(?:\2\d{3})*)(?:[.,](\d+))?", digits)
    found = []
    if groups is not None:
        whole = re.sub(r"\D", "", groups[1])
        found.append(Decimal(f"{whole}.{groups[3]}" if groups[3] else whole))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", digits):
        found.append(Decimal(digits.replace(",", ".")))
    return tuple(found)


def _kind(tail: re.Match[str], before: str, after: str, currency: str) -> FactKind:
    if tail["percent"]:
        return FactKind.PERCENT
    if tail["days"]:
        return FactKind.DAYS
    code = re.escape(currency)
    is_money = re.search(rf"(?:[{_SYMBOLS}]|\b{code}\s?)-?$", before) or re.match(
        rf"\s?(?:[{_SYMBOLS}]|{code}\b|dollars?\b|euros?\b|pounds?\b|rupees?\b)", after
    )
    return FactKind.MONEY if is_money else FactKind.COUNT


def _roundings(rough: re.Match[str] | None) -> tuple[str, ...]:
    if rough is not None and rough["above"]:
        return (ROUND_FLOOR,)
    if rough is not None and rough["below"]:
        return (ROUND_CEILING,)
    return (ROUND_HALF_UP, ROUND_HALF_EVEN)


def _is_right(number: _Number, known: Sequence[Fact]) -> bool:
    return any(
        _equals(reading, abs(fact.value), number)
        for reading in number.readings
        for fact in known
        if fact.kind is number.kind
    )


def _equals(reading: Decimal, value: Decimal, number: _Number) -> bool:
    exact = reading * number.scale
    if exact == value:
        return True
    if number.kind in (FactKind.COUNT, FactKind.DAYS) and not number.is_rough:
        return False
    unit = Decimal(1).scaleb(int(reading.as_tuple().exponent)) * number.scale
    if number.is_rough and reading == reading.to_integral_value() and reading:
        # The zeros at its end are not meant to be digits.
        zeros = len(str(int(reading))) - len(str(int(reading)).rstrip("0"))
        unit *= Decimal(10) ** zeros
    return any((value / unit).to_integral_value(rounding) * unit == exact for rounding in number.roundings)
