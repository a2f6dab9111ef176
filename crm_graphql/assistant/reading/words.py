"""Words of a request: letters, numbers, signs and quoted texts, each with its place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


class WordKind(Enum):
    """What a piece of text is made of."""

    WORD = "WORD"
    NUMBER = "NUMBER"
    QUOTED = "QUOTED"
    DATE = "DATE"
    SIGN = "SIGN"


@dataclass(frozen=True, slots=True)
class Word:
    """One piece. `key` is what is compared: folded, without accents; of a quoted text what is inside. `glued`
    where no space is before it."""

    kind: WordKind
    text: str
    key: str
    start: int
    glued: bool = False


_PIECES = re.compile(
    r"""
      (?P<QUOTED> "(?:\\.|[^"\\])*" | (?<![^\W_])'(?=[^\s'])[^'"]{1,60}(?<=[^\s'])'(?![^\W_]) )
    | (?P<DATE> \b\d{4}-\d{1,2}-\d{1,2}(?!\d) | \b\d{4}/\d{1,2}/\d{1,2}(?!\d)
        | \b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b | \b\d{1,2}-\d{1,2}-\d{4}\b )
    | (?P<NUMBER> \d+(?:[,\u00a0\u202f]\d+)*(?:\.\d+)? | (?<![\w.])\.\d+ )
    | (?P<WORD> w/o\b | w/(?=\s|$) | (?:rs|[a-z]{3})(?=\d[\d,.]*(?![^\W\d]))
        | [^\W\d_](?:[^\W_]|['\u0300-\u036f])*(?<!') )
    | (?P<SIGN> >=|=>|<=|=<|!=|<>|==|&&|\|\||--+|/-(?!\d)|\S )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_SAME = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u02bc": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "\u2014",
        "\u2212": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u200b": " ",
        "\ufeff": " ",
        "_": " ",
    }
)
"""Signs that mean the same; each stands for one, so that places stay."""


def split(text: str) -> list[Word]:
    """All words of the text, in order; nothing but white space is left out."""
    found: list[Word] = []
    end = 0
    plain = _outside_quotes(text)
    for match in _PIECES.finditer(plain):
        kind = WordKind(match.lastgroup)
        piece = text[match.start() : match.end()]
        glued = bool(found) and match.start() == end
        found.append(Word(kind, piece, _key(kind, match.group(), piece), match.start(), glued))
        end = match.end()
    return found


def _outside_quotes(text: str) -> str:
    """The text with signs that mean the same made one; what is inside straight quotes stays as it is."""
    parts = re.split(r'("(?:\\.|[^"\\])*")', text, flags=re.DOTALL)
    return "".join(part if index % 2 else part.translate(_SAME) for index, part in enumerate(parts))


def _key(kind: WordKind, plain: str, piece: str) -> str:
    if kind is WordKind.QUOTED:
        return re.sub(r"\\(.)", r"\1", piece[1:-1], flags=re.DOTALL)
    return fold(plain)


def fold(text: str) -> str:
    """The text without case and accents, as words are compared."""
    if text.isascii() or not any(sign.isalpha() for sign in text):
        # Of a sign the stroke is no accent: without it the sign for "not equal" would be that for "equal".
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
