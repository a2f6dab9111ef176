"""The schema check finds every kind of name without a description."""

from __future__ import annotations

import runpy
from pathlib import Path

from graphql import build_schema

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_schema.py"
undescribed = runpy.run_path(str(SCRIPT))["undescribed"]

BARE = """
directive @needs(role: String) on FIELD_DEFINITION
scalar Money
interface Node { id: ID! }
enum Channel { EMAIL }
input Pick @oneOf { id: ID }
type Query { node(id: ID!, pick: Pick): Node, money: Money, channel: Channel }
"""


def test_it_names_each_type_field_argument_value_and_directive() -> None:
    assert sorted(undescribed(build_schema(BARE))) == [
        "@needs",
        "Channel",
        "Channel.EMAIL",
        "Money",
        "Node",
        "Node.id",
        "Pick",
        "Pick.id",
        "Query.channel",
        "Query.money",
        "Query.node",
        "Query.node(id:)",
        "Query.node(pick:)",
    ]


def test_it_is_content_with_a_description_each() -> None:
    described = '"The root." type Query { "How many." count("Of what." of: String): Int }'
    assert list(undescribed(build_schema(described))) == []
