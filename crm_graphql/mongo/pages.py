"""Keyset pages read from MongoDB: of a whole collection, or of one list for each of many parents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from bson import ObjectId
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ExecutionTimeout, OperationFailure
from pymongo.read_concern import ReadConcern

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.mongo.deadlines import own_limits

Collection = AsyncCollection[dict[str, Any]]

Parents = Mapping[ObjectId, Sequence[ObjectId]]
"""Parents of lists, each with the keys under which its list is kept: its own, and those that it had."""

COUNT_TIMEOUT_MS = 3_000

Counted = TypeVar("Counted")


def steady(collection: Collection, parent: Any) -> Collection:
    """The collection as of one moment where a condition on the parent names several: documents may be moving
    from one to another meanwhile, and would be met twice or never."""
    is_several = isinstance(parent, Mapping) and "$in" in parent
    return collection.with_options(read_concern=ReadConcern("snapshot")) if is_several else collection


async def read_page(
    collection: Collection,
    filter_: Mapping[str, Any],
    key: SortKey,
    page: PageRequest,
    fields: Mapping[str, int] | None = None,
) -> Page[Row]:
    """The page of the documents that match, whole or only these fields and those of the sort key."""
    beyond = key.mongo_filter(page)
    rows = await (
        collection.find(
            {"$and": [filter_, beyond]} if filter_ and beyond else filter_ or beyond,
            None if fields is None else {**fields, **{name: 1 for name, _ in key.fields}},
        )
        .sort(key.mongo_sort(backward=page.backward))
        .limit(page.size + 1)
        .to_list()
    )
    return key.page(rows, page)


async def read_child_pages(
    collection: Collection,
    parent_field: str,
    parents: Parents,
    key: SortKey,
    page: PageRequest,
    fields: Mapping[str, int],
    *,
    among: Mapping[str, Any] | None = None,
) -> dict[ObjectId, Page[Row]]:
    """For each parent the page of its own list, in one command; each uses the index on the parent. `among`
    says which documents the lists hold."""
    if len(parents) == 1:
        ((parent, keys),) = parents.items()
        own = {**(among or {}), parent_field: {"$in": list(keys)} if len(keys) > 1 else parent}
        still = steady(collection, own[parent_field])
        return {parent: await read_page(still, own, key, page, {**fields, parent_field: 1})}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"$and": [among or {}, key.mongo_filter(page)]}},
        {"$sort": dict(key.mongo_sort(backward=page.backward))},
        {"$limit": page.size + 1},
        {"$project": {**fields, **{name: 1 for name, _ in key.fields}}},
    ]
    cursor = await collection.database.aggregate(
        [
            {"$documents": [{"_id": parent, "keys": list(keys)} for parent, keys in parents.items()]},
            {
                "$lookup": {
                    "from": collection.name,
                    "localField": "keys",
                    "foreignField": parent_field,
                    "pipeline": pipeline,
                    "as": "rows",
                }
            },
        ]
    )
    return {row["_id"]: key.page(row["rows"], page) async for row in cursor}


async def count_in_time(collection: Collection, filter_: Mapping[str, Any]) -> int | None:
    """How many match; None when counting takes longer than three seconds."""
    if not filter_:
        return await collection.estimated_document_count()
    return await _in_time(lambda: collection.count_documents(filter_, maxTimeMS=COUNT_TIMEOUT_MS))


async def aggregate_in_time(
    collection: Collection, pipeline: Sequence[Mapping[str, Any]], *, hint: str
) -> list[dict[str, Any]] | None:
    """What the pipeline gives; None when that takes longer than three seconds."""

    async def rows() -> list[dict[str, Any]]:
        cursor = await collection.aggregate(list(pipeline), hint=hint, maxTimeMS=COUNT_TIMEOUT_MS)
        return await cursor.to_list()

    return await _in_time(rows)


async def _in_time(count: Callable[[], Awaitable[Counted]]) -> Counted | None:
    """What is counted; None where the server cut it off."""
    try:
        with own_limits():
            return await count()
    except ExecutionTimeout:
        return None
    except OperationFailure as error:
        if error.code == 50:  # MaxTimeMSExpired inside an aggregation
            return None
        raise


async def read_by_ids(
    collection: Collection, ids: Sequence[ObjectId], fields: Mapping[str, int] | None = None
) -> dict[ObjectId, Row]:
    """The documents with these ids, by id."""
    cursor = collection.find({"_id": {"$in": list(ids)}}, fields)
    return {row["_id"]: row async for row in cursor}
