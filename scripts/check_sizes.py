"""Refuses files and functions that have grown too long: then they hold two ideas; split by idea."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Limits(NamedTuple):
    """In lines: of a file, and of a function from its `def` to its end without its docstring."""

    file: int
    function: int


PRODUCT = Limits(file=300, function=40)
TESTS = Limits(file=400, function=60)
FOLDERS = {
    "crm_graphql": PRODUCT,
    "consumers": PRODUCT,
    "benchmarks": PRODUCT,
    "scripts": PRODUCT,
    "tests": TESTS,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def function_lines(function: Function) -> int:
    """Lines from `def` to the end; decorators and the docstring do not count."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def offenders(place: str, source: str, limits: Limits) -> Iterator[str]:
    """One line for each thing in `source` that is over its limit; `place` is the file's name."""
    lines = len(source.splitlines())
    if lines > limits.file:
        yield f"{place}:1: the file has {lines} lines, at most {limits.file} are allowed"
    for node in ast.walk(ast.parse(source, place)):
        if isinstance(node, Function):
            length = function_lines(node)
            if length > limits.function:
                yield (
                    f"{place}:{node.lineno}: {node.name} has {length} lines, "
                    f"at most {limits.function} are allowed"
                )


def check(root: Path) -> list[str]:
    """All offenders in the folders of `root` that are held to limits."""
    return [
        offender
        for folder, limits in FOLDERS.items()
        for path in sorted((root / folder).rglob("*.py"))
        for offender in offenders(str(path.relative_to(root)), path.read_text(encoding="utf-8"), limits)
    ]


def main() -> int:
    """Print the offenders; 1 if there are any."""
    found = check(Path.cwd())
    for offender in found:
        print(offender)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
