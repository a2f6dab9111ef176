"""The smallest valid call of any root field: it passes validation, so that only the permission decides."""

from __future__ import annotations

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

LITERALS = {
    "Boolean": "true",
    "Date": '"2024-05-01"',
    "DateTime": '"2024-05-01T00:00:00Z"',
    "Decimal": '"1"',
    "Float": "1.0",
    "ID": '"x"',
    "Int": "1",
    "JSON": "{}",
    "String": '""',
}
"""Of scalars; the id is none."""


def call_of(name: str, field: GraphQLField) -> str:
    """A call with the arguments that it cannot do without, which selects one leaf, or the errors' codes."""
    given = [f"{key}: {_literal(one.type)}" for key, one in field.args.items() if is_required_argument(one)]
    return f"{name}{'(' + ', '.join(given) + ')' if given else ''}{_selection(field.type)}"


def _literal(kind: GraphQLInputType) -> str:
    match get_nullable_type(kind):
        case GraphQLList():
            return "[]"
        case GraphQLEnumType(values=values):
            return str(next(iter(values)))
        case GraphQLInputObjectType() as given:
            first = [next(iter(given.fields))] if given.is_one_of else []
            needed = first or [key for key, one in given.fields.items() if is_required_input_field(one)]
            return "{" + ", ".join(f"{key}: {_literal(given.fields[key].type)}" for key in needed) + "}"
        case scalar:
            return LITERALS[str(scalar)]


def _selection(kind: GraphQLOutputType) -> str:
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    if "errors" in named.fields:
        return " { errors { code } }"
    open_fields = {
        key: one for key, one in named.fields.items() if not any(map(is_required_argument, one.args.values()))
    }
    leaves = [key for key, one in open_fields.items() if is_leaf_type(get_named_type(one.type))]
    chosen = next(iter(leaves or open_fields))
    return f" {{ {chosen}{_selection(named.fields[chosen].type)} }}"
