"""Watching a file until it is ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.watched import Watched
from crm_graphql.media.messages import media_topic
from crm_graphql.media.queries import find_media
from crm_graphql.media.schema.enums import MediaStatus
from crm_graphql.media.schema.types import Media


def _progress(row: Row) -> bool:
    """What only grows: whether it was looked at."""
    return bool(row["status"] != MediaStatus.PROCESSING.value)


_WATCHED = Watched(
    view="media",
    progress=_progress,
    has_ended=_progress,
    field="mediaId",
    missing="There is no such file; it may have been deleted.",
)


@subscription(Permission.MEDIA_READ, "First the state now, then changes; ends when it is READY or REJECTED.")
async def media_processing(
    info: Info, media_id: Annotated[strawberry.ID, strawberry.argument(description="Which file.")]
) -> AsyncIterator[Media]:
    key = decode_key("Media", media_id, field="mediaId")
    rows = _WATCHED.states(info, media_topic(key), partial(find_media, key))
    async with aclosing(rows):
        async for row in rows:
            yield Media.from_document(row)
