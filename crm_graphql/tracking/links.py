"""Links of a campaign: those that stand in its template, in the order in which they stand there.

Only what stands there is ever redirected to: the host literally, the rest as a template. So a value of a
person, whoever gave it, never chooses where a click leads.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crm_graphql.core.html_attributes import attribute_value
from crm_graphql.tracking.targets import safe_target

LINKS_LIMIT = 200
"""Of more in one campaign the others are left as they are."""

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_MASK = "\ue000"
_LOGIC = re.compile(r"\{%.*?%\}", re.DOTALL)
# v:roundrect and the like are buttons of Outlook.
_TAG = re.compile(r"<(?:a|area|v:[a-z]+)(?=[\s/])", re.IGNORECASE)
_INSIDE = re.compile(r"""(?>(?:[^>"']+|"[^"]*"|'[^']*')*)""")
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
BARE = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
"""An address in plain text, with the marks that end a sentence."""
_SENTENCE_END = ".,;:!?)]}'\"*_"
_HOST_ENDS = re.compile(r"https?://[^/?#\ue000]+(?:[/?#]|$)", re.IGNORECASE)


def links_of(*, html_text: str | None, text: str | None, public_url: str) -> list[str]:
    """The links of a template that can be tracked, as they stand in it, each once.

    Not among them: what is no web address, whose host is not written out, and the deployment's own pages, as
    those for unsubscribing.
    """
    found: dict[str, None] = {}
    own = public_url.rstrip("/").lower() + "/"
    for url in (*_in_html(html_text or ""), *_in_text(text or "")):
        if len(found) == LINKS_LIMIT:
            break
        if not url.lower().startswith(own) and _entry(url, 0) is not None:
            found[url] = None
    return list(found)


def href_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of links stand in HTML, also within comments that some mail clients read.

    In time that grows with the text, whatever it holds: what is no tag to its end is never looked at again.
    """
    place = 0
    while (tag := _TAG.search(text, place)) is not None:
        inside = _INSIDE.match(text, tag.end())
        assert inside is not None, "it matches nothing, too"
        place = inside.end()
        for attribute in _ATTRIBUTE.finditer(text, tag.end(), place):
            name = attribute[1].lower()
            if name.lstrip(_MASK) == "href":
                if attribute.lastindex is not None and attribute.lastindex > 1:
                    yield attribute.span(attribute.lastindex)
                # Of two the first one counts, unless a condition chooses one.
                if not name.startswith(_MASK):
                    break


def without_sentence_end(url: str) -> str:
    """An address in plain text without the marks behind it that belong to the sentence."""
    bare = url.rstrip(_SENTENCE_END)
    # A bracket that was opened within it is its own.
    return bare + ")" if "(" in bare and url[len(bare) :].startswith(")") else bare


def _in_html(source: str) -> Iterator[str]:
    masked, pieces = _masked(source)
    for start, end in href_spans(masked):
        value = attribute_value(_unmasked(masked[start:end], masked, start, pieces)).strip()
        yield from map(str.strip, _alternatives(value))


def _in_text(source: str) -> Iterator[str]:
    masked, pieces = _masked(source)
    for match in BARE.finditer(masked):
        value = _unmasked(without_sentence_end(match[0]), masked, match.start(), pieces)
        for one in _alternatives(value):
            yield one if one.endswith(("}}", "%}")) else without_sentence_end(one)


def _alternatives(url: str) -> Sequence[str]:
    """The whole addresses of which a condition chooses one; else the address as it is."""
    parts = _LOGIC.split(url)
    if any(map(BARE.match, parts[1:])):
        return parts
    # Where nothing follows it is the end of a condition around the address.
    return [url] if any(parts[1:]) else parts[:1]


def _masked(source: str) -> tuple[str, Sequence[str]]:
    """The source with one character for each piece of Liquid, in which quotes mean something else."""
    clean = source.replace(_MASK, " ")
    return _LIQUID.sub(_MASK, clean), _LIQUID.findall(clean)


def _unmasked(value: str, masked: str, start: int, pieces: Sequence[str]) -> str:
    following = iter(pieces[masked.count(_MASK, 0, start) :])
    return re.sub(_MASK, lambda _: next(following), value)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One link of the table: its number, and how its address begins and ends for everybody."""

    number: int
    begin: str
    end: str
    target: str | None
    """Where it leads, where that is the same for everybody."""


class LinkTable:
    """Finds the link of a campaign that an address in a rendered message is."""

    def __init__(self, urls: Iterable[str]) -> None:
        entries = [entry for number, url in enumerate(urls) if (entry := _entry(url, number)) is not None]
        self._same = {entry.begin: (entry.number, entry.target) for entry in entries if entry.target}
        # The one that says most of the address is the one that it was made from.
        self._valued = sorted(
            (entry for entry in entries if entry.target is None),
            key=lambda entry: -len(entry.begin) - len(entry.end),
        )

    def find(self, url: str) -> tuple[int, str] | None:
        """The link's number, and its safe target; None for an address that is not of the table."""
        if (same := self._same.get(url)) is not None and same[1] is not None:
            return same[0], same[1]
        for entry in self._valued:
            length = len(entry.begin) + len(entry.end)
            if len(url) >= length and url.startswith(entry.begin) and url.endswith(entry.end):
                target = safe_target(url)
                return None if target is None else (entry.number, target)
        return None


@functools.lru_cache(maxsize=256)
def table_of(urls: tuple[str, ...]) -> LinkTable:
    """The table of these links; the same ones cost nothing again."""
    return LinkTable(urls)


def _entry(url: str, number: int) -> _Entry | None:
    """How a link of a template is found again; None where it cannot be tracked."""
    masked = _LIQUID.sub(_MASK, url)
    if not _HOST_ENDS.match(masked) or safe_target(masked.replace(_MASK, "x")) is None:
        return None
    begin, *others = masked.split(_MASK)
    if not others:
        return _Entry(number, url, "", safe_target(url))
    return _Entry(number, begin, others[-1], None)
