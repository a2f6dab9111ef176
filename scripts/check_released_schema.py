"""Holds schema.graphql against the last release: what breaks a client must stand in CHANGELOG.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from graphql import GraphQLInputObjectType, GraphQLSchema, build_schema
from graphql.utilities import BreakingChange, BreakingChangeType, find_schema_changes

RELEASED = Path("schema.released.graphql")
CURRENT = Path("schema.graphql")
CHANGELOG = Path("CHANGELOG.md")

# In graphql-core's sentences, which say it in words only.
_COORDINATE = re.compile(r"@\w+(?:\(\w+:\))?|\w+\.\w+(?:\(\w+:\))?")
_TYPE = re.compile(r"(?:^.* union type|^Standard scalar|^) ?(\w+)")


class Break(NamedTuple):
    """One change that a client written against the release may not survive."""

    coordinate: str
    """As GraphQL writes schema coordinates: `Type`, `Type.field`, `Type.field(argument:)`, `@directive`."""
    description: str


def breaks(released: GraphQLSchema, current: GraphQLSchema) -> Iterator[Break]:
    """What would break clients. What is only dangerous, as a new enum value, is none."""
    for change in find_schema_changes(released, current):
        if isinstance(change.type, BreakingChangeType):
            yield Break(_coordinate(change), change.description)
    # graphql-core compares no @oneOf.
    for name, old in released.type_map.items():
        new = current.type_map.get(name)
        if isinstance(old, GraphQLInputObjectType) and isinstance(new, GraphQLInputObjectType):
            if new.is_one_of and not old.is_one_of:
                yield Break(name, f"Input type {name} became @oneOf.")
            elif old.is_one_of and not new.is_one_of:
                yield Break(name, f"Input type {name} is no longer @oneOf.")


def _coordinate(change: BreakingChange) -> str:
    if found := _COORDINATE.search(change.description):
        return found[0]
    found = _TYPE.match(change.description)
    assert found is not None, change.description
    return found[1]


def announced(changelog: str) -> frozenset[str]:
    """The coordinates in backticks under "### Breaking" of the Unreleased section."""
    unreleased = _section(changelog, "## Unreleased", "## ")
    return frozenset(re.findall(r"`([^`\n]+)`", _section(unreleased, "### Breaking", "### ")))


def _section(text: str, heading: str, next_heading: str) -> str:
    """The lines after a heading, up to the next of its level."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.rstrip() == heading:
            break
    inside: list[str] = []
    for line in lines:
        if line.startswith(next_heading):
            break
        inside.append(line)
    return "\n".join(inside)


def main() -> int:
    """Print the breaks that the changelog does not name; 1 if there are any."""
    if not RELEASED.exists():
        print(f"{RELEASED} is missing: the schema of the last release, written by make release-schema")
        return 1
    released, current = (build_schema(path.read_text(encoding="utf-8")) for path in (RELEASED, CURRENT))
    named = announced(CHANGELOG.read_text(encoding="utf-8"))
    silent = [found for found in breaks(released, current) if found.coordinate not in named]
    for found in silent:
        print(f"{found.coordinate}: {found.description}")
    if silent:
        print(
            "Clients of the last release break. Keep what they use (deprecate it first), or name each of "
            "these in backticks under ### Breaking in CHANGELOG.md's Unreleased section."
        )
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
