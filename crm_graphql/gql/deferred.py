"""Records in inputs: a value that is none of its type costs its record, where GraphQL refuses the request.

A record is taken as it comes: each of its values as its type reads it, or as `Deferred` where that refuses
it, for the check of records to say what is wrong. What lacks is left to that check too. Only what is no
record at all, or has a field that records have not, is still refused as a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.utilities import coerce_input_literal, coerce_input_value

EXACT_DIGITS = 20
"""A longer number is no Int: it stays a decimal, whose digits are not worked out."""


class Deferred:
    """A value that its type refused; `raw` is what was sent."""

    __slots__ = ("raw",)

    def __init__(self, raw: object) -> None:
        self.raw = raw

    def __str__(self) -> str:
        if isinstance(self.raw, bool | list | dict):
            return json.dumps(self.raw, ensure_ascii=False, default=str)
        return str(self.raw)


def record_leaf(type_: GraphQLInputObjectType) -> GraphQLScalarType:
    """The record as a leaf: what is in it is read here, and nowhere refused."""

    def take(values: object) -> dict[str, Any]:
        if not isinstance(values, dict):
            raise GraphQLError(f"Expected value of type '{type_.name}' to be an object.")
        _refuse_unknown(type_, values)
        return {name: _taken(value, type_.fields[name].type) for name, value in values.items()}

    def take_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        if not isinstance(node, ObjectValueNode):
            raise GraphQLError(f"Expected value of type '{type_.name}' to be an object.", node)
        given = {field.name.value: field.value for field in node.fields}
        _refuse_unknown(type_, given, node)
        values: dict[str, Any] = {}
        for name, value in given.items():
            if not isinstance(value, VariableNode):
                values[name] = _taken(_plain(value, variables or {}), type_.fields[name].type)
            elif value.name.value in (variables or {}):
                # Read by its own type already, but for what that type refused.
                found = (variables or {})[value.name.value]
                values[name] = Deferred(_raw(found)) if holds_deferred(found) else found
        return values

    return GraphQLScalarType(type_.name, parse_value=take, parse_literal=take_literal)


def _refuse_unknown(
    type_: GraphQLInputObjectType, names: Iterable[str], node: ValueNode | None = None
) -> None:
    for name in names:
        if name not in type_.fields:
            raise GraphQLError(f"Field '{name}' is not defined by type '{type_.name}'.", node)


def _taken(value: Any, type_: Any) -> Any:
    if value is None or isinstance(value, Deferred):
        return value
    try:
        found = coerce_input_value(value, type_)
    except GraphQLError:
        # What asks for one key of several refuses so.
        return Deferred(value)
    return Deferred(value) if found is Undefined else found


def _plain(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    """The literal as JSON would bring it; a bare word is none of any record's types."""
    match node:
        case StringValueNode() | BooleanValueNode():
            return node.value
        case IntValueNode() | FloatValueNode():
            return _number(node.value)
        case ListValueNode():
            return [_plain(each, variables) for each in node.values]
        case ObjectValueNode():
            return {field.name.value: _plain(field.value, variables) for field in node.fields}
        case EnumValueNode():
            return Deferred(node.value)
        case VariableNode():
            return variables.get(node.name.value)
        case NullValueNode():
            return None
    raise AssertionError(node)


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    if number.adjusted() < EXACT_DIGITS and number == number.to_integral_value():
        return int(number)
    return number


def deferring(scalar: GraphQLScalarType) -> GraphQLScalarType:
    """The scalar for variables: a value that it refuses is given on as Deferred."""

    def read(value: Any) -> Any:
        return _taken(value, scalar)

    def read_literal(node: ValueNode) -> Any:
        return coerce_input_literal(node, scalar)

    made = GraphQLScalarType(
        f"Deferring{scalar.name}", coerce_input_value=read, coerce_input_literal=read_literal
    )
    # Errors name it by the type that it stands for; graphql-core makes nothing else by the name of its own.
    made.name = scalar.name
    return made


def _raw(value: Any) -> Any:
    if isinstance(value, list):
        return [_raw(each) for each in value]
    return value.raw if isinstance(value, Deferred) else value


def holds_deferred(value: object) -> bool:
    """Whether it is a deferred value, or a list with one."""
    return isinstance(value, Deferred) or (isinstance(value, list) and any(map(holds_deferred, value)))
