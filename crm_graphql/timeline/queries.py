"""Reading timelines: a page is merged from as many rows of each source as it holds, at any depth."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from bson import ObjectId

from crm_graphql.core.paging import Page, PageRequest, Row
from crm_graphql.customers.merged import under
from crm_graphql.mongo.pages import Parents, count_in_time, steady
from crm_graphql.timeline.sources import NEWEST_FIRST, SOURCES, Source


async def timelines(
    customers: Parents, page: PageRequest, _fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer a page of what happened, newest first: one query a source for all of them."""
    found = await asyncio.gather(*(_read(source, customers, page) for source in SOURCES))
    return {key: _merged([rows.get(key, ()) for rows in found], page) for key in customers}


async def count_entries(customer: Sequence[ObjectId]) -> int | None:
    """How many there are of the customer with these keys; None where counting takes too long."""
    theirs = under(customer)
    counts = await asyncio.gather(
        *(
            count_in_time(
                steady(source.document.get_pymongo_collection(), theirs),
                {"customer_id": theirs, **source.entries},
            )
            for source in SOURCES
        )
    )
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _merged(sources: Sequence[Sequence[Row]], page: PageRequest) -> Page[Row]:
    entries = heapq.merge(*sources, key=_place, reverse=not page.backward)
    return NEWEST_FIRST.page(list(islice(entries, page.size + 1)), page)


def _place(entry: Row) -> tuple[Any, ...]:
    return entry["at"], entry["rank"], entry["_id"]


async def _read(source: Source, customers: Parents, page: PageRequest) -> Mapping[ObjectId, Sequence[Row]]:
    """So many of each customer's entries as a page may hold, and one, in the direction of reading."""
    if len(customers) > 1:
        return await _read_many(source, customers, page)
    ((customer, keys),) = customers.items()
    theirs = under(keys)
    rows = (
        steady(source.document.get_pymongo_collection(), theirs)
        .find(
            {"$and": [{"customer_id": theirs}, source.entries, source.beyond(page)]},
            dict.fromkeys(source.fields, 1),
        )
        .sort(list(source.order(backward=page.backward).items()))
        .limit(page.size + 1)
        .hint(source.index)
    )
    return {customer: [source.entry(row) for row in await rows.to_list()]}


async def _read_many(
    source: Source, customers: Parents, page: PageRequest
) -> Mapping[ObjectId, Sequence[Row]]:
    collection = source.document.get_pymongo_collection()
    pipeline: list[dict[str, Any]] = [
        {"$match": {"$and": [source.entries, source.beyond(page)]}},
        {"$sort": source.order(backward=page.backward)},
        {"$limit": page.size + 1},
        {"$project": dict.fromkeys(source.fields, 1)},
    ]
    found = await collection.database.aggregate(
        [
            {"$documents": [{"_id": key, "keys": list(keys)} for key, keys in customers.items()]},
            {
                "$lookup": {
                    "from": collection.name,
                    "localField": "keys",
                    "foreignField": "customer_id",
                    "pipeline": pipeline,
                    "as": "rows",
                }
            },
        ]
    )
    return {row["_id"]: [source.entry(one) for one in row["rows"]] async for row in found}
