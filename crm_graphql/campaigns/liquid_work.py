"""The work of a render: counted in units while it is done, and ended when a message has had its share.

Units, not seconds: the same row gives the same text on every machine and at every load. A unit stands for
about a tenth of a microsecond; each price was set by its dearest use (`benchmarks/message_work.py`).

A block of a template pays for its tags and names each time it runs, by a node that `weigh` puts in front of
it. What depends on values pays by their size, where it happens: reading a name, a filter, a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, TextIO

from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import Path, StringLiteral
from liquid.builtin.expressions.logical import ContainsExpression
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import _AnyExpression
from liquid.builtin.tags.cycle_tag import CycleNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.context import RenderContext
from liquid.exceptions import LiquidError, LiquidSyntaxError, OutputStreamLimitError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.template import BoundTemplate
from liquid.token import Token

WORK_LIMIT = 50_000
"""Units of one message, subject and body together: about 5 ms. HTML beside the body has as many more."""

CHARACTERS_A_UNIT = 20
"""Of a text that is read, written or copied."""
ITEM = 5
"""An item of a list that is looked at."""

DEPTH_LIMIT = 50
"""Of an expression in expressions."""

_NODE = 11
_NODES: dict[type[Node], int] = {CaptureNode: 40, CycleNode: 40, ForNode: 60}
_EXPRESSION = 4
_NAME = 12
_SEGMENT = 8
_DEPTH = 3
"""A name within a loop: each loop around it is asked first."""


class WorkLimitReached(LiquidError):
    """The message takes more work than one may."""


@dataclass(slots=True)
class Meter:
    """What is left of a message's work, and the tag or filter that works."""

    left: int = WORK_LIMIT
    token: Token | None = None

    @property
    def spent(self) -> int:
        """Units so far."""
        return WORK_LIMIT - self.left

    def charge(self, units: int) -> None:
        """Pay before the work is done. Raises WorkLimitReached."""
        self.left -= units
        if self.left < 0:
            text = "this takes more work than a message may; shorten its loops and chains of filters"
            raise WorkLimitReached(text, token=self.token)


def work_of(value: object) -> int:
    """The units for looking at the whole of a value once."""
    if isinstance(value, str):
        return len(value) // CHARACTERS_A_UNIT
    if isinstance(value, range):
        return len(value)
    if isinstance(value, list | tuple):
        return len(value) * ITEM + sum(map(len, filter(_is_text, value))) // CHARACTERS_A_UNIT
    return 0


def work_of_search(text: int, wanted: int) -> int:
    """The units of the slowest search for `wanted` characters in `text` of them."""
    # Python's search is the product for short texts, and turns linear for long ones after a while.
    steps = max(text - wanted + 1, 0) * min(wanted, 1_000 if text < 2_500 else 100)
    return steps // 100 + text // CHARACTERS_A_UNIT


def _is_text(value: object) -> bool:
    return isinstance(value, str)


class MeteredContext(RenderContext):
    """A render's names and values; what is read and kept is paid for."""

    __slots__ = ("_kept", "meter")

    meter: Meter

    def meter_by(self, meter: Meter) -> None:
        """Call it before the render."""
        self.meter = meter
        self._kept = 0

    def get(self, path: list[object], *, token: Token | None, **options: Any) -> object:
        """The value of a name; its size is paid for, for whoever reads it works with all of it."""
        value = super().get(path, token=token, **options)
        if work := work_of(value):
            self.meter.charge(work)
        return value

    def filter(self, name: str, token: Token | None) -> Any:
        """The filter, which pays by what it is given; see `liquid_filters`."""
        self.meter.token = token
        return self.env.filters[name](self.meter)

    def assign(self, key: str, val: Any) -> None:
        """Keep a value. Kept ones are counted as they come: adding all up at each would cost the square."""
        self._kept += len(val) if isinstance(val, str) else work_of(val) * CHARACTERS_A_UNIT
        if self._kept > (self.env.local_namespace_limit or 0):
            self.meter.left = 0
            self.meter.charge(1)
        self.locals[key] = val

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Where a capture writes."""
        return MeteredOutput(self.meter, limit=self.env.output_stream_limit or 0)


class MeteredOutput(LimitedStringIO):
    """A text being written, with its line ends as they are."""

    def __init__(self, meter: Meter, *, limit: int) -> None:
        super().__init__(limit, newline="")
        self._meter = meter

    def write(self, text: str, /) -> int:
        """Write, and pay by the length."""
        self._meter.charge(len(text) // CHARACTERS_A_UNIT)
        # A text in ASCII has as many bytes: to encode each again takes longer than to write it.
        self.size += len(text) if text.isascii() else len(text.encode())
        if self.size > self.limit:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        return StringIO.write(self, text)


class _Toll(Node):
    """Stands first in a block and pays for what follows it there."""

    __slots__ = ("_total", "_weights")

    def __init__(self, weights: Sequence[tuple[int, Token]]) -> None:
        super().__init__(weights[0][1])
        self._weights = weights
        self._total = sum(weight for weight, _ in weights)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Pay; a shortage is told of the tag that it would have come to."""
        assert isinstance(context, MeteredContext)
        meter = context.meter
        meter.token = self.token
        if self._total > meter.left:
            for weight, token in self._weights:
                meter.token = token
                meter.charge(weight)
        meter.charge(self._total)
        return 0


