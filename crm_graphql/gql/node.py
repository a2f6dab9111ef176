"""The Node interface, and the way from a global id to its object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import strawberry
from bson import ObjectId

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_id, encode_id
from crm_graphql.gql.context import Info


@strawberry.interface(description="An object that can be fetched again by its global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id: opaque, stable, unique over all types.")


def global_id(type_name: str, key: object) -> strawberry.ID:
    """The global id as its GraphQL type."""
    return strawberry.ID(encode_id(type_name, key))


NodeFetch = Callable[[Info, Sequence[ObjectId]], Awaitable[Sequence[Node | None]]]
"""Fetches objects of one type in the order of the keys, None for what is not there."""

NodeSource = tuple[Permission | None, NodeFetch]
"""What a caller needs to read objects of a type (None: the fetch itself gives only the caller's own)."""


async def fetch_nodes(
    info: Info, ids: Sequence[str], sources: dict[str, NodeSource]
) -> Sequence[Node | None]:
    """The objects of `ids` in their order, one fetch a type. None for what is not there.

    Raises InvalidInput for an id that is none, Forbidden for a type that the caller may not read.
    """
    wanted: dict[str, list[tuple[int, ObjectId]]] = {}
    for position, text in enumerate(ids):
        type_name, key = decode_id(text)
        wanted.setdefault(type_name, []).append((position, key))
    found: list[Node | None] = [None] * len(ids)
    for type_name, places in wanted.items():
        if type_name not in sources:
            continue
        permission, fetch = sources[type_name]
        if permission is not None:
            info.context.actor.require(permission)
        nodes = await fetch(info, [key for _, key in places])
        for (position, _), node in zip(places, nodes, strict=True):
            found[position] = node
    return found
