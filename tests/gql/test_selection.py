"""The fields of a selection are found through its fragments, whatever these spread."""

from __future__ import annotations

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from crm_graphql.gql.selection import fields_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{ a ... { b } ... on T { c { d } } }", ["a", "b", "c"]),
        ("{ a ...F ...F } fragment F on T { b }", ["a", "b"]),
        ("{ ...F } fragment F on T { a ...G } fragment G on T { b ...F }", ["a", "b"]),
        ("{ a ...Unknown }", ["a"]),
    ],
    ids=["inline", "spread twice", "spread in a circle", "unknown"],
)
def test_each_field_is_found_once(text: str, names: list[str]) -> None:
    definitions = parse(text).definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    found = fields_of([operation.selection_set], fragments)
    # One more than there are, should it never end.
    assert sorted(node.name.value for node, _ in zip(found, range(9), strict=False)) == names