class _Needle(Expression):
    """The right side of `contains`: pays for the search that follows."""

    __slots__ = ("_left", "_right")

    def __init__(self, left: Expression, right: Expression) -> None:
        super().__init__(right.token)
        self._left = left
        self._right = right

    def evaluate(self, context: RenderContext) -> object:
        assert isinstance(context, MeteredContext)
        text, wanted = self._left.evaluate(context), self._right.evaluate(context)
        if isinstance(text, str):
            context.meter.charge(work_of_search(len(text), len(str(wanted))))
        return wanted

    def children(self) -> list[Expression]:
        return [self._right]


def weigh(template: BoundTemplate, context: RenderContext) -> None:
    """Put a toll in front of the template and of each block in it. Once, after its analysis."""
    if template.nodes:
        _weigh_block(template.nodes, template.nodes[0].token, context, 0)


def _weigh_block(nodes: list[Node], token: Token, context: RenderContext, loops: int) -> None:
    # An empty block is not free: it may run a thousand times.
    weights: list[tuple[int, Token]] = [(_NODE, token)]
    for node in nodes:
        weights.append((_weight(node, loops), node.token))
        for inner, depth in _inner(node, context, loops):
            if isinstance(inner, BlockNode):
                _weigh_block(inner.nodes, node.token, context, depth)
            else:
                weights.append((_weight(inner, depth), inner.token))
    nodes.insert(0, _Toll(weights))


def parts_of(expression: Expression, depth: int = 0) -> Iterator[Expression]:
    """The expression and all that it is made of. Raises LiquidSyntaxError beyond a depth.

    How deep Python may still go depends on who calls; whether a message renders must not.
    """
    if depth > DEPTH_LIMIT:
        raise LiquidSyntaxError("an expression of too many parts", token=expression.token)
    yield expression
    for child in expression.children():
        yield from parts_of(child, depth + 1)
    if isinstance(expression, _AnyExpression):
        yield from parts_of(expression.left, depth + 1)


def _inner(node: Node, context: RenderContext, loops: int) -> Iterator[tuple[Node, int]]:
    """The blocks of a node, and the conditions that it asks on the way to them."""
    depth = loops + isinstance(node, ForNode)
    for child in node.children(context, include_partials=False):
        yield child, depth
        if not isinstance(child, BlockNode):
            yield from _inner(child, context, depth)


def _weight(node: Node, loops: int) -> int:
    weight = _NODES.get(type(node), _NODE)
    if isinstance(node, ForNode):
        # Liquid spells a loop's expression out to name the loop.
        weight += len(str(node.expression))
    for expression in node.expressions():
        for part in list(parts_of(expression)):
            weight += _weight_of(part, loops)
            if isinstance(part, ContainsExpression):
                weight += sum(_weight_of(side, loops) for side in (part.left, part.right))
                part.right = _Needle(part.left, part.right)
    return weight


def _weight_of(part: Expression, loops: int) -> int:
    if isinstance(part, Path):
        return _NAME + len(part.path) * _SEGMENT + loops * _DEPTH
    if isinstance(part, StringLiteral):
        return _EXPRESSION + len(part.value) // CHARACTERS_A_UNIT
    return _EXPRESSION
