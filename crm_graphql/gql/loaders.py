"""Loaders: the objects, or the first pages of lists, of many parents in one query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.actor import Actor
from crm_graphql.core.paging import Page, PageRequest, Row
from crm_graphql.gql.context import Context
from crm_graphql.mongo.pages import Parents

FetchMany = Callable[[Sequence[ObjectId]], Awaitable[Mapping[ObjectId, Row]]]
FetchOwn = Callable[[Actor, Sequence[ObjectId]], Awaitable[Mapping[ObjectId, Row]]]


def by_key(fetch: FetchMany) -> DataLoader[ObjectId, Row | None]:
    """A loader of rows by their key; None for what is not there.

    It does not cache: over a websocket the same loader serves operations minutes apart.
    """

    async def load(keys: list[ObjectId]) -> list[Row | None]:
        rows = await fetch(list(dict.fromkeys(keys)))
        return [rows.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=False)


def rows_by_id(fetch: FetchMany) -> Callable[[Context], DataLoader[ObjectId, Row | None]]:
    """The loader of what everybody with the permission sees."""
    return lambda _context: by_key(fetch)


def own_rows_by_id(fetch: FetchOwn) -> Callable[[Context], DataLoader[ObjectId, Row | None]]:
    """The loader of what depends on who asks."""
    return lambda context: by_key(partial(fetch, context.actor))


@dataclass(frozen=True, slots=True)
class ChildPage:
    """A page of a parent's list, and the document's fields that are wanted of it.

    `former` are further keys under which the list is kept.
    """

    parent: ObjectId
    page: PageRequest
    fields: frozenset[str]
    former: tuple[ObjectId, ...] = ()


FetchPages = Callable[[Parents, PageRequest, frozenset[str]], Awaitable[Mapping[ObjectId, Page[Row]]]]


def child_pages(fetch: FetchPages) -> DataLoader[ChildPage, Page[Row]]:
    """A loader of pages: one query for all parents that are asked the same page."""

    async def load(keys: list[ChildPage]) -> list[Page[Row]]:
        alike: dict[tuple[PageRequest, frozenset[str]], dict[ObjectId, Sequence[ObjectId]]] = {}
        for key in keys:
            alike.setdefault((key.page, key.fields), {})[key.parent] = (key.parent, *key.former)
        pages: dict[tuple[Any, ...], Page[Row]] = {}
        for (page, fields), parents in alike.items():
            found = await fetch(parents, page, fields)
            pages |= {(page, fields, parent): rows for parent, rows in found.items()}
        return [pages[key.page, key.fields, key.parent] for key in keys]

    return DataLoader(load_fn=load, cache=False)
