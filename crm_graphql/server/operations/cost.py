"""The cost of an operation: about the number of fields in the largest answer that it allows.

Each selected field counts 1, leaf or object, and each object of a list 1: the executor's time goes by fields.
What lies below a list is multiplied by what the list may hold: `first` or `last` of a connection (50 when
left out, 100 at most), for `nodes` and for `edges` alike; the number of `ids`; for other lists of objects
what LISTS says. A field that is more work than its shape shows costs more, by WEIGHTS. Nothing is taken as
merged or skipped: a field that stands there twice counts twice, `@skip` and `@include` change nothing, of
several types all count. A subscription's cost is that of one event.

Sizes may come in variables. So an operation is compiled once, into a number or into a few sums and products,
each fragment once, and evaluated for each request in time linear in what was compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from crm_graphql.server.operations.prices import (
    AS_MANY_AS_GIVEN,
    LISTS,
    OTHER_LIST,
    PAGE,
    PAGE_ARGUMENTS,
    PAGED,
    RECORD,
    SAMPLE_SIZE,
    SCHEMA,
    WEIGHTS,
    WRITE,
)
from crm_graphql.server.operations.sizes import Size, list_length, page_size, variable_defaults

SATURATED = 10**12
"""Costs stop growing here: far beyond any limit, and numbers stay small."""


@dataclass(slots=True)
class Sum:
    """`constant` and the terms: the value of an earlier sum, or a number, times a size."""

    place: int
    constant: int = 0
    terms: list[tuple[Size | int, Sum | int]] = field(default_factory=list)


Amount = Sum | int


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of an operation as a function of its variables."""

    total: Amount
    steps: tuple[Sum, ...]

    def of(self, variables: Mapping[str, Any]) -> int:
        """The cost of a request with these variables, which need not have been checked."""
        if isinstance(self.total, int):
            return self.total
        values: list[int] = []
        for step in self.steps:
            value = step.constant
            for size, amount in step.terms:
                count = size if isinstance(size, int) else size.of(variables)
                value += count * (amount if isinstance(amount, int) else values[amount.place])
            values.append(min(value, SATURATED))
        return values[self.total.place]


def operation_cost(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Cost:
    """The cost of an operation of a document that is valid."""
    compiler = _Compiler(schema, document, operation)
    root = schema.get_root_type(operation.operation)
    assert root is not None, "validation has refused operations that the schema does not have"
    fixed, per_row = compiler.selections(operation.selection_set, root)
    total = compiler.sum([(1, fixed), (1, per_row)])
    return Cost(total, tuple(compiler.steps))


class _Compiler:
    """Turns selections into sums. A selection's cost is a fixed part and one for each row of its page."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self.steps: list[Sum] = []
        self._schema = schema
        self._mutation = schema.mutation_type
        self._defaults = variable_defaults(operation.variable_definitions or ())
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, tuple[Amount, Amount]] = {}

    def sum(self, terms: list[tuple[Size | int, Amount]]) -> Amount:
        """The sum of the products; a plain number where no variable has a say."""
        constant = 0
        open_terms: list[tuple[Size | int, Amount]] = []
        for size, amount in terms:
            if isinstance(size, int) and isinstance(amount, int):
                constant += size * amount
            elif amount != 0 and size != 0:
                open_terms.append((size, amount))
        constant = min(constant, SATURATED)
        if not open_terms:
            return constant
        step = Sum(len(self.steps), constant, open_terms)
        self.steps.append(step)
        return step

    def selections(self, node: SelectionSetNode, parent: GraphQLCompositeType) -> tuple[Amount, Amount]:
        """What the selections cost once, and again for each row of the page that the field above asks for."""
        fixed: list[tuple[Size | int, Amount]] = []
        per_row: list[tuple[Size | int, Amount]] = []
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                once, each = self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                once, each = self._fragment(selection.name.value)
            else:
                condition = getattr(selection, "type_condition", None)
                inner = self._schema.type_map[condition.name.value] if condition else parent
                assert is_composite_type(inner)
                once, each = self.selections(selection.selection_set, inner)  # type: ignore[attr-defined]
            fixed.append((1, once))
            per_row.append((1, each))
        return self.sum(fixed), self.sum(per_row)

    def _fragment(self, name: str) -> tuple[Amount, Amount]:
        if name not in self._known:
            fragment = self._fragments[name]
            condition = self._schema.type_map[fragment.type_condition.name.value]
            assert is_composite_type(condition)
            self._known[name] = self.selections(fragment.selection_set, condition)
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> tuple[Amount, Amount]:
        name = node.name.value
        if name.startswith("__"):
            return (1 if name == "__typename" else SCHEMA), 0
        definition = self._schema.get_field(parent, name)
        assert definition is not None, "validation has refused unknown fields"
        owner = "Connection" if parent.name.endswith("Connection") else parent.name
        own: list[tuple[Size | int, Amount]] = [(1, 1 + WEIGHTS.get(f"{owner}.{name}", 0))]
        if parent is self._mutation:
            own += [(1, WRITE), (list_length(node, ("input",), self._defaults), RECORD)]
        result = get_named_type(definition.type)
        if node.selection_set is None or not is_composite_type(result):
            return self.sum(own), 0
        fixed, per_row = self.selections(node.selection_set, result)
        below = self.sum([(1, fixed), (self._page(node, own, result.name), per_row)])
        if not _is_list(definition.type):
            return self.sum([*own, (1, below)]), 0
        row = self.sum([(1, 1), (1, below)])
        if f"{owner}.{name}" in PAGED:
            return self.sum(own), row
        if any(argument.name.value == "ids" for argument in node.arguments or ()):
            return self.sum([*own, (list_length(node, ("ids",), self._defaults), row)]), 0
        return self.sum([*own, (LISTS.get(f"{owner}.{name}", OTHER_LIST), row)]), 0

    def _page(self, node: FieldNode, own: list[tuple[Size | int, Amount]], result: str) -> Size | int:
        """The rows of the page that this field asks for; a page's own price goes into `own`."""
        if result.endswith("Connection"):
            own.append((1, PAGE))
            return page_size(node, PAGE_ARGUMENTS, self._defaults)
        if result in AS_MANY_AS_GIVEN:
            return list_length(node, ("input",), self._defaults)
        return page_size(node, PAGE_ARGUMENTS, self._defaults, SAMPLE_SIZE)


def _is_list(kind: object) -> bool:
    return isinstance(kind, GraphQLList) or (
        isinstance(kind, GraphQLNonNull) and isinstance(kind.of_type, GraphQLList)
    )
