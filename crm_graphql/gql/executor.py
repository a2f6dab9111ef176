"""Execution of checked documents: graphql-core's executor, with plain fields taken in one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLObjectType, is_leaf_type, is_list_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path, Undefined, gather_with_cancel
from graphql.type import GraphQLField, GraphQLOutputType
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

Complete = Callable[[Any], Any]
"""Turns a resolved value into what is sent, or raises when it cannot be."""

Step = tuple[str, FieldDetailsList, str | None, Complete | None]
"""A field of a selection: its response name and nodes, and for a plain one its attribute and completion."""


class _NotPlain(Exception):
    """The value needs graphql-core's own completion, with its error handling."""


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Gives the same results as graphql-core's executor, sooner.

    A plain field (an attribute of its object, no arguments, a leaf or a list of leaves) needs neither a path
    nor resolve info; most fields of a list are plain. How a selection is taken is planned once for all the
    objects of a list. What goes wrong with a plain field is done again the slow way, which gives the error.
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
        found = self._plans.get(id(grouped_field_set))
        if found is None:
            found = self._plans[id(grouped_field_set)] = (
                grouped_field_set,
                self._plan(parent_type, grouped_field_set),
            )
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for name, details, attribute, complete in found[1]:
                if complete is not None and attribute is not None:
                    try:
                        results[name] = complete(getattr(source_value, attribute))
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

    def _plan(self, parent_type: GraphQLObjectType, fields: GroupedFieldSet) -> list[Step]:
        steps: list[Step] = []
        for name, details in fields.items():
            definition = self.schema.get_field(parent_type, details[0].node.name.value)
            attribute = _plain_attribute(definition) if definition else None
            complete = _completion(definition.type) if definition and attribute else None
            steps.append((name, details, attribute, complete))
        return steps


async def _await_fields(results: dict[str, Any], waiting: list[str]) -> dict[str, Any]:
    if len(waiting) == 1:
        results[waiting[0]] = await results[waiting[0]]
    else:
        values = await gather_with_cancel(*(results[name] for name in waiting))
        results.update(zip(waiting, values, strict=True))
    return results


def _plain_attribute(definition: GraphQLField) -> str | None:
    """The attribute that the field shows, if it does nothing else."""
    field = (definition.extensions or {}).get("strawberry-definition")
    if isinstance(field, StrawberryField) and field.is_basic_field and not definition.args:
        return field.python_name
    return None


def _completion(kind: GraphQLOutputType) -> Complete | None:
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
