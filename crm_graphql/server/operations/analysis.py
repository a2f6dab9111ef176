"""Measures of a parsed document: depth, aliases, root fields, directives, definitions, spreads.

Measured before the document is validated, since validation compares fields and fragments with each other.
Linear in the document: each definition is walked once, and what a fragment adds wherever it is spread comes
from its own figures. Nothing here recurses, so nesting costs no stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from crm_graphql.core.settings import Settings
from crm_graphql.server.refusals import over_limit

SATURATED = 10**12
"""Counts stop here: fragments that spread each other twice double them at each step."""

INTROSPECTION = frozenset({"__schema", "__type"})
"""What is below these fields describes the schema: it neither reads data nor counts here, and graphql-core
bounds it by a rule of its own."""


@dataclass(slots=True)
class Measures:
    """A definition's own figures; with its spreads resolved, those of an operation."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    introspects: bool = False
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """Names of spread fragments, each with the depth at which its fields lie."""

    def add(self, fragment: Measures, depth: int) -> None:
        """Count a fragment whose fields lie at `depth`."""
        self.depth = max(self.depth, depth - 1 + fragment.depth)
        self.aliases = min(self.aliases + fragment.aliases, SATURATED)
        self.introspects = self.introspects or fragment.introspects
        if depth == 1:
            self.root_fields = min(self.root_fields + fragment.root_fields, SATURATED)


@dataclass(frozen=True, slots=True)
class Structure:
    """The figures of a document: of the whole text, and of each operation with its fragments."""

    definitions: int
    spreads: int
    directives: int
    operations: list[Measures]


def measure(document: DocumentNode) -> Structure:
    """The figures of the document. Spreads in a circle and of unknown fragments add nothing."""
    own: dict[str, Measures] = {}
    operations = []
    everything = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            own[definition.name.value] = measures = _own(definition)
        elif isinstance(definition, OperationDefinitionNode):
            operations.append(measures := _own(definition))
        else:
            continue  # a type definition, which validation refuses
        everything.append(measures)
    resolved: dict[str, Measures] = {}
    for name in _leaves_first(own):
        resolved[name] = _resolve(own[name], resolved)
    return Structure(
        definitions=len(document.definitions),
        spreads=sum(len(one.spreads) for one in everything),
        directives=sum(one.directives for one in everything),
        operations=[_resolve(operation, resolved) for operation in operations],
    )


def check_structure(document: DocumentNode, settings: Settings) -> Structure:
    """The figures. Raises RequestError, with the limit and the value, where they are over a limit."""
    structure = measure(document)
    _check("The document has", structure.definitions, "definitions", settings.query_definitions)
    _check("The document has", len(structure.operations), "operations", settings.query_operations)
    _check("The document has", structure.spreads, "spreads", settings.query_spreads)
    _check("The document has", structure.directives, "directives", settings.query_directives)
    for operation in structure.operations:
        _check("The operation is nested", operation.depth, "depth", settings.query_depth)
        _check("The operation has", operation.aliases, "aliases", settings.query_aliases)
        _check("The operation has", operation.root_fields, "root_fields", settings.query_root_fields)
    return structure


_WORDS = {
    "operations": ("operations", "Send them in documents of their own."),
    "definitions": ("definitions", "Send the operations in documents of their own."),
    "spreads": ("fragment spreads", "Spread fewer fragments."),
    "directives": ("directives", "Use fewer of them."),
    "depth": ("fields deep", "Ask for the inner lists in a request of their own."),
    "aliases": ("aliases", "Split it into several requests."),
    "root_fields": ("root fields", "Split it into several requests."),
}


def _check(what: str, value: int, name: str, limit: int) -> None:
    if value > limit:
        words, advice = _WORDS[name]
        shown = f"more than {SATURATED}" if value >= SATURATED else value
        raise over_limit(f"{what} {shown} {words}", value, limit, f"query_{name}", advice)


def _own(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Measures:
    found = Measures(directives=len(definition.directives or ()))
    for variable in definition.variable_definitions or ():
        found.directives += len(variable.directives or ())
    waiting: list[tuple[SelectionSetNode, int, bool]] = [(definition.selection_set, 1, False)]
    while waiting:
        selections, depth, apart = waiting.pop()
        for node in selections.selections:
            found.directives += len(node.directives or ())
            inside = apart
            if isinstance(node, FragmentSpreadNode):
                # Below introspection only the number of spreads matters.
                found.spreads.append((node.name.value, 0 if apart else depth))
                continue
            assert isinstance(node, FieldNode | InlineFragmentNode)
            below = depth
            if isinstance(node, FieldNode):
                below = depth + 1
                inside = apart or node.name.value in INTROSPECTION
                found.introspects = found.introspects or inside
                if not apart:
                    found.aliases += node.alias is not None
                    found.root_fields += depth == 1
                    found.depth = max(found.depth, depth)
            if node.selection_set:
                waiting.append((node.selection_set, below, inside))
    return found


def _resolve(own: Measures, resolved: Mapping[str, Measures]) -> Measures:
    for name, depth in own.spreads:
        if depth and name in resolved:
            own.add(resolved[name], depth)
    return own


def _leaves_first(own: Mapping[str, Measures]) -> Iterator[str]:
    """The fragments, each after those that it spreads; where they spread in a circle, in some order."""
    seen: set[str] = set()
    for root in own:
        path: list[tuple[str, Iterator[str]]] = []
        if root not in seen:
            seen.add(root)
            path.append((root, _spread_names(own[root].spreads)))
        while path:
            name, names = path[-1]
            unseen = next((each for each in names if each in own and each not in seen), None)
            if unseen is None:
                path.pop()
                yield name
            else:
                seen.add(unseen)
                path.append((unseen, _spread_names(own[unseen].spreads)))


def _spread_names(spreads: Iterable[tuple[str, int]]) -> Iterator[str]:
    return (name for name, _ in spreads)
