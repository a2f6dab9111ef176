"""The way off in HTML: whether its readers see a link by which they leave, not only whether there is one."""

from __future__ import annotations

import re

from crm_graphql.campaigns.html_source import SIGN, HtmlSource, Part, PartKind
from crm_graphql.campaigns.html_styles import ENDED_BY_OTHERS, VOID
from crm_graphql.campaigns.template_fields import LINKS

_HIDING = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_ASSIGNED = re.compile(r"\{%-?\s*assign\s+(\w+)\s*=(.*)", re.DOTALL)
_PRINTING = re.compile(r"\{\{|\{%-?\s*echo\b")
_LEADING = frozenset(["a", "area", "form", "button"])


def shows_way_off(source: HtmlSource) -> bool:
    """Whether a link that takes people off can be seen and followed: not in a comment, a style, a hidden
    element, and with something in it to click on."""
    return _Reader(source).is_found()


class _Reader:
    """What is open at a place of the source."""

    def __init__(self, source: HtmlSource) -> None:
        self._source = source
        self._ways = _ways_of(source)
        self._hidden = ""
        """The name of the hidden element that is open."""
        self._depth = 0
        self._is_in_link = False

    def is_found(self) -> bool:
        """Read to the first that is seen."""
        return any(self._shows(part) for part in self._source.parts())

    def _shows(self, part: Part) -> bool:
        """Whether the next part shows a way off."""
        if part.kind is PartKind.START:
            return self._begins(part)
        if part.kind is PartKind.END:
            self._end(part.name)
        if part.kind is not PartKind.TEXT or self._hidden:
            return False
        text = self._source.text[part.start : part.end]
        return self._has_way(text) or (self._is_in_link and not text.isspace())

    def _begins(self, part: Part) -> bool:
        if self._hidden == part.name and part.name not in ENDED_BY_OTHERS:
            self._depth += 1
        elif not self._hidden or self._hidden == part.name:
            self._hidden, self._depth = ("", 0) if _is_shown(part) else (part.name, 1)
        if self._hidden:
            return False
        if part.name in _LEADING and self._has_way(part.written):
            self._is_in_link = part.name == "a"
            return not self._is_in_link
        return self._is_in_link and part.name == "img"

    def _end(self, name: str) -> None:
        if name == self._hidden:
            self._depth -= 1
            self._hidden = self._hidden if self._depth else ""
        if name == "a":
            self._is_in_link = False

    def _has_way(self, text: str) -> bool:
        return any(int(number) in self._ways for number in SIGN.findall(text))


def _is_shown(part: Part) -> bool:
    if part.name in VOID:
        return True
    attributes = part.attributes
    return (
        part.name != "template"
        and "hidden" not in attributes
        and _HIDING.search(attributes.get("style", "")) is None
    )


def _ways_of(source: HtmlSource) -> frozenset[int]:
    """The numbers of the tags that print an address to leave by."""
    names = {*LINKS}
    found: set[int] = set()
    for number, tag in enumerate(source.tags):
        is_of_one = names & {*re.findall(r"\w+", tag)}
        if is_of_one and (assigned := _ASSIGNED.match(tag)):
            names.add(assigned[1])
        elif is_of_one and _PRINTING.match(tag):
            found.add(number)
    return frozenset(found)
