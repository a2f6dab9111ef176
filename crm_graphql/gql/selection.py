"""The selection of a client, so that only those fields leave MongoDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from crm_graphql.gql.context import Info


class Columns:
    """For each GraphQL field of a type, the document's fields that it is made of.

    A field that has none and no resolver of its own would be null when it is selected alone; so
    scripts/check_announced.py holds those in `every` to their types.
    """

    every: ClassVar[list[Columns]] = []

    def __init__(self, type_name: str, of_fields: Mapping[str, tuple[str, ...]]) -> None:
        self.type_name = type_name
        self.of_fields = of_fields
        self.every.append(self)


def selected(info: Info, *paths: str) -> set[str]:
    """The names of the fields selected under this field, or under any of the dotted `paths` below it.

    Fields behind `@skip` and `@include` count: too much is fetched then, never too little.
    """
    raw = info._raw_info
    roots = [node.selection_set for node in raw.field_nodes]
    names: set[str] = set()
    for path in paths or ("",):
        level = [found for found in roots if found]
        for step in filter(None, path.split(".")):
            level = [
                node.selection_set
                for node in fields_of(level, raw.fragments)
                if node.name.value == step and node.selection_set
            ]
        names.update(node.name.value for node in fields_of(level, raw.fragments))
    return names


def projection(columns: Columns, names: Iterable[str]) -> dict[str, int]:
    """The MongoDB projection for the selected fields; `_id` is always there."""
    return {"_id": 1} | {column: 1 for name in names for column in columns.of_fields.get(name, ())}


def fields_of(
    sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """All fields of the selection sets, fragments resolved, each fragment once; circles end, and spreads of
    unknown fragments add nothing."""
    seen: set[str] = set()
    waiting = list(sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                if fragment := fragments.get(node.name.value):
                    waiting.append(fragment.selection_set)
