"""The text of an HTML template, itself a template: for mail programs that show no HTML, with its links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from crm_graphql.campaigns.html_source import SIGN, HtmlSource, Part, PartKind

_APART = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "pre",
        "figure",
        "form",
        "fieldset",
        "hr",
        "article",
        "section",
    ]
)
_LINES = frozenset(
    [
        "div",
        "tr",
        "li",
        "dt",
        "dd",
        "header",
        "footer",
        "main",
        "nav",
        "aside",
        "address",
        "center",
        "caption",
        "figcaption",
        "body",
    ]
)
_CELLS = frozenset(("td", "th"))
_UNSEEN = re.compile(r"[\u200b\u034f\u00ad\ufeff\u2060]+")
# Between words these only fill; within one they join emojis, part Persian letters, turn the direction.
_FILLING = re.compile(r"(?<!\S)[\u200c-\u200f]+(?!\S)")
_NUMBER = re.compile(r"\s*-?[0-9]{1,6}\s*")
_LOOP = re.compile(r"\{%-?\s*(end)?(?:for|tablerow)\b")
_SPACE = re.compile(r"[ \t\n\r\f\v\u00a0]+")
# What would begin a tag of Liquid, and was none.
_BRACE = re.compile(r"\{(?=[{%]|\U0010fff0)")
# What stands right behind a link without becoming part of its address.
_CLOSING = tuple(".,;:!?)]}'\"»”’…")
_NOT_SHOWN = ("#", "javascript:", "data:")


def text_of(html: str) -> str:
    """The text of an HTML template, with Liquid's tags where they were, and the address of each link behind
    it. Raises LiquidError for braces that never close."""
    source = HtmlSource.of(html)
    writer = _Writer(source)
    for part in source.parts():
        writer.take(part, source.text[part.start : part.end])
    return source.written(_BRACE.sub('{{ "{" }}', writer.text()))


@dataclass(slots=True)
class _List:
    """A list that is open: the number of its next item, None without numbers, and the loops around it."""

    next: int | None
    loops: int


class _Writer:
    """The text so far. Spaces and empty lines are held back until something follows them."""

    def __init__(self, source: HtmlSource) -> None:
        self._source = source
        self._out: list[str] = []
        self._breaks = 0
        self._has_space = False
        self._is_behind_link = False
        self._links: list[tuple[str, int]] = []
        self._lists: list[_List] = []
        self._loops = 0
        self._is_at_marker = False
        self._verbatim = 0

    def text(self) -> str:
        """All of it."""
        while self._links:
            self._end_link()
        return "".join(self._out).strip()

    def take(self, part: Part, written: str) -> None:
        """The next part of the source."""
        if part.kind is PartKind.TEXT:
            self._add_text(unescape(written))
        elif part.kind is PartKind.START:
            self._begin(part)
        elif part.kind is PartKind.END:
            self._end(part.name)

    def _begin(self, part: Part) -> None:
        name = part.name
        if name == "br":
            # The first of several ends the line, each other leaves one empty.
            self._breaks = min(self._breaks + 1, 3)
            return
        self._set_apart(name)
        if name == "hr":
            self._add("-" * 20)
            self._breaks = 2
        elif name in _CELLS:
            self._has_space = True
        elif name in ("ul", "ol"):
            start = _number(part.attributes.get("start"), 1) if name == "ol" else None
            self._lists.append(_List(start, self._loops))
        elif name == "li":
            self._add(self._marker(part))
            self._has_space = self._is_at_marker = True
        elif name == "pre":
            self._verbatim += 1
        elif name == "a":
            self._end_link()
            self._links.append((part.attributes.get("href", "").strip(), len(self._out)))
        elif name in ("img", "area"):
            start = len(self._out)
            self._add_text(part.attributes.get("alt", ""))
            if name == "area":
                self._links.append((part.attributes.get("href", "").strip(), start))
                self._end_link()

    def _end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif name == "pre" and self._verbatim:
            self._verbatim -= 1
        elif name in _CELLS:
            self._has_space = True
        self._set_apart(name)

    def _set_apart(self, name: str) -> None:
        if name in ("li", "ul", "ol"):
            self._is_at_marker = False
        if self._is_at_marker:
            return
        if name in _APART:
            # A list in a list goes on with its lines.
            self._breaks = max(self._breaks, 1 if self._lists else 2)
        elif name in _LINES:
            self._breaks = max(self._breaks, 1)

    def _marker(self, item: Part) -> str:
        indent = "  " * max(len(self._lists) - 1, 0)
        if not self._lists or (number := self._lists[-1].next) is None or self._lists[-1].loops < self._loops:
            # How often a loop runs is not known yet.
            return f"{indent}-"
        number = _number(item.attributes.get("value"), number)
        self._lists[-1].next = number + 1
        return f"{indent}{number}."

    def _end_link(self) -> None:
        if not self._links:
            return
        href, start = self._links.pop()
        shown = "".join(self._out[start:]).strip()
        if not href or href.lower().startswith(_NOT_SHOWN):
            return
        address = _shown_address(href)
        if address.removesuffix("/") in shown:
            return
        self._has_space = True
        self._add(f"({address})" if shown else address)
        self._is_behind_link = True

    def _add_text(self, text: str) -> None:
        if self._verbatim:
            self._add(text)
            return
        for sign in SIGN.findall(text):
            if found := _LOOP.match(self._source.tags[int(sign)]):
                self._loops += -1 if found[1] else 1
        seen = _SPACE.sub(" ", _FILLING.sub("", _UNSEEN.sub("", text)))
        if seen.startswith(" "):
            self._has_space = True
        self._add(seen.strip(" "))
        if seen.endswith(" "):
            self._has_space = True

    def _is_logic(self, text: str) -> bool:
        """Whether the text is tags of Liquid that print nothing."""
        signs = SIGN.findall(text)
        return (
            bool(signs)
            and not SIGN.sub("", text).strip()
            and all(self._source.tags[int(number)].startswith("{%") for number in signs)
        )

    def _add(self, text: str) -> None:
        if not text:
            return
        if self._breaks and self._out:
            # Around a tag of Liquid, which prints nothing, the lines of both sides would add up.
            self._out.append("\n" * (1 if self._is_logic(text) else self._breaks))
        elif self._out and (self._has_space or (self._is_behind_link and not text.startswith(_CLOSING))):
            self._out.append(" ")
        self._breaks, self._has_space, self._is_behind_link, self._is_at_marker = 0, False, False, False
        self._out.append(text)


def _number(written: str | None, other: int) -> int:
    """That of an attribute, or the other where it holds none."""
    return int(written) if written and _NUMBER.fullmatch(written) else other


def _shown_address(href: str) -> str:
    """What of a link is shown behind its text: of a mail or a telephone whom it reaches."""
    scheme, _, rest = href.partition(":")
    if scheme.lower() == "mailto":
        return rest.partition("?")[0] or href
    return rest if scheme.lower() == "tel" else href
