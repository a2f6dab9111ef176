"""Media as they are read: by id, in lists, of customers, and by their public names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import is_storable, prefix_range, words
from crm_graphql.media.documents import Media, MediaAttachment, MediaStatus
from crm_graphql.media.types import CONTENT_TYPES, MediaKind
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
NEWEST_ATTACHED_FIRST = SortKey((("_id", -1),))
SEARCH_CHARACTERS = 200
_WORDS = 10


async def find_media(key: ObjectId) -> Row | None:
    """The file's document, or None."""
    return await Media.get_pymongo_collection().find_one({"_id": key})


async def find_published(public_name: str) -> Row | None:
    """What anybody may have under this name, or None."""
    return await Media.get_pymongo_collection().find_one(
        {"public_name": public_name, "status": MediaStatus.READY.value}
    )


async def media_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The documents of the files with these ids, by id."""
    return await read_by_ids(Media.get_pymongo_collection(), ids)


def list_filter(search: str | None, kind: MediaKind | None = None) -> dict[str, Any]:
    """The MongoDB filter of a list: every word is the beginning of one of the name's. Raises InvalidInput."""
    of_kind = {} if kind is None else {"content_type": {"$in": list(CONTENT_TYPES[kind])}}
    if search is None or not (found := words(search)):
        return of_kind
    if len(search) > SEARCH_CHARACTERS or not is_storable(search):
        message = f"A search holds at most {SEARCH_CHARACTERS} characters of text."
        raise InvalidInput(message, path=("search",))
    return of_kind | {"$and": [{"name_words": {"$elemMatch": prefix_range(word)}} for word in found[:_WORDS]]}


async def list_media(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the files that match, newest first."""
    return await read_page(Media.get_pymongo_collection(), filter_, NEWEST_FIRST, page)


async def count_media(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Media.get_pymongo_collection(), filter_)


async def attachments_of_customers(
    customers: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer the page of what is attached to them, newest first, in one query."""
    return await _attachments("customer_id", customers, page, fields)


async def attachments_of_media(
    media: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each file the page of the customers that it is attached to, newest first, in one query."""
    return await _attachments("media_id", media, page, fields)


async def _attachments(
    parent: str, keys: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    return await read_child_pages(
        MediaAttachment.get_pymongo_collection(),
        parent,
        keys,
        NEWEST_ATTACHED_FIRST,
        page,
        dict.fromkeys(fields, 1),
    )


async def count_attachments(filter_: Mapping[str, Any]) -> int | None:
    """How many attachments match: those of a customer, or of a file."""
    return await count_in_time(MediaAttachment.get_pymongo_collection(), filter_)
