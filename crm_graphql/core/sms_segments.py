"""Segments of an SMS: in which alphabet a text travels, and how many messages carriers charge it as.

As 3GPP TS 23.038 and 23.040 say. A text of the GSM 7-bit alphabet has 160 septets in one segment and 153 in
each of several, for a header of six octets joins them; any other is UCS-2, of 70 and 67 units of UTF-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Each is an escape and a second septet."""
_GSM = _BASIC | _EXTENDED
_LAST_OF_ONE_UNIT = "\uffff"


class Alphabet(Enum):
    """How the characters of an SMS are written."""

    GSM_7 = "GSM_7"
    UCS_2 = "UCS_2"

    @property
    def alone(self) -> int:
        """How much one segment holds that is the whole message: septets, or units of UTF-16."""
        return 160 if self is Alphabet.GSM_7 else 70

    @property
    def joined(self) -> int:
        """How much each of several segments holds."""
        return 153 if self is Alphabet.GSM_7 else 67


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `count` is 0 for an empty one.

    `forcing` are the characters outside the GSM alphabet, each once, in their order: they make it UCS-2.
    """

    count: int
    alphabet: Alphabet
    forcing: tuple[str, ...] = ()


def segments_of(text: str) -> Segments:
    """The segments of a text as it is sent, with all its values in it."""
    if _GSM.issuperset(text):
        doubles = sum(map(text.count, _EXTENDED))
        return Segments(_count(text, _EXTENDED, doubles, Alphabet.GSM_7), Alphabet.GSM_7)
    pairs = frozenset(character for character in {*text} if character > _LAST_OF_ONE_UNIT)
    doubles = sum(map(text.count, pairs))
    forcing = tuple(dict.fromkeys(character for character in text if character not in _GSM))
    return Segments(_count(text, pairs, doubles, Alphabet.UCS_2), Alphabet.UCS_2, forcing)


def _count(text: str, pairs: frozenset[str], doubles: int, alphabet: Alphabet) -> int:
    """How many segments; `pairs` are the characters that take two places, of which there are `doubles`."""
    if len(text) + doubles <= alphabet.alone:
        return 1 if text else 0
    if not doubles:
        return -(-len(text) // alphabet.joined)
    return sum(1 for _ in _cuts(text, pairs, alphabet.joined))


def _cuts(text: str, pairs: frozenset[str], room: int) -> Iterator[int]:
    """Where each of several segments begins: no pair is split, though a place stays empty for it."""
    left = 0
    for index, character in enumerate(text):
        size = 2 if character in pairs else 1
        if size > left:
            yield index
            left = room
        left -= size
