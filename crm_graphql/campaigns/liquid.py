"""Liquid as messages use it: bounded in time and memory, pure, and with places for its errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import liquid
from liquid.ast import Node
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral, RangeLiteral
from liquid.context import RenderContext
from liquid.exceptions import LiquidError, LiquidSyntaxError
from liquid.expression import Expression
from liquid.static_analysis import TemplateAnalysis
from liquid.token import Token

from crm_graphql.campaigns.liquid_filters import register_filters
from crm_graphql.campaigns.liquid_source import Piece, pieces
from crm_graphql.campaigns.liquid_work import Meter, MeteredContext, MeteredOutput, parts_of, weigh

LOOP_LIMIT = 1_000
"""Rounds of a loop, nested ones multiplied."""
DIGITS_LIMIT = 30
"""Of a number that is written in a template."""
OUTPUT_LIMIT_BYTES = 200_000

RENDER_ERRORS = (LiquidError, ArithmeticError, ValueError, TypeError, LookupError, RecursionError)
"""The ways in which a template fails for the values that it meets."""

_LEFT_OUT = ("include", "render", "tablerow", "increment", "decrement", "ifchanged", "liquid")


class MessageText(liquid.BoundTemplate):
    """A parsed text, whose work is counted."""

    def render_by(
        self, meter: Meter, values: Mapping[str, object], *, limit: int = OUTPUT_LIMIT_BYTES
    ) -> str:
        """The text for these values, of at most so many bytes. Raises one of RENDER_ERRORS, WorkLimitReached
        among them."""
        context = MeteredContext(self, globals=self.make_globals(values))
        context.meter_by(meter)
        output = MeteredOutput(meter, limit=limit)
        _with_room(self.render_with_context, context, output)
        return output.getvalue()


def _with_room(render: Callable[..., None], *arguments: object) -> None:
    render(*arguments)


# Python keeps frames in chunks of 16 KB, and takes and gives back a chunk with every call that just crosses
# into one: a loop at that depth runs eight times slower. A frame that needs more than a chunk gets a large
# one, and the frames of a render find their place behind it.
_with_room.__code__ = _with_room.__code__.replace(co_stacksize=16_000)


class MessageEnvironment(liquid.Environment):
    """Liquid without files, clock and hidden state, and with limits.

    What cannot be bounded while rendering is refused by `parse_text`: a range is made before it is counted.
    """

    template_class = MessageText
    loop_iteration_limit: ClassVar[int | None] = LOOP_LIMIT
    local_namespace_limit: ClassVar[int | None] = OUTPUT_LIMIT_BYTES
    output_stream_limit: ClassVar[int | None] = OUTPUT_LIMIT_BYTES

    def __init__(self, *, autoescape: bool) -> None:
        # Liquid knows "now" and "today" by itself; a text must not depend on when it is rendered.
        super().__init__(autoescape=autoescape, globals={"now": None, "today": None})

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Liquid's own, less what has no place in a message."""
        super().setup_tags_and_filters(extra=False)
        for name in _LEFT_OUT:
            del self.tags[name]
        register_filters(self)

    def error(
        self,
        exc: type[LiquidError] | LiquidError,
        msg: str | None = None,
        token: Token | None = None,
    ) -> None:
        """Raise, at the place of the tag where the error itself has none (the end of an expression)."""
        if isinstance(exc, LiquidError) and exc.token is not None and exc.token.start_index < 0:
            exc.token = token
        super().error(exc, msg, token)


PLAIN = MessageEnvironment(autoescape=False)
ESCAPING = MessageEnvironment(autoescape=True)


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text whose numbers are exact and whose work is counted; what it names, and what it is made of."""

    template: MessageText
    names: TemplateAnalysis
    pieces: Sequence[Piece]
    expressions: Sequence[Expression]


def parse_text(source: str, *, escapes: bool) -> ParsedText:
    """Raises LiquidError for what is no template, and for what no limit stops while rendering."""
    found = list(pieces(source))
    template = (ESCAPING if escapes else PLAIN).from_string(source)
    assert isinstance(template, MessageText)
    context = RenderContext(template)
    parts = [
        part
        for node in _nodes(template.nodes, context)
        for expression in node.expressions()
        for part in parts_of(expression)
    ]
    for part in parts:
        _check_expression(part)
    names = template.analyze(include_partials=False)
    weigh(template, context)
    return ParsedText(template, names, found, parts)


def _check_expression(part: Expression) -> None:
    if isinstance(part, IntegerLiteral | FloatLiteral) and len(part.token.value) > DIGITS_LIMIT:
        raise LiquidSyntaxError(f"a number of more than {DIGITS_LIMIT} digits", token=part.token)
    if isinstance(part, FloatLiteral):
        # 99.90 must compare equal to an amount of 99.90, which no binary float does.
        part.value = Decimal(part.token.value)  # type: ignore[assignment]
    if not isinstance(part, RangeLiteral):
        return
    start, stop = part.start, part.stop
    if not (isinstance(start, IntegerLiteral) and isinstance(stop, IntegerLiteral)):
        raise LiquidSyntaxError("a range must be of whole numbers, like (1..5)", token=part.token)
    if stop.value - start.value >= LOOP_LIMIT:
        raise LiquidSyntaxError(f"a range must not be longer than {LOOP_LIMIT}", token=part.token)


def _nodes(nodes: Iterable[Node], context: RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(context, include_partials=False), context)


def place(error: LiquidError, source: str) -> int:
    """Where in `source` an error is."""
    index = error.token.start_index if error.token is not None else -1
    return index if index >= 0 else _last_open_tag(source)


def sentence(error: Exception) -> str:
    """What an error says, for people: without the picture of the source that Liquid draws."""
    text = str(error.message) if isinstance(error, LiquidError) else str(error)
    if never_closed := _NEVER_CLOSED.match(text):
        return f"this tag is never closed with {{% {never_closed[1]} %}}"
    return text.strip().rstrip(".")[:300] or type(error).__name__


def line_and_column(source: str, index: int) -> tuple[int, int]:
    """Line and column, both from 1, of a position in `source`."""
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


_NEVER_CLOSED = re.compile(r"expected tag (end\w+), found end of expression")
_BLOCK_TAG = re.compile(r"\{%-?\s*(end)?(if|unless|case|for|capture|comment|raw|doc)\b")


def _last_open_tag(source: str) -> int:
    """Where the innermost block begins that is never closed, or the end."""
    open_tags: list[tuple[str, int]] = []
    for match in _BLOCK_TAG.finditer(source):
        if match[1] is None:
            open_tags.append((match[2], match.start()))
        elif open_tags and open_tags[-1][0] == match[2]:
            open_tags.pop()
    return open_tags[-1][1] if open_tags else len(source)
