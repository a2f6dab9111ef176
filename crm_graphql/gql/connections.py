"""Relay connections over keyset pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from crm_graphql.accounts.tokens import derived_keys
from crm_graphql.core.cursors import ListCursors
from crm_graphql.core.paging import Page, Row, SortKey
from crm_graphql.gql.context import Info

NodeT = TypeVar("NodeT")

First = Annotated[
    int | None, strawberry.argument(description="How many from the start: 50 by default, 100 at most.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many from the end: 50 by default, 100 at most.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

CONNECTION_PATHS = ("nodes", "edges.node")
"""Where the fields of a connection's objects are selected."""


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more comes after this page.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first object; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last object; null on an empty page."
    )


@strawberry.type(description="An object of a list, with its cursor.")
class Edge(Generic[NodeT]):
    cursor: str = strawberry.field(description="Pass it as `after` or `before` to page from here.")
    node: NodeT = strawberry.field(description="The object.")


async def _unknown() -> None:
    return None


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    page: strawberry.Private[Page[Row]]
    cursors: strawberry.Private[ListCursors]
    make: strawberry.Private[Callable[[Row], NodeT]]
    count: strawberry.Private[Callable[[], Awaitable[int | None]]] = _unknown

    @strawberry.field(description="The objects with their cursors.")
    def edges(self) -> list[Edge[NodeT]]:
        return [Edge(cursor=self.cursors.of(row), node=self.make(row)) for row in self.page.rows]

    @strawberry.field(description="The objects alone.")
    def nodes(self) -> list[NodeT]:
        return [self.make(row) for row in self.page.rows]

    @strawberry.field(description="Where this page lies in the list.")
    def page_info(self) -> PageInfo:
        rows = self.page.rows
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.cursors.of(rows[0]) if rows else None,
            end_cursor=self.cursors.of(rows[-1]) if rows else None,
        )

    @strawberry.field(
        description="How many the whole list holds; null where counting takes too long. "
        "Free when not selected."
    )
    async def total_count(self) -> int | None:
        return await self.count()


def connection(
    page: Page[Row],
    cursors: ListCursors,
    make: Callable[[Row], NodeT],
    count: Callable[[], Awaitable[int | None]] = _unknown,
) -> Connection[NodeT]:
    """The connection of `page`; `make` turns a row into its GraphQL object, when one is selected."""
    return Connection(page=page, cursors=cursors, make=make, count=count)


def list_cursors(info: Info, order: SortKey, *asked: object) -> ListCursors:
    """The cursors of the list that is being resolved. `asked` is all that chooses what it holds: parent,
    filter, what the caller may see; not the order, nor which page."""
    settings = info.context.resources.settings
    name = f"{info._raw_info.parent_type.name}.{info.field_name}"
    return ListCursors(partial(derived_keys, settings, "cursors"), order, repr((name, *map(_meant, asked))))


def _meant(value: Any) -> Any:
    """An input without what says nothing, so that `filter: {}` and no filter are one list."""
    if value is strawberry.UNSET:
        return None
    if is_dataclass(value):
        found = {field.name: _meant(getattr(value, field.name)) for field in fields(value)}
        return {name: part for name, part in found.items() if part is not None} or None
    if isinstance(value, list):
        return [_meant(part) for part in value]
    return value.value if isinstance(value, Enum) else value
