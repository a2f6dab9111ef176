"""Groups as they are read: by id, in lists, those of a customer, and how many are in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import prefix_range, words
from crm_graphql.customers.documents import LabelCount
from crm_graphql.customers.labels import group_label
from crm_graphql.groups.documents import Group
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
BY_NAME = SortKey((("name_key", 1), ("_id", 1)))
SEARCHED_WORDS = 10


async def groups_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The groups with these ids, by id."""
    return await read_by_ids(Group.get_pymongo_collection(), ids)


async def find_group(key: ObjectId) -> Row | None:
    """The group, or None."""
    return await Group.get_pymongo_collection().find_one({"_id": key})


async def group_names() -> Mapping[str, str]:
    """The names of all groups by their keys as texts, in the order of names; at most a thousand."""
    rows = Group.get_pymongo_collection().find({}, {"name": 1}).sort("name_key").hint("name_key")
    return {str(row["_id"]): row["name"] async for row in rows}


def groups_filter(search: str | None) -> dict[str, Any]:
    """The MongoDB filter of a list: each word of `search` is the beginning of a word of the name."""
    found = words(search or "")[:SEARCHED_WORDS]
    parts = [{"name_words": {"$elemMatch": prefix_range(word)}} for word in found]
    return {"$and": parts} if parts else {}


async def list_groups(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the groups that match, newest first."""
    return await read_page(Group.get_pymongo_collection(), filter_, NEWEST_FIRST, page)


async def count_groups(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Group.get_pymongo_collection(), filter_)


def page_of_groups(groups: Sequence[Row], page: PageRequest) -> Page[Row]:
    """The page of a customer's groups, by name."""
    rows = sorted(groups, key=BY_NAME.values, reverse=page.backward)
    if page.cursor is not None:
        place = list(page.cursor)
        rows = [
            row
            for row in rows
            if (BY_NAME.values(row) < place if page.backward else BY_NAME.values(row) > place)
        ]
    return BY_NAME.page(rows[: page.size + 1], page)


async def sizes_of_groups(keys: Sequence[ObjectId]) -> Mapping[ObjectId, int]:
    """How many customers are in each, as far as the counts are settled."""
    labels = {group_label(key): key for key in keys}
    rows = LabelCount.get_pymongo_collection().find({"_id": {"$in": list(labels)}}, {"customers": 1})
    found = {labels[row["_id"]]: int(row["customers"]) async for row in rows}
    return {key: found.get(key, 0) for key in keys}
