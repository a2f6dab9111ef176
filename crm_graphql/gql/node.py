"""The Node interface, what makes a type one, and the way from a global id to its object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import strawberry
from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_id, encode_id
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Context, Info
from crm_graphql.gql.selection import Columns, projection, selected

RowLoader = Callable[[Context], DataLoader[ObjectId, Row | None]]
"""Makes a request's loader of the documents of one type, by id."""


@strawberry.interface(description="An object that can be fetched again by its global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id: opaque, stable, unique over all types.")


class DocumentNode(Protocol):
    """What a Node type must have to be registered: the way from a document to its object."""

    @classmethod
    def from_document(cls, row: Row, /) -> Node:
        """The object that a document becomes."""
        ...


@dataclass(frozen=True, slots=True)
class NodeType:
    """How a type's objects are found and made, by name: types of different domains hold each other."""

    make: Callable[[Row], Any]
    """Any: the types of other domains are known by name only."""
    loader: RowLoader
    permission: Permission | None
    columns: Columns | None

    async def load(self, info: Info, key: ObjectId) -> Any:
        """The object of the document with this id; None when there is none. The permission is not asked for
        here: a field that leads to an object is as open as the object that has the field."""
        row = await info.context.loader(self.loader).load(key)
        return self.make(row) if row else None

    def projection(self, info: Info, *paths: str) -> dict[str, int]:
        """The MongoDB projection for what is selected at the paths: see `selected`.

        Raises TypeError for a type whose documents are always read whole.
        """
        if self.columns is None:
            raise TypeError("This type has no columns: its documents are read whole.")
        return projection(self.columns, selected(info, *paths))


_TYPES: dict[str, NodeType] = {}


def register(
    cls: type[DocumentNode],
    *,
    permission: Permission | None,
    loader: RowLoader,
    columns: Columns | None = None,
) -> None:
    """Say how objects of a Node type are found and made; once, in the module of the type.

    `permission` is what a caller needs for them (None: the loader gives only the caller's own), `columns`
    what their fields are made of, where not the whole document is read. Raises ValueError for a second time,
    and for columns of another type.
    """
    name = cls.__name__
    if name in _TYPES:
        raise ValueError(f"{name} is registered already")
    if columns is not None and columns.type_name != name:
        raise ValueError(f"{name} cannot be made of the columns of {columns.type_name}")
    _TYPES[name] = NodeType(cls.from_document, loader, permission, columns)


def node_type(name: str) -> NodeType:
    """How the GraphQL type is found and made. Raises KeyError for one that nobody registered."""
    return _TYPES[name]


def node_types() -> frozenset[str]:
    """The names of all types that are registered by now."""
    return frozenset(_TYPES)


def global_id(type_name: str, key: object) -> strawberry.ID:
    """The global id as its GraphQL type."""
    return strawberry.ID(encode_id(type_name, key))


async def fetch_nodes(info: Info, ids: Sequence[str]) -> Sequence[Node | None]:
    """The objects of `ids` in their order, one fetch a type. None for what is not there.

    Raises InvalidInput for an id that is none, Forbidden for a type that the caller may not read.
    """
    wanted: dict[str, list[tuple[int, ObjectId]]] = {}
    for position, text in enumerate(ids):
        type_name, key = decode_id(text)
        wanted.setdefault(type_name, []).append((position, key))
    found: list[Node | None] = [None] * len(ids)
    for type_name, places in wanted.items():
        if (kind := _TYPES.get(type_name)) is None:
            continue
        if kind.permission is not None:
            info.context.actor.require(kind.permission)
        rows = await info.context.loader(kind.loader).load_many([key for _, key in places])
        for (position, _), row in zip(places, rows, strict=True):
            found[position] = kind.make(row) if row else None
    return found
