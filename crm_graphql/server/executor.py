"""Execution of checked documents: graphql-core's executor, with plain fields taken in one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLObjectType, is_leaf_type, is_list_type, is_non_null_type, is_object_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path, Undefined, gather_with_cancel
from graphql.type import GraphQLList, GraphQLOutputType, GraphQLResolveInfo
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

Take = Callable[[Any], Any]
"""Takes a plain field of an object and turns it into what is sent, or raises when it cannot."""

Step = tuple[str, FieldDetailsList, Take | None]
"""A field of a selection: its response name and nodes, and how to take it if it is plain."""


DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


class _NotPlain(Exception):
    """The value needs graphql-core's own completion, with its error handling."""


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Gives the same results as graphql-core's executor, sooner.

    A plain field (an attribute of its object, no arguments, a leaf or a list of leaves) needs neither a path
    nor resolve info; most fields of a list are plain. How a selection is taken is planned once for all the
    objects of a list, and a list of objects of which only plain fields are selected is taken as a whole. What
    goes wrong is done again the slow way, which gives the error.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_awaitable = optimized_is_awaitable  # type: ignore[assignment]
        # The field set is kept beside its plan: a plan is found by the set's identity.
        self._plans: dict[int, tuple[GroupedFieldSet, list[Step]]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """The fields of one object, concurrently where they wait."""
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for name, details, take in self._steps(parent_type, grouped_field_set):
                if take is not None:
                    try:
                        results[name] = take(source_value)
                        continue
                    except Exception:
                        pass
                field_path = Path(path, name, parent_type.name)
                result = self.execute_field(parent_type, source_value, details, field_path, position_context)
                if result is Undefined:
                    continue
                results[name] = result
                if self.is_awaitable(result):
                    waiting.append(name)
        except Exception:
            if waiting:
                self.settle_in_background([results[name] for name in waiting])
            raise
        return _await_fields(results, waiting) if waiting else results

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """The items of a list."""
        taken = self._take_objects(return_type.of_type, field_details_list, result)
        if taken is not None:
            return taken
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _take_objects(self, kind: Any, details: FieldDetailsList, objects: Any) -> list[Any] | None:
        """The objects, if each field that is selected of them is plain; None where the slow way is needed."""
        kind = kind.of_type if is_non_null_type(kind) else kind
        if type(objects) is not list or not objects or not is_object_type(kind):
            return None
        collected = self.collect_subfields(kind, details)
        steps = self._steps(kind, collected.grouped_field_set)
        takes = [(name, take) for name, _, take in steps if take is not None]
        expected = _origin(kind)
        if collected.new_defer_usages or len(takes) < len(steps):
            return None
        if any(type(each) is not expected for each in objects):
            return None
        try:
            return [{name: take(each) for name, take in takes} for each in objects]
        except Exception:
            return None

    def _steps(self, parent_type: GraphQLObjectType, fields: GroupedFieldSet) -> list[Step]:
        found = self._plans.get(id(fields))
        if found is None:
            steps: list[Step] = []
            for name, details in fields.items():
                field_name = details[0].node.name.value
                steps.append((name, details, self._way_to_take(parent_type, field_name)))
            found = self._plans[id(fields)] = (fields, steps)
        return found[1]

    def _way_to_take(self, parent_type: GraphQLObjectType, name: str) -> Take | None:
        if name == "__typename":
            type_name = parent_type.name
            return lambda _source: type_name
        definition = self.schema.get_field(parent_type, name)
        field = (definition.extensions or {}).get(DEFINITION) if definition else None
        if definition is None or definition.args or not isinstance(field, StrawberryField):
            return None
        complete = _completion(definition.type) if field.is_basic_field else None
        if complete is None:
            return None
        attribute = field.python_name
        return lambda source: complete(getattr(source, attribute))


async def _await_fields(results: dict[str, Any], waiting: list[str]) -> dict[str, Any]:
    if len(waiting) == 1:
        results[waiting[0]] = await results[waiting[0]]
    else:
        values = await gather_with_cancel(*(results[name] for name in waiting))
        results.update(zip(waiting, values, strict=True))
    return results


def _origin(kind: GraphQLObjectType) -> type | None:
    """The class of which the type's objects are, to the letter."""
    definition = (kind.extensions or {}).get(DEFINITION)
    return definition.origin if definition is not None and definition.concrete_of is None else None


def _completion(kind: GraphQLOutputType) -> Take | None:
    """How values of the type are completed, if it is a leaf or a list of leaves."""
    required = is_non_null_type(kind)
    inner: Any = kind.of_type if is_non_null_type(kind) else kind
    if is_leaf_type(inner):
        coerce = inner.coerce_output_value
    elif is_list_type(inner) and (item := _completion(inner.of_type)) is not None:

        def coerce(values: Any) -> list[Any]:
            if not isinstance(values, list | tuple):
                raise _NotPlain
            return [item(value) for value in values]

    else:
        return None

    def complete(value: Any) -> Any:
        if value is None:
            if required:
                raise _NotPlain
            return None
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise _NotPlain
        return coerced

    return complete
