"""Lists over links: pages of documents that lead from one object to another, shown as the other objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from strawberry.dataloader import DataLoader

from crm_graphql.core.cursors import ListCursors
from crm_graphql.core.paging import Page, Row
from crm_graphql.gql.connections import Connection, connection
from crm_graphql.gql.context import Info
from crm_graphql.gql.loaders import ChildPage
from crm_graphql.gql.node import node_type


async def linked(
    info: Info,
    pages: DataLoader[ChildPage, Page[Row]],
    key: ChildPage,
    cursors: ListCursors,
    *,
    field: str,
    type_name: str,
    count: Callable[[], Awaitable[int | None]],
) -> Connection[Any]:
    """The connection of what the links of a page lead to by their `field`, a key of the type. The cursors are
    of the links. What went in this moment is left out."""
    kind = node_type(type_name)
    found = await pages.load(key)
    rows = await info.context.loader(kind.loader).load_many([link[field] for link in found.rows])
    led_to = {link["_id"]: row for link, row in zip(found.rows, rows, strict=True) if row}
    shown = replace(found, rows=[link for link in found.rows if link["_id"] in led_to])
    return connection(shown, cursors, lambda link: kind.make(led_to[link["_id"]]), count)
