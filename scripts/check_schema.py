"""Holds schema.graphql against the code, and every name in it to a description."""

from __future__ import annotations

import difflib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

COMMITTED = Path("schema.graphql")
SHOWN_LINES = 40


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """The coordinate of each type, field, argument, enum value and directive without a description."""
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        if not kind.description and kind not in roots:
            yield name
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field_name, field in kind.fields.items():
                    if not field.description:
                        yield f"{name}.{field_name}"
                    yield from (
                        f"{name}.{field_name}({argument}:)"
                        for argument, declared in field.args.items()
                        if not declared.description
                    )
            case GraphQLInputObjectType():
                yield from (f"{name}.{key}" for key, field in kind.fields.items() if not field.description)
            case GraphQLEnumType():
                yield from (f"{name}.{key}" for key, value in kind.values.items() if not value.description)
            case _:
                pass
    for directive in schema.directives:
        if not is_specified_directive(directive) and not directive.description:
            yield f"@{directive.name}"


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    printed = subprocess.run(
        [sys.executable, "-m", "crm_graphql", "schema"], capture_output=True, text=True, timeout=120
    )
    if printed.returncode:
        print(f"crm schema failed:\n{printed.stderr}")
        return 1
    committed = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
    difference = list(
        difflib.unified_diff(
            committed.splitlines(), printed.stdout.splitlines(), "schema.graphql", "crm schema", lineterm=""
        )
    )
    if difference:
        print(*difference[:SHOWN_LINES], sep="\n")
        print("schema.graphql is not what the code says: run make schema and commit it")
    bare = list(undescribed(build_schema(printed.stdout)))
    for coordinate in bare:
        print(f"{coordinate} has no description")
    return 1 if difference or bare else 0


if __name__ == "__main__":
    sys.exit(main())
