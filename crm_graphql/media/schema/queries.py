"""Reading files."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import node_type
from crm_graphql.gql.permission import query
from crm_graphql.media.queries import NEWEST_FIRST, count_media, list_filter, list_media
from crm_graphql.media.schema.enums import MediaKind
from crm_graphql.media.schema.types import Media


@query(Permission.MEDIA_READ, "A file by its id; null when there is none.")
async def media(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
) -> Media | None:
    found: Media | None = await node_type("Media").load(info, decode_key("Media", id))
    return found


@query(Permission.MEDIA_READ, "Files, newest first.")
async def media_files(
    info: Info,
    search: Annotated[
        str | None, strawberry.argument(description="Beginnings of words of the name, in any order.")
    ] = None,
    kind: Annotated[MediaKind | None, strawberry.argument(description="Only those of this kind.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Media] | None:
    matching = list_filter(search, kind)
    cursors = list_cursors(info, NEWEST_FIRST, matching)
    page = await list_media(matching, cursors.page(first, after, last, before))
    return connection(page, cursors, Media.from_document, lambda: count_media(matching))
