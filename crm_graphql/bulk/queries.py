"""Bulk operations and tags as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import is_storable, prefix_range
from crm_graphql.customers.documents import LabelCount
from crm_graphql.customers.labels import tag_label
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
MOST_USED_FIRST = SortKey((("customers", -1), ("key", 1)))
SEARCH_CHARACTERS = 100
_FIELDS = dict.fromkeys(
    (
        *("kind", "status", "failure_reason", "matched", "done", "failed"),
        *("created_by", "created_at", "completed_at"),
    ),
    1,
)
"""What is shown of an operation; whom it means may be long."""


async def find_operation(key: ObjectId) -> Row | None:
    """The operation, or None."""
    return await BulkOperation.get_pymongo_collection().find_one({"_id": key}, _FIELDS)


async def operations_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The operations with these ids, by id."""
    return await read_by_ids(BulkOperation.get_pymongo_collection(), ids, _FIELDS)


async def failures_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """Which customers the operations with these ids could not change, as far as they are kept, by id."""
    return await read_by_ids(BulkOperation.get_pymongo_collection(), ids, {"failed_ids": 1})


async def list_operations(page: PageRequest) -> Page[Row]:
    """A page of the operations, newest first."""
    return await read_page(BulkOperation.get_pymongo_collection(), {}, NEWEST_FIRST, page, _FIELDS)


async def count_operations() -> int | None:
    """How many there are."""
    return await count_in_time(BulkOperation.get_pymongo_collection(), {})


def tags_filter(search: str | None) -> dict[str, Any]:
    """The MongoDB filter of a list of tags: those that begin with `search`, case not counting.

    Raises InvalidInput for a search that is too long.
    """
    filter_: dict[str, Any] = {"kind": "tag", "customers": {"$gt": 0}}
    prefix = (search or "").strip()
    if len(prefix) > SEARCH_CHARACTERS or not is_storable(prefix):
        message = f"A search holds at most {SEARCH_CHARACTERS} characters of text."
        raise InvalidInput(message, path=("search",))
    return {**filter_, "key": prefix_range(prefix.casefold())} if prefix else filter_


async def list_tags(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the tags that match, most used first, as far as the counts are settled."""
    fields = {"name": 1, "customers": 1}
    return await read_page(LabelCount.get_pymongo_collection(), filter_, MOST_USED_FIRST, page, fields)


async def count_tags(filter_: Mapping[str, Any]) -> int | None:
    """How many tags match; None where counting takes too long."""
    return await count_in_time(LabelCount.get_pymongo_collection(), filter_)


async def find_tag(tag: str) -> Row | None:
    """The tag's count and spelling, or None for one that nobody has."""
    return await LabelCount.get_pymongo_collection().find_one(
        {"_id": tag_label(tag), "customers": {"$gt": 0}}
    )
