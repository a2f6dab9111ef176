"""Reads live in `queries.py` and nothing else does: no such module calls what writes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import crm_graphql

PACKAGE = Path(crm_graphql.__file__).parent
QUERIES = sorted(PACKAGE.glob("*/queries.py"))
WRITES = (
    *("insert", "update", "replace", "delete", "find_one_and", "bulk_write", "save", "drop", "create"),
    *("publish", "broadcast"),
)


def writing_calls(source: str) -> list[str]:
    """The names of the methods that are called and write, in the order of the text."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith(WRITES)
    ]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.parent.name)
def test_a_module_of_queries_writes_nothing(path: Path) -> None:
    assert writing_calls(path.read_text(encoding="utf-8")) == []


def test_every_domain_with_documents_has_its_queries() -> None:
    assert {path.parent for path in PACKAGE.glob("*/documents.py")} - {PACKAGE / "mongo"} <= {
        path.parent for path in QUERIES
    }


def test_a_write_is_noticed() -> None:
    source = "async def find(c):\n    await c.find_one({})\n    await c.find_one_and_update({}, {})\n"
    assert writing_calls(source) == ["find_one_and_update"]
