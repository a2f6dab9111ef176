"""The parts of an HTML template: tags, texts and comments, in one pass, with Liquid's tags out of the way.

A parser that builds a tree moves what it finds in the wrong place: a loop around the rows of a table would
stand before the table. So Liquid's tags are signs here, which nothing else holds, and every part stays where
it is. Each pattern takes what it began to its end or to that of the source: the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from crm_graphql.campaigns.liquid_source import pieces
from crm_graphql.core.html_attributes import attribute_value

_OPEN, _CLOSE = "\U0010fff0", "\U0010fff1"
BODY_MARK = "\U0010fff2"
"""Stands where the body of an HTML template begins."""
SIGN = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
"""What stands for a tag of Liquid; the number says which."""

_SIGNS = re.compile(f"[{_OPEN}{_CLOSE}{BODY_MARK}]")
_PART = re.compile(
    r"(?P<comment><!--(?:-?>|.*?(?:--!?>|\Z)))"
    r"|(?P<declaration><[!?][^>]*+(?:>|\Z))"
    r"|</(?P<end>[a-zA-Z][^\s/>]*+)[^>]*+(?:>|\Z)"
    # A quote is one only behind an equals sign.
    r"""|<(?P<start>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^=>]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)"""
    r"(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s=/>"'][^\s=/>]*+)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]*+)))?""", re.DOTALL
)
_RAW_NAMES = ("style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE) for name in _RAW_NAMES}


class PartKind(Enum):
    """What a part of HTML is. RAW is what stands in a style, a script or a title: no tags are in it."""

    TEXT = "TEXT"
    START = "START"
    END = "END"
    RAW = "RAW"
    ASIDE = "ASIDE"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the source. `name` is the element's, in small letters; that of RAW is what it is in."""

    kind: PartKind
    start: int
    end: int
    name: str = ""
    written: str = ""
    """The attributes of a START, as they are written."""

    @property
    def attributes(self) -> dict[str, str]:
        """By name in small letters; of one that comes twice the first counts."""
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(self.written):
            value = next((group for group in match.groups()[1:] if group is not None), "")
            found.setdefault(match[1].lower(), attribute_value(value))
        return found


@dataclass(frozen=True, slots=True)
class HtmlSource:
    """An HTML template with signs in place of Liquid's tags."""

    text: str
    tags: Sequence[str]
    """What the signs stand for, by their numbers."""

    @classmethod
    def of(cls, source: str) -> HtmlSource:
        """That of a template. Raises LiquidError for braces that never close."""
        out: list[str] = []
        tags: list[str] = []
        for piece in pieces(source):
            part = source[piece.start : piece.end]
            if piece.is_text:
                # Characters of no use in a text, of which nobody may make a sign.
                out.append(_SIGNS.sub("", part))
            else:
                out.append(f"{_OPEN}{len(tags)}{_CLOSE}")
                tags.append(part)
        return cls("".join(out), tags)

    @classmethod
    def rendered(cls, html: str) -> HtmlSource:
        """That of a message as somebody gets it, in which braces are braces."""
        return cls(_SIGNS.sub("", html), [])

    def parts(self) -> Iterator[Part]:
        """From the first character to the last."""
        at = 0
        while found := _PART.search(self.text, at):
            if found.start() > at:
                yield Part(PartKind.TEXT, at, found.start())
            at = found.end()
            if found["start"] is None:
                kind = PartKind.ASIDE if found["end"] is None else PartKind.END
                yield Part(kind, found.start(), at, (found["end"] or "").lower())
                continue
            name = found["start"].lower()
            yield Part(PartKind.START, found.start(), at, name, found["attributes"])
            if ending := _RAW_ENDS.get(name):
                closing = ending.search(self.text, at)
                end = closing.start() if closing else len(self.text)
                if end > at:
                    yield Part(PartKind.RAW, at, end, name)
                at = end
        if at < len(self.text):
            yield Part(PartKind.TEXT, at, len(self.text))

    def written(self, text: str) -> str:
        """A text with signs, with Liquid's tags again."""
        return SIGN.sub(lambda sign: self.tags[int(sign[1])], text)


def marked_body(html: str) -> str:
    """The template with a mark at the beginning of its body; where no tag begins one, behind the kind of
    document and the head. Raises LiquidError for braces that never close."""
    source = HtmlSource.of(html)
    at = 0
    for part in source.parts():
        if part.kind is PartKind.START and part.name == "body":
            at = part.end
            break
        if _is_before_body(source, part):
            at = part.end
    return f"{source.written(source.text[:at])}{BODY_MARK}{source.written(source.text[at:])}"


def _is_before_body(source: HtmlSource, part: Part) -> bool:
    if part.kind is PartKind.ASIDE:
        return source.text[part.start : part.end].lower().startswith("<!doctype")
    return (part.kind, part.name) in ((PartKind.START, "html"), (PartKind.END, "head"))
