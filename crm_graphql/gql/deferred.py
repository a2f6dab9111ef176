"""Values of an input that are none of their type, kept for the resolver where a record may hold one.

A bad value fails the whole request in GraphQL. Of a thousand records it should cost one: so the scalars below
give a bad value on as `Deferred`, records take it as they take a bad cell of a file, and every other input
refuses it as it always would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema, get_named_type, is_input_object_type

SHOWN_CHARACTERS = 100
DEFERRING = frozenset({"DateTime", "Decimal"})
"""The scalars whose bad values are deferred."""


class Deferred:
    """A value that its scalar refused with `error`; `text` is what was sent."""

    __slots__ = ("error", "text")

    def __init__(self, raw: object, error: GraphQLError) -> None:
        self.text = raw if isinstance(raw, str) else str(raw)[:SHOWN_CHARACTERS]
        self.error = error


def deferring(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`parse`, but a value that it refuses comes back as Deferred."""

    def parse_or_defer(value: Any) -> Any:
        try:
            return parse(value)
        except GraphQLError as error:
            return Deferred(value, error)

    return parse_or_defer


def refuse_deferred(schema: GraphQLSchema, *, except_in: frozenset[str]) -> None:
    """Let every input type refuse deferred values but those named, whose resolvers take them.

    Raises TypeError for an argument that is such a scalar itself: wrap it in an input, which can refuse.
    """
    for type_ in schema.type_map.values():
        if is_input_object_type(type_):
            if type_.name not in except_in and any(_defers(field.type) for field in type_.fields.values()):
                type_.out_type = _refusing(type_)  # type: ignore[assignment]
            continue
        for name, field in getattr(type_, "fields", {}).items():
            for argument, definition in getattr(field, "args", {}).items():
                if _defers(definition.type):
                    raise TypeError(f"{type_.name}.{name}({argument}:) must be a field of an input")


def _defers(type_: Any) -> bool:
    return get_named_type(type_).name in DEFERRING


def _refusing(type_: GraphQLInputObjectType) -> Callable[[dict[str, Any]], Any]:
    make = type_.out_type

    def refuse(values: Mapping[str, Any]) -> Any:
        for value in values.values():
            if isinstance(value, Deferred):
                raise value.error
        return make(dict(values))

    return refuse
