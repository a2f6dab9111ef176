"""Finds what was written and never announced: queues, root fields, Node types, columns, documents."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from beanie import Document
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

import consumers
import crm_graphql
from consumers.registry import Job, of_partition, shared
from crm_graphql.bus.queues import all_queues
from crm_graphql.core.domains import modules_within
from crm_graphql.core.settings import Settings
from crm_graphql.gql.node import node_types
from crm_graphql.gql.permission import ROOT_FIELDS, SUBJECT, RootField
from crm_graphql.gql.selection import Columns
from crm_graphql.mongo.documents import all_documents
from crm_graphql.schema import executable_schema

QUEUE_TYPES = {"Queue", "PartitionedQueue"}
PORT = "crm_graphql/bus/port.py"


def lost_queues(declared: Collection[str], consumed: Iterable[Job]) -> Iterator[str]:
    """Queues that a handler waits at and no domain declares, and those that no handler empties."""
    taken = {one.queue for one in consumed}
    yield from (
        f"queue {name}: it has a handler, and no messages.py names it" for name in taken - {*declared}
    )
    yield from (f"queue {name}: it has no handler in consumers/registry.py" for name in {*declared} - taken)


def hidden_queues(place: str, source: str) -> Iterator[str]:
    """Queues that are made where none is declared: anywhere but at the top of a `messages` module."""
    tree = ast.parse(source, place)
    declaring = place.startswith("crm_graphql/") and place.count("/") == 2 and place.endswith("/messages.py")
    named = {
        id(statement.value)
        for statement in (tree.body if declaring else [])
        if isinstance(statement, ast.Assign | ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in QUEUE_TYPES and id(node) not in named:
            yield f"{place}:{node.lineno}: a queue is named in its domain's messages.py, at the top"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def lost_root_fields(decorated: Iterable[RootField], schema: GraphQLSchema) -> Iterator[str]:
    """Fields that were decorated for a root type and are not in it."""
    roots = {
        "Query": schema.query_type,
        "Mutation": schema.mutation_type,
        "Subscription": schema.subscription_type,
    }
    for root, field in decorated:
        kind = roots[root]
        held = [_definition(one).base_resolver for one in kind.fields.values()] if kind else []
        if field.base_resolver not in held:
            name = field.python_name
            yield f"{root} field {name}: its domain's schema/__init__.py, or schema.py, lacks it"


def lost_subjects(mutation: GraphQLObjectType) -> Iterator[str]:
    """Mutations whose input names an object of which the audit is not told, or that name no part of it."""
    for name, field in mutation.fields.items():
        given = get_named_type(field.args["input"].type) if "input" in field.args else None
        inputs = given.fields.values() if isinstance(given, GraphQLInputObjectType) else ()
        held = {_definition(one).python_name: str(one.type) for one in inputs}
        needed = [attribute for attribute, kind in held.items() if kind == "ID!"]
        subject = _definition(field).metadata.get(SUBJECT)
        if subject is None and needed:
            yield f'Mutation field {name}: tell the audit which object it changes: subject="{needed[0]}"'
        if subject is not None and subject not in held:
            yield f"Mutation field {name}: its input has no {subject}, which is to be its subject"


def lost_nodes(schema: GraphQLSchema, registered: Collection[str]) -> Iterator[str]:
    """Node types that `node` cannot fetch."""
    interface = schema.get_type("Node")
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and interface in kind.interfaces and name not in registered:
            yield f"type {name}: a Node that is not registered, so that `node` cannot fetch it"


def lost_columns(every: Iterable[Columns], schema: GraphQLSchema) -> Iterator[str]:
    """Fields that would be null when selected alone: in no column list, and with no resolver of their own."""
    for columns in every:
        kind = schema.get_type(columns.type_name)
        if not isinstance(kind, GraphQLObjectType):
            yield f"columns of {columns.type_name}: the schema has no such type"
            continue
        plain = {name for name, field in kind.fields.items() if _definition(field).base_resolver is None}
        for name in sorted(plain - {"id"} - columns.of_fields.keys()):
            yield f"{columns.type_name}.{name}: in no columns, and it has no resolver"
        for name in sorted(columns.of_fields.keys() - kind.fields.keys()):
            yield f"columns of {columns.type_name}: it has no field {name}"


def _definition(field: Any) -> Any:
    return field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]


def lost_documents(defined: Iterable[type[Document]], connected: Collection[type[Document]]) -> Iterator[str]:
    """Documents of the product that are defined where nobody looks for them."""
    for document in defined:
        place = f"{document.__module__}.{document.__name__}"
        is_ours = place.startswith("crm_graphql.") and not document.__name__.startswith("_")
        if is_ours and document not in connected:
            yield f"document {place}: it belongs into its domain's documents.py"


def _subclasses(cls: type[Document]) -> Iterator[type[Document]]:
    for found in cls.__subclasses__():
        yield found
        yield from _subclasses(found)


def check(root: Path) -> list[str]:
    """All that is lost in the product, whose sources lie under `root`."""
    modules_within(crm_graphql)
    settings = Settings()
    consumed = [*shared(settings)]
    for partition in range(settings.partitions):
        consumed += of_partition(partition)
    schema = executable_schema()
    assert schema.mutation_type is not None
    sources = [
        path for package in (crm_graphql, consumers) for path in Path(package.__path__[0]).rglob("*.py")
    ]
    places = {str(path.relative_to(root)): path for path in sources}
    return [
        *lost_queues(all_queues(settings.partitions), consumed),
        *(
            found
            for place, path in sorted(places.items())
            if place != PORT
            for found in hidden_queues(place, path.read_text(encoding="utf-8"))
        ),
        *lost_root_fields(ROOT_FIELDS, schema),
        *lost_subjects(schema.mutation_type),
        *lost_nodes(schema, node_types()),
        *lost_columns(Columns.every, schema),
        *lost_documents(_subclasses(Document), all_documents()),
    ]


def main() -> int:
    """Print what is lost; 1 if anything is."""
    found = sorted(set(check(Path(crm_graphql.__path__[0]).parent)))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
