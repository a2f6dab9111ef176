"""The pieces of a template's source, found in one pass, and the bounds that keep Liquid's own parser linear.

Liquid reads tags with patterns that begin anew at each brace: braces that never close, long gaps and nested
brackets cost it the square of their number. Here they are refused before it sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liquid.exceptions import LiquidSyntaxError
from liquid.token import TOKEN_EOF, Token

TAGS_LIMIT = 600
"""Placeholders and tags of one text."""
TAG_LENGTH_LIMIT = 1_000
"""Characters of one placeholder or tag."""
TAG_TEXT_LIMIT = 16_000
"""Characters of all of them."""
WORDS_LIMIT = 4_000
"""Words, numbers and signs of all of them: each takes five microseconds to parse."""
BRACKETS_LIMIT = 200
"""Opening brackets within them: Liquid looks for the end of each."""
_GAP_LIMIT = 50

_OPENING = re.compile(r"\{\{|\{%")
_TAG = re.compile(r"\{%-?\s*(#|\w+)")
_EMPTY = re.compile(r"\{\{-?\s*-?\}\}")
_COMMENT_DEPTH = {"comment": 1, "endcomment": -1}
_VERBATIM = re.compile(r"\{%-?\s*(raw|doc)\s*-?%\}")
_VERBATIM_END = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "doc")}
_GAP = re.compile(rf"\s{{{_GAP_LIMIT + 1}}}")
_BRACKET = re.compile(r"[\[(]")
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the source: plain text that is printed as it stands, or a tag or placeholder."""

    start: int
    end: int
    is_text: bool


def pieces(source: str) -> Iterator[Piece]:
    """The source from its first character to its last; what stands in raw or comment is no text here.

    Raises LiquidSyntaxError, with its place, for a brace that never closes and for what is over a limit.
    """
    counts = _Counts(source)
    at = comments = 0
    while opening := _OPENING.search(source, at):
        start = opening.start()
        if start > at:
            yield Piece(at, start, is_text=not comments)
        end = _end(source, start)
        if verbatim := _VERBATIM.fullmatch(source, start, end):
            end = _end_of_verbatim(source, start, end, verbatim[1])
            counts.add(start, start)
        else:
            counts.add(start, end)
        if (tag := _TAG.match(source, start, end)) and tag[1] in _COMMENT_DEPTH:
            comments = max(comments + _COMMENT_DEPTH[tag[1]], 0)
        yield Piece(start, end, is_text=False)
        at = end
    if at < len(source):
        yield Piece(at, len(source), is_text=True)


class _Counts:
    """What the tags so far hold, all together."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tags = self._characters = self._words = self._brackets = 0

    def add(self, start: int, end: int) -> None:
        """Count one. Raises LiquidSyntaxError for the first that is over a limit."""
        self._tags += 1
        self._characters += end - start
        self._words += len(_WORD.findall(self._source, start + 2, end - 2))
        self._brackets += len(_BRACKET.findall(self._source, start, end))
        for count, limit, what in (
            (self._tags, TAGS_LIMIT, "placeholders and tags"),
            (self._characters, TAG_TEXT_LIMIT, "characters in tags"),
            (self._words, WORDS_LIMIT, "words and signs in tags"),
            (self._brackets, BRACKETS_LIMIT, "brackets in tags"),
        ):
            if count > limit:
                raise _refused(f"more than {limit} {what}", self._source, start)


def _end(source: str, start: int) -> int:
    """Where the placeholder or tag that begins at `start` ends."""
    closing = "}}" if source.startswith("{{", start) else "%}"
    end = source.find(closing, start + 2) + 2
    if end < 2:
        text = "expected '}}', found end of file" if closing == "}}" else "a tag that no '%}' closes"
        raise _refused(text, source, start)
    if source.startswith("{{{", start):
        text = "a placeholder has two braces, as in {{ customer.name }}; this has three"
        raise _refused(text, source, start)
    if end - start > TAG_LENGTH_LIMIT:
        raise _refused(f"a tag of more than {TAG_LENGTH_LIMIT} characters", source, start)
    if _GAP.search(source, start, end):
        raise _refused(f"more than {_GAP_LIMIT} spaces in a row in a tag", source, start)
    if _EMPTY.fullmatch(source, start, end):
        raise _refused("an empty placeholder", source, start)
    if closing == "%}" and not _TAG.match(source, start, end):
        raise _refused("a tag without a name", source, start)
    return end


def _end_of_verbatim(source: str, start: int, end: int, name: str) -> int:
    closing = _VERBATIM_END[name].search(source, end)
    if closing is None:
        raise _refused(f"this tag is never closed with {{% end{name} %}}", source, start)
    return closing.end()


def _refused(text: str, source: str, start: int) -> LiquidSyntaxError:
    return LiquidSyntaxError(text, token=Token(TOKEN_EOF, "", start, source))
