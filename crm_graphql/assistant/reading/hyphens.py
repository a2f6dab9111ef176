"""Hyphens: they join two words, stand between the ends of a range, or part what is said."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from crm_graphql.assistant.reading.numbers import SCALES
from crm_graphql.assistant.reading.phrases import MONTHS
from crm_graphql.assistant.reading.words import Word, WordKind


def without_hyphens(words: Sequence[Word]) -> list[Word]:
    """The words without the signs that join two of them ("one-time", "90-day"); between numbers a hyphen is
    a range, and alone it parts what is said."""
    kept: list[Word] = []
    for index, word in enumerate(words):
        if word.key in ("-", "--") and 0 < index < len(words) - 1:
            after = words[index + 1]
            if after.key in MONTHS and words[index - 1].key in MONTHS:
                kept.append(Word(word.kind, word.text, "to", word.start))
                continue
            if after.kind is WordKind.WORD and after.glued and word.glued:
                continue
            if not word.glued and not after.glued:
                is_range = _is_of_amount(words[index - 1]) and _is_of_amount(after)
                kept.append(Word(word.kind, word.text, "to" if is_range else ",", word.start))
                continue
            kept.append(Word(word.kind, word.text, "to" if word.glued else word.key, word.start))
            continue
        kept.append(word)
    return kept


def _is_of_amount(word: Word) -> bool:
    """Whether the word can be the first or the last of an amount."""
    is_sign = len(word.text) == 1 and unicodedata.category(word.text) == "Sc"
    return (
        word.kind is WordKind.NUMBER or word.key in SCALES or word.key in ("rs", "inr", "rupees") or is_sign
    )
