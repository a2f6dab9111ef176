"""First lines of modules: each names what the module owns, beginning with the noun."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("crm_graphql", "consumers")
QUESTIONS = frozenset({"what", "how", "which", "where", "whether", "who", "whom", "whose", "why", "when"})
"""Words that hold back the noun."""


def offenders(place: str, source: str) -> Iterator[str]:
    """A line for a module whose first line begins with a question."""
    text = ast.get_docstring(ast.parse(source, place)) or ""
    first = text.partition(" ")[0].strip(".,:").lower()
    if first in QUESTIONS:
        yield f'{place}:1: begin with the noun that the module owns, not with "{text.partition(" ")[0]}"'


def check(root: Path) -> list[str]:
    """All offenders below `root`."""
    return [
        offender
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for offender in offenders(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    ]


def main() -> int:
    """Print the offenders; 1 if there are any."""
    found = check(Path.cwd())
    for offender in found:
        print(offender)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
