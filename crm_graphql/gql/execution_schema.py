"""Schema that operations run on: a copy that takes some inputs as they come, for what is behind to check.

Documents are validated, printed and introspected by the schema as it stands. The copy differs in inputs
alone: records are leaves (see `deferred`), and inputs that people write piece by piece may be half-written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    VisitorAction,
    get_named_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_scalar_type,
    visit,
)
from graphql.execution import get_variable_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from crm_graphql.gql.deferred import deferring, holds_deferred, record_leaf

_COPY = "crm.execution_schema"
_HALF_WRITTEN = "crm.half_written"
DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


def take_as_they_come(
    schema: GraphQLSchema, *, records: frozenset[str], half_written: frozenset[str]
) -> None:
    """Give the schema its copy, in which the inputs with these names are taken as they come.

    Of a half-written one any field may be missing; one key of several, where that is asked for, is none at
    worst.
    """
    types: dict[str, Any] = {name: schema.type_map[name] for name in records | half_written}
    copies: dict[str, Any] = {name: record_leaf(types[name]) for name in records}
    for name in _holders(schema, types):
        if name not in records:
            copies[name] = _input_copy(schema.type_map[name], copies, may_lack=name in half_written)
    kwargs = schema.to_kwargs()
    for root in (kwargs["query"], kwargs["mutation"]):
        if root is not None:
            copies[root.name] = _root_copy(root, copies)
    kwargs["query"], kwargs["mutation"] = copies.get("Query"), copies.get("Mutation")
    kwargs["types"] = tuple(copies.get(type_.name, type_) for type_ in kwargs["types"] or ())
    copy = GraphQLSchema(**kwargs)
    vars(copy).update({name: value for name, value in vars(schema).items() if name not in vars(copy)})
    elsewhere = _inputs_elsewhere(schema, records)
    for part in {part for name in records for part in _named_types(types[name])} - elsewhere:
        # By this map the types of variables are found, and nothing else.
        copy.type_map[part.name] = deferring(part)
    schema.extensions[_COPY] = copy


def execution_schema(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema that operations run on: its copy, if it has one."""
    copy: GraphQLSchema = schema.extensions.get(_COPY, schema)
    return copy


def refused_variables(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    raw: Mapping[str, Any],
    coerced: Mapping[str, Any],
) -> list[GraphQLError]:
    """The errors of variables that are none of their type and stand elsewhere than in a record's field."""
    deferred = {name for name, value in coerced.items() if holds_deferred(value)}
    if not deferred:
        return []
    uses = _Uses(schema)
    visit(document, TypeInfoVisitor(uses.types, uses))
    definitions = [
        each
        for each in operation.variable_definitions or ()
        if each.variable.name.value in deferred & uses.outside_records
    ]
    errors = get_variable_values(schema, definitions, dict(raw))
    return errors if isinstance(errors, list) else []


class _Uses(Visitor):
    """Where the variables of a document stand."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.types = TypeInfo(schema)
        self.outside_records: set[str] = set()
        self._copy = execution_schema(schema)

    def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_args: Any) -> None:
        """Note a variable that is no field of a record."""
        if isinstance(parent, VariableDefinitionNode):
            return
        holder = get_named_type(self.types.get_parent_input_type())
        is_record = is_input_object_type(holder) and is_scalar_type(self._copy.type_map[holder.name])
        if not (is_record and isinstance(parent, ObjectFieldNode)):
            self.outside_records.add(node.name.value)


class LiteralsRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule, which leaves what is taken as it comes to what is behind."""

    def is_valid_value_node(self, node: ValueNode, input_type: Any | None) -> VisitorAction:
        """Check a literal against its type, or against that of the copy."""
        if input_type is not None and is_input_object_type(get_named_type(input_type)):
            input_type = _replaced(input_type, execution_schema(self.context.schema).type_map)
        return super().is_valid_value_node(node, input_type)


class OneKeyRule(OneOfInputValidationRule):
    """Strawberry's rule, which leaves an input without any key that may be half-written to what is behind."""

    def validate_one_of(self, node: ObjectValueNode, type: Any) -> None:
        """Refuse all but one key."""
        copy = execution_schema(self.context.schema).type_map[type.name]
        if node.fields or _HALF_WRITTEN not in copy.extensions:
            super().validate_one_of(node, type)


def _holders(schema: GraphQLSchema, names: Iterable[str]) -> set[str]:
    """The input types with these names, and those that hold one of them at any depth."""
    found = set(names)
    inputs = [type_ for type_ in schema.type_map.values() if is_input_object_type(type_)]
    while True:
        more = {type_.name for type_ in inputs if any(each.name in found for each in _named_types(type_))}
        if more <= found:
            return found
        found |= more


def _inputs_elsewhere(schema: GraphQLSchema, records: frozenset[str]) -> set[Any]:
    """The input objects that stand in other places than in records: there they are what they are."""
    held = {
        part
        for type_ in schema.type_map.values()
        if is_input_object_type(type_) and type_.name not in records
        for part in _named_types(type_)
    }
    asked = {
        get_named_type(argument.type)
        for type_ in schema.type_map.values()
        if is_object_type(type_)
        for field in type_.fields.values()
        for argument in field.args.values()
    }
    return {part for part in held | asked if is_input_object_type(part)}


def _input_copy(type_: Any, copies: Mapping[str, Any], *, may_lack: bool) -> GraphQLInputObjectType:
    def field_copy(field: GraphQLInputField) -> GraphQLInputField:
        replaced = _replaced(field.type, copies)
        if may_lack and is_non_null_type(replaced):
            replaced = replaced.of_type
        return GraphQLInputField(**{**field.to_kwargs(), "type_": replaced})

    kwargs: dict[str, Any] = type_.to_kwargs()
    # Rules hold rules: the fields are made when all copies are.
    kwargs["fields"] = lambda: {name: field_copy(field) for name, field in type_.fields.items()}
    if may_lack:
        kwargs["extensions"] = {**type_.extensions, _HALF_WRITTEN: True}
    if may_lack and type_.extensions[DEFINITION].is_one_of:
        kwargs["out_type"] = _one_key_at_most(type_.name)
    return GraphQLInputObjectType(**kwargs)


def _one_key_at_most(name: str) -> Any:
    def check(values: dict[str, Any]) -> dict[str, Any]:
        if len(values) > 1 or None in values.values():
            raise GraphQLError(f"OneOf Input Object '{name}' must specify exactly one key, and no null.")
        return values

    return check


def _root_copy(type_: GraphQLObjectType, copies: Mapping[str, Any]) -> GraphQLObjectType:
    fields: dict[str, GraphQLField] = {}
    for name, field in type_.fields.items():
        arguments = {
            argument: GraphQLArgument(
                **{**definition.to_kwargs(), "type_": _replaced(definition.type, copies)}
            )
            for argument, definition in field.args.items()
        }
        fields[name] = GraphQLField(**{**field.to_kwargs(), "args": arguments})
    kwargs: dict[str, Any] = {**type_.to_kwargs(), "fields": fields}
    return GraphQLObjectType(**kwargs)


def _replaced(type_: Any, by_name: Mapping[str, Any]) -> Any:
    """The type with the named type inside replaced, in the same lists and as required as before."""
    if is_non_null_type(type_):
        return GraphQLNonNull(_replaced(type_.of_type, by_name))
    if is_list_type(type_):
        return GraphQLList(_replaced(type_.of_type, by_name))
    return by_name.get(type_.name, type_)


def _named_types(type_: Any) -> list[Any]:
    return [get_named_type(field.type) for field in type_.fields.values()]
