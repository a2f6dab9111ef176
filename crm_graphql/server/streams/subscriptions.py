"""All subscriptions of one API process: who asks the same, with the same rights, shares the work."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from crm_graphql.core.tasks import end_tasks
from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.gql.context import Context
from crm_graphql.gql.permission import IS_LOG, PERSONAL, RESUME_ARGUMENT
from crm_graphql.gql.selection import fields_of
from crm_graphql.server.engine import Engine, Source
from crm_graphql.server.operations.preparing import Operation
from crm_graphql.server.streams.log_feed import LogReader, LogTail
from crm_graphql.server.streams.snapshots import Listener, SnapshotFeed, Subscription

Key = tuple[object, ...]
_SORTED = msgspec.json.Encoder(order="sorted", decimal_format="string")


class Subscriptions:
    """Puts each subscription to a feed that exists, or makes one.

    Two share a feed when document, operation, variables and the caller's scope are the same; of a log's
    variables, the one that says where to begin does not count.
    """

    def __init__(self, engine: Engine, *, share: bool = True) -> None:
        """With `share` off each subscription works for itself: for measurements."""
        self._engine = engine
        self._share = share
        self._unshared = itertools.count()
        self._snapshots: dict[Key, SnapshotFeed] = {}
        self._tails: dict[Key, LogTail] = {}

    def subscribe(self, operation: Operation, context: Context, listener: Listener) -> Subscription:
        """Feed the listener until it leaves. Never waits and never raises: the listener is told."""
        context = context.renewed()
        log = self._log(operation)
        if log is None:
            key = self._key(operation, context, operation.variables)
            feed = self._snapshots.get(key)
            if feed is None:
                feed = SnapshotFeed(
                    self._engine, operation, context, lambda: _forget(self._snapshots, key, feed)
                )
                self._snapshots[key] = feed
            return feed.join(listener)
        key = self._key(operation, context, _without_place(operation, *log))

        def tail_of(source: Source, log: ChangeLog[Any, Any]) -> LogTail:
            tail = self._tails.get(key)
            if tail is None:
                tail = LogTail(self._engine, source, log, lambda: _forget(self._tails, key, tail))
                self._tails[key] = tail
            return tail

        return LogReader(self._engine, operation, context, listener, tail_of)

    def counts(self) -> tuple[int, int]:
        """How many feeds of snapshots and tails of logs there are; for metrics and tests."""
        return len(self._snapshots), len(self._tails)

    async def close(self) -> None:
        """End every feed; its listeners are told nothing."""
        feeds: list[SnapshotFeed | LogTail] = [*self._snapshots.values(), *self._tails.values()]
        await end_tasks(feed.task for feed in feeds)

    def _key(self, operation: Operation, context: Context, variables: Mapping[str, Any]) -> Key:
        if not self._share:
            return (next(self._unshared),)
        asked = (operation.document_hash, operation.name, _SORTED.encode(variables), context.scope)
        is_personal = any(metadata.get(PERSONAL) for _, metadata in self._roots(operation))
        return (*asked, context.caller) if is_personal else asked

    def _log(self, operation: Operation) -> tuple[FieldNode, str | None] | None:
        """The root field, and which of its arguments names a place, when the subscription is to a log."""
        for field, metadata in self._roots(operation):
            if metadata.get(IS_LOG):
                return field, metadata[RESUME_ARGUMENT]
        return None

    def _roots(self, operation: Operation) -> Iterator[tuple[FieldNode, Mapping[str, Any]]]:
        """The root fields with what was said of them where they were declared."""
        root = self._engine.schema.subscription_type
        for field in _root_fields(operation.definition, operation.document):
            definition = root.fields.get(field.name.value) if root else None
            made = (definition.extensions or {}).get("strawberry-definition") if definition else None
            yield field, {} if made is None else made.metadata


def _forget(feeds: dict[Key, Any], key: Key, feed: object) -> None:
    if feeds.get(key) is feed:
        del feeds[key]


def _root_fields(definition: OperationDefinitionNode, document: DocumentNode) -> Iterator[FieldNode]:
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    return fields_of([definition.selection_set], fragments)


class _Uses(Visitor):
    """Counts the uses of each variable, its definition included."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def enter_variable(self, node: VariableNode, *_args: object) -> None:
        self.counts[node.name.value] = self.counts.get(node.name.value, 0) + 1


def _without_place(operation: Operation, field: FieldNode, argument: str | None) -> Mapping[str, Any]:
    """The variables but the one that only says where to begin."""
    for given in field.arguments or ():
        if given.name.value == argument and isinstance(given.value, VariableNode):
            name = given.value.name.value
            uses = _Uses()
            visit(operation.document, uses)
            if uses.counts[name] == 2:  # its definition and this one
                return {key: value for key, value in operation.variables.items() if key != name}
    return operation.variables
