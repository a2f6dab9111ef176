"""Exports as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bson import ObjectId

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.exports.documents import Export
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
_FIELDS = dict.fromkeys(
    (
        *("content", "format", "status", "failure_reason", "rows", "as_of", "is_one_moment", "note"),
        *("person", "campaign_id", "created_by", "created_at", "completed_at", "expires_at", "file"),
    ),
    1,
)
"""What is shown of an export; whom it means may be long."""


async def find_export(key: ObjectId) -> Row | None:
    """The export, or None."""
    return await Export.get_pymongo_collection().find_one({"_id": key}, _FIELDS)


async def exports_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The exports with these ids, by id."""
    return await read_by_ids(Export.get_pymongo_collection(), ids, _FIELDS)


async def list_exports(page: PageRequest) -> Page[Row]:
    """A page of the exports, newest first."""
    return await read_page(Export.get_pymongo_collection(), {}, NEWEST_FIRST, page, _FIELDS)


async def count_exports() -> int | None:
    """How many there are."""
    return await count_in_time(Export.get_pymongo_collection(), {})
