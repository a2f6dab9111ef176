"""Schema on which mutations run: a copy that takes records as leaves, and what is checked by the original.

Documents are validated, printed and introspected by the schema as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    is_scalar_type,
    visit,
)
from graphql.execution import get_variable_values

from crm_graphql.gql.deferred import deferring, holds_deferred, record_leaf

_COPY = "crm.copy_for_mutations"


def take_records(schema: GraphQLSchema, names: frozenset[str]) -> None:
    """Let mutations take the input types with these names as records, each by its leaf."""
    records: dict[str, Any] = {name: schema.type_map[name] for name in names}
    copies: dict[str, Any] = {name: record_leaf(type_) for name, type_ in records.items()}
    for name, type_ in schema.type_map.items():
        if is_input_object_type(type_) and any(field.name in names for field in _named_types(type_)):
            copies[name] = _input_copy(type_, copies)
    kwargs = schema.to_kwargs()
    mutation = kwargs["mutation"]
    assert mutation is not None, "records come by mutations"
    kwargs["mutation"] = copies[mutation.name] = _mutation_copy(mutation, copies)
    kwargs["types"] = tuple(copies.get(type_.name, type_) for type_ in kwargs["types"] or ())
    copy = GraphQLSchema(**kwargs)
    vars(copy).update({name: value for name, value in vars(schema).items() if name not in vars(copy)})
    for scalar in {scalar for type_ in records.values() for scalar in _named_types(type_)}:
        # By this map the types of variables are found, and nothing else.
        copy.type_map[scalar.name] = deferring(scalar)
    schema.extensions[_COPY] = copy


def schema_for_mutations(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema that mutations run on: its copy that takes records, if it has one."""
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
        self._copy = schema_for_mutations(schema)

    def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_args: Any) -> None:
        """Note a variable that is no field of a record."""
        if isinstance(parent, VariableDefinitionNode):
            return
        holder = get_named_type(self.types.get_parent_input_type())
        if not isinstance(parent, ObjectFieldNode) or not _is_record(holder, self._copy):
            self.outside_records.add(node.name.value)


def _is_record(type_: Any, copy: GraphQLSchema) -> bool:
    return is_input_object_type(type_) and is_scalar_type(copy.type_map[type_.name])


class RecordLiteralsRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule, which leaves what stands in the fields of a record to the check of records."""

    def is_valid_value_node(self, node: ValueNode, input_type: Any | None) -> VisitorAction:
        """Check a literal against its type, or against the copy that takes records."""
        if input_type is not None and is_input_object_type(get_named_type(input_type)):
            input_type = _replaced(input_type, schema_for_mutations(self.context.schema).type_map)
        return super().is_valid_value_node(node, input_type)


def _input_copy(type_: GraphQLInputObjectType, copies: Mapping[str, Any]) -> GraphQLInputObjectType:
    fields = {
        name: GraphQLInputField(**{**field.to_kwargs(), "type_": _replaced(field.type, copies)})
        for name, field in type_.fields.items()
    }
    kwargs: dict[str, Any] = {**type_.to_kwargs(), "fields": fields}
    return GraphQLInputObjectType(**kwargs)


def _mutation_copy(type_: GraphQLObjectType, copies: Mapping[str, Any]) -> GraphQLObjectType:
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
