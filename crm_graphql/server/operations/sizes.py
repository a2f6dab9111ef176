"""Sizes of an answer's lists, by the arguments that ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from crm_graphql.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

LENGTH_LIMIT = 1_000_000
"""No list of a request holds more: its body is bounded."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the operation, and its value where the request leaves it out."""

    name: str
    default: Any = None

    def value(self, variables: Mapping[str, Any]) -> Any:
        """What the request gives."""
        return variables.get(self.name, self.default)


@dataclass(frozen=True, slots=True)
class PageSize:
    """Rows that a page may return: the largest of what `first`, `last` and their like ask for."""

    asked: tuple[Variable, ...]
    default: int
    at_least: int = 0
    """What a literal asks for beside the variables."""

    def of(self, variables: Mapping[str, Any]) -> int:
        """The size, for the variables of a request. What is no whole number counts as the largest page:
        it is refused later, or read as one."""
        values = [value for variable in self.asked if (value := variable.value(variables)) is not None]
        if not values and not self.at_least:
            return self.default
        sizes = [value if type(value) is int else MAX_PAGE_SIZE for value in values]
        return max(0, self.at_least, *(min(size, MAX_PAGE_SIZE) for size in sizes))


@dataclass(frozen=True, slots=True)
class Length:
    """Items of a list argument, or of the lists inside an input object."""

    variables: tuple[Variable, ...]
    literal: int = 0

    def of(self, variables: Mapping[str, Any]) -> int:
        """The number of items, for the variables of a request."""
        return min(
            self.literal + sum(_items(variable.value(variables)) for variable in self.variables),
            LENGTH_LIMIT,
        )


Size = PageSize | Length


def page_size(
    node: FieldNode, names: Iterable[str], defaults: Mapping[str, Any], default: int = DEFAULT_PAGE_SIZE
) -> PageSize | int:
    """The size of the page of this field; a number where no variable has a say."""
    asked: list[Variable] = []
    literals: list[int] = []
    for argument in _named(node, names):
        value = argument.value
        if isinstance(value, VariableNode):
            asked.append(_variable(value, defaults))
        elif isinstance(value, IntValueNode):
            # Six digits are far beyond any page; int() of thousands of them takes long.
            literals.append(min(int(value.value[:6]), MAX_PAGE_SIZE))
        elif not isinstance(value, NullValueNode):
            literals.append(MAX_PAGE_SIZE)
    if asked:
        return PageSize(tuple(asked), default, max(0, *literals) if literals else 0)
    return max(0, *literals) if literals else default


def list_length(node: FieldNode, names: Iterable[str], defaults: Mapping[str, Any]) -> Length | int:
    """The items of the list arguments, or of the lists right inside the input objects, with these names."""
    variables: list[Variable] = []
    literal = 0
    for argument in _named(node, names):
        inside: list[ValueNode] = [argument.value]
        if isinstance(argument.value, ObjectValueNode):
            inside = [each.value for each in argument.value.fields]
        for value in inside:
            if isinstance(value, VariableNode):
                variables.append(_variable(value, defaults))
            elif isinstance(value, ListValueNode):
                literal += len(value.values)
    return Length(tuple(variables), literal) if variables else literal


def variable_defaults(definitions: Iterable[Any]) -> dict[str, Any]:
    """The default values of an operation's variables, by name."""
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in definitions
        if each.default_value is not None and not _is_long_number(each.default_value)
    }


def _is_long_number(value: ValueNode) -> bool:
    return isinstance(value, IntValueNode) and len(value.value) > 18


def _named(node: FieldNode, names: Iterable[str]) -> list[ArgumentNode]:
    return [argument for argument in node.arguments or () if argument.name.value in names]


def _variable(node: VariableNode, defaults: Mapping[str, Any]) -> Variable:
    return Variable(node.name.value, defaults.get(node.name.value))


def _items(value: Any) -> int:
    if isinstance(value, list):
        return len(value)
    if isinstance(value, dict):
        return sum(len(each) for each in value.values() if isinstance(each, list))
    return 0 if value is None else 1
