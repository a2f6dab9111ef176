"""Bounces as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bson import ObjectId

from crm_graphql.bounces.documents import Bounce
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("at", -1), ("_id", -1)))


async def bounces_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The bounces with these ids, by id."""
    return await read_by_ids(Bounce.get_pymongo_collection(), ids)


async def list_bounces(page: PageRequest) -> Page[Row]:
    """A page of all bounces, newest first."""
    return await read_page(Bounce.get_pymongo_collection(), {}, NEWEST_FIRST, page)


async def count_bounces() -> int | None:
    """How many there are; None where counting takes too long."""
    return await count_in_time(Bounce.get_pymongo_collection(), {})
