"""Style rules written into the elements of an HTML template: some mail programs read no others."""

from __future__ import annotations

import re

from css_inline import CSSInliner, InlineError

from crm_graphql.campaigns.html_source import SIGN, HtmlSource, PartKind
from crm_graphql.core.errors import InvalidInput

MATCHES_LIMIT = 1_000_000
"""Elements times selectors: each of them is held against each. So many take a fifth of a second at most."""
DEPTH_LIMIT = 200
"""Of elements in elements."""

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
ENDED_BY_OTHERS = frozenset(
    ["p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "optgroup", "colgroup"]
)
_SELECTORS = re.compile(r"[{,]")
# What would begin a tag of Liquid, and was written as none.
_BRACE = re.compile(r"\{(?=[{%]|\U0010fff0)")
_RESTORED = re.compile(f'<!--(?:{SIGN.pattern})-->|(?:{SIGN.pattern})(?:="")?')
# Nothing is fetched, be it from another server or from this one's files.
_INLINER = CSSInliner(
    keep_style_tags=True, keep_at_rules=True, remove_inlined_selectors=True, load_remote_stylesheets=False
)


def with_styles_inlined(html: str) -> str:
    """The template with each rule of its style elements in the elements that it is for; rules for some
    screens or states only (`@media`, `:hover`) stay where they are.

    Raises LiquidError for braces that never close, and InvalidInput where a tag of Liquid would get lost, or
    where it takes too long.
    """
    source = HtmlSource.of(html)
    _check_size(source)
    try:
        inlined = _INLINER.inline(_shown_to_parsers(source))
    except InlineError as error:
        raise _refused(f"The styles cannot be read: {str(error)[:200]}.") from None
    kept: set[int] = set()

    def restored(sign: re.Match[str]) -> str:
        number = int(sign[1] or sign[2])
        kept.add(number)
        return source.tags[number]

    written = _RESTORED.sub(restored, _BRACE.sub("&#123;", inlined))
    if lost := [tag for number, tag in enumerate(source.tags) if number not in kept]:
        raise _refused(
            f"The styles cannot be inlined around {lost[0][:60]}: move it out of a style or a tag."
        )
    return written


def _shown_to_parsers(source: HtmlSource) -> str:
    """With Liquid's tags as comments between elements, where a parser would move a text out of a table."""
    return "".join(
        SIGN.sub(lambda sign: f"<!--{sign[0]}-->", source.text[part.start : part.end])
        if part.kind is PartKind.TEXT
        else source.text[part.start : part.end]
        for part in source.parts()
    )


def _check_size(source: HtmlSource) -> None:
    elements = selectors = 0
    nesting = _Nesting()
    for part in source.parts():
        if part.kind is PartKind.START:
            elements += 1
            nesting.begin(part.name)
        elif part.kind is PartKind.END:
            nesting.end(part.name)
        elif part.kind is PartKind.RAW and part.name == "style":
            selectors += len(_SELECTORS.findall(source.text, part.start, part.end))
        if nesting.depth > DEPTH_LIMIT:
            raise _refused("The elements are nested too deeply for their styles to be inlined.")
    if elements * selectors > MATCHES_LIMIT:
        raise _refused(f"{elements:,} elements and {selectors:,} style rules are too many to be inlined.")


class _Nesting:
    """How many elements are open, rather more than a parser would say: the library dies of thousands."""

    def __init__(self) -> None:
        self._open: list[str] = []

    @property
    def depth(self) -> int:
        """How many."""
        return len(self._open)

    def begin(self, name: str) -> None:
        """An element begins."""
        if name in VOID:
            return
        if not (self._open and self._open[-1] == name and name in ENDED_BY_OTHERS):
            self._open.append(name)

    def end(self, name: str) -> None:
        """Its end is written."""
        # An end in the wrong place may mean nothing: then what is open stays so.
        left = len(self._open)
        while left and self._open[left - 1] != name and self._open[left - 1] in ENDED_BY_OTHERS:
            left -= 1
        if left and self._open[left - 1] == name:
            del self._open[left - 1 :]


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, path=("message", "html"))
