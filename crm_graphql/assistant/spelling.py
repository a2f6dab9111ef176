"""Spelling: a word that nobody knows is read as the one known word that it is closest to, if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from crm_graphql.core.countries import country_code

SHORTEST = 3
SHORT = 3
LONG = 7
"""From this many letters on, two of them may be wrong."""


def closest(word: str, known: Mapping[str, Sequence[str]], *, at_most: int = 2) -> str | None:
    """The known word that `word` was meant to be; `known` holds them by their first letter.

    None where none is close enough, or where it is an English word itself: then it means what it says.
    """
    if len(word) < SHORTEST or not word.isalpha() or is_english(word):
        return None
    allowed = min(at_most, 2 if len(word) >= LONG else 1)
    # A slip rarely changes the first letter, unless it swaps it with the second.
    choices = [*known.get(word[0], ()), *known.get(word[1], ())]
    found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=allowed, limit=8)
    likely = [
        (distance, not _is_within(word, choice), -_dictionary()[choice], choice)
        for choice, distance, _ in found
        if _is_likely(word, choice)
    ]
    return min(likely)[-1] if likely else None


def is_english(word: str) -> bool:
    """Whether the dictionary knows the word."""
    return word in _dictionary()


def prepare() -> None:
    """Read what takes its time when it is first needed: the dictionary, and the names of countries."""
    is_english("")
    country_code("")


@cache
def _dictionary() -> SpellChecker:
    return SpellChecker(language="en")


def _is_likely(word: str, choice: str) -> bool:
    """Of a short word a slip leaves a letter out, for else too many words are near."""
    if len(word) <= SHORT:
        return len(choice) > len(word) and _is_within(word, choice) and choice[0] == word[0]
    return choice[0] == word[0] or sorted(choice[:2]) == sorted(word[:2])


def _is_within(word: str, choice: str) -> bool:
    """Whether the word is the choice with letters left out."""
    signs = iter(choice)
    return all(sign in signs for sign in word)
