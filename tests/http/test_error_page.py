"""docs/errors.md lists every code that the product can answer with, and none besides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_graphql.core.errors import ErrorCode
from crm_graphql.server.transports.socket_messages import CloseCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
SOURCES = [
    path
    for path in sorted((ROOT / "crm_graphql").rglob("*.py"))
    # The simulator plays a foreign service, with codes of its own.
    if "simulator" not in path.parts
]

_CODE = re.compile(r"[A-Z][A-Z]+(_[A-Z]+)*")
# Functions whose arguments hold a code, and functions that return one.
_TAKERS = frozenset({"of", "RequestError"})


def section(title: str) -> str:
    """The page's section under this heading."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def listed(title: str) -> set[str]:
    """The first column of the section's table."""
    return set(re.findall(r"^\| `?([A-Z_]+|\d+)`? \|", section(title), re.MULTILINE))


def codes_in(source: str) -> Iterator[str]:
    """Each code that a source file writes down: as the value of "code", as an argument of a refusal, or as
    what a function named `..._code` returns."""
    for node in ast.walk(ast.parse(source)):
        found: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "code"]
        elif isinstance(node, ast.Call):
            found = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += node.args if name in _TAKERS else []
        elif isinstance(node, ast.FunctionDef) and node.name.endswith("_code"):
            found = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
        for value in found:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def written() -> set[str]:
    """Every code written as text in the source."""
    return {
        code
        for path in SOURCES
        for code in codes_in(path.read_text(encoding="utf-8"))
        if _CODE.fullmatch(code)
    }


def test_codes_are_found_however_they_are_written() -> None:
    source = """
def some_code(): return "ONE_CODE"
RequestError.of(x, "a sentence", "TWO_CODE")
GraphQLError("a", extensions={"code": "THREE_CODE"})
problem(code="FOUR_CODE")
"""
    assert set(codes_in(source)) >= {"ONE_CODE", "TWO_CODE", "THREE_CODE", "FOUR_CODE"}


def test_each_code_of_the_schema_is_listed_once() -> None:
    assert listed("Codes of payloads, rows and the HTTP doors") == {code.value for code in ErrorCode}


def test_each_top_level_code_is_listed_and_each_listed_one_exists() -> None:
    shared = set(re.findall(r"`([A-Z_]+)`", section("Codes of top-level errors").split("Besides:")[0]))
    besides = listed("Codes of top-level errors")
    found = written()
    assert "TOO_COMPLEX" in found
    assert found - besides - {code.value for code in ErrorCode} == set()
    assert besides <= found
    assert shared <= {code.value for code in ErrorCode}


def test_each_close_code_is_listed() -> None:
    codes = {str(value) for name, value in vars(CloseCode).items() if name.isupper()}
    assert listed("Close codes of websockets") == codes


@pytest.mark.parametrize(
    "path", ["ingestion/routes.py", "delivery/routes.py", "server/transports/http.py", "server/refusals.py"]
)
def test_each_http_status_of_the_doors_is_listed(path: str) -> None:
    source = (ROOT / "crm_graphql" / path).read_text(encoding="utf-8")
    found = {
        str(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and type(node.value) is int and 200 <= node.value < 600
    }
    assert found
    assert found <= listed("HTTP statuses")
