"""Finding texts by their beginning: the words of a name, and the range of a prefix."""

from __future__ import annotations

import re
import sys

_SURROGATES = range(0xD800, 0xE000)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def words(text: str) -> list[str]:
    """The distinct words of a name in folded case, in order, for search by the prefix of a word."""
    return list(dict.fromkeys(text.casefold().split()))


def indexed_words(text: str) -> list[str]:
    """The words of a name, and the parts of those that are joined: Smith-Jones is found by Jones too."""
    found = words(text)
    parts = (part for word in found for part in re.split(r"[\W_]+", word) if part)
    return list(dict.fromkeys((*found, *parts)))


def is_storable(text: str) -> bool:
    """Whether MongoDB takes the text everywhere: no NUL, no lone surrogate."""
    return "\0" not in text and not any(ord(sign) in _SURROGATES for sign in text)


def is_one_line(text: str) -> bool:
    """Whether it can be stored and holds no control characters, like a line break."""
    return is_storable(text) and _CONTROL.search(text) is None


def storable(text: str) -> str:
    """The text with a question mark for each character that MongoDB does not take everywhere."""
    if is_storable(text):
        return text
    return "".join("?" if sign == "\0" or ord(sign) in _SURROGATES else sign for sign in text)


def prefix_range(prefix: str) -> dict[str, str]:
    """The condition on a text field that holds exactly for texts with this beginning; an index serves it.

    Use it within `$elemMatch` on a list, where each bound could else be met by another element.
    """
    after = prefix.rstrip(chr(sys.maxunicode))
    if not after:
        return {"$gte": prefix}
    following = ord(after[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return {"$gte": prefix, "$lt": after[:-1] + chr(following)}
