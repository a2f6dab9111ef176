"""Reading audiences: by id, and in lists, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import prefix_range, words
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
SEARCHED_WORDS = 10
FIELDS = dict.fromkeys(("name", "description", "rule", "size", "size_at", "created_at", "updated_at"), 1)


async def audiences_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The audiences with these ids, by id."""
    return await read_by_ids(Audience.get_pymongo_collection(), ids)


async def find_audience(key: ObjectId) -> Row | None:
    """The audience, or None."""
    return await Audience.get_pymongo_collection().find_one({"_id": key})


def list_filter(search: str | None = None) -> dict[str, Any]:
    """The MongoDB filter of a list: each word of `search` is the beginning of a word of the name."""
    found = words(search or "")[:SEARCHED_WORDS]
    parts = [{"name_words": {"$elemMatch": prefix_range(word)}} for word in found]
    return {"$and": parts} if parts else {}


async def list_audiences(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the audiences that match, newest first."""
    return await read_page(Audience.get_pymongo_collection(), filter_, NEWEST_FIRST, page, FIELDS)


async def count_audiences(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Audience.get_pymongo_collection(), filter_)
