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
from crm_graphql.timeline.sources import NEWEST_FIRST, SOURCES, Filter, Source


async def timelines(
    customers: Parents, page: PageRequest, kinds: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer a page of what happened, newest first: one query a source for all of them.

    `kinds` are those that are wanted; all where there is none.
    """
    found = await asyncio.gather(*(_read(source, rows, customers, page) for source, rows in _narrowed(kinds)))
    return {key: _merged([rows.get(key, ()) for rows in found], page) for key in customers}


async def count_entries(customer: Sequence[ObjectId], *, kinds: frozenset[str] = frozenset()) -> int | None:
    """How many there are of the customer with these keys; None where counting takes too long."""
    theirs = under(customer)
    counts = await asyncio.gather(
        *(
            count_in_time(
                steady(source.document.get_pymongo_collection(), theirs), {"customer_id": theirs, **rows}
            )
            for source, rows in _narrowed(kinds)
        )
    )
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _narrowed(kinds: frozenset[str]) -> list[tuple[Source, Filter]]:
    """The sources that have entries of these kinds, with the rows that are."""
    return [(source, rows) for source in SOURCES if (rows := source.narrowed(kinds)) is not None]


def _merged(sources: Sequence[Sequence[Row]], page: PageRequest) -> Page[Row]:
    entries = heapq.merge(*sources, key=_place, reverse=not page.backward)
    return NEWEST_FIRST.page(list(islice(entries, page.size + 1)), page)


def _place(entry: Row) -> tuple[Any, ...]:
    return entry["at"], entry["rank"], entry["_id"]


async def _read(
    source: Source, wanted: Filter, customers: Parents, page: PageRequest
) -> Mapping[ObjectId, Sequence[Row]]:
    """So many of each customer's entries as a page may hold, and one, in the direction of reading."""
    if len(customers) > 1:
        return await _read_many(source, wanted, customers, page)
    ((customer, keys),) = customers.items()
    theirs = under(keys)
    rows = (
        steady(source.document.get_pymongo_collection(), theirs)
        .find({"customer_id": theirs, "$and": [wanted, source.beyond(page)]}, dict.fromkeys(source.fields, 1))
        .sort(list(source.order(backward=page.backward).items()))
        .limit(page.size + 1)
        .hint(source.index)
    )
    return {customer: [source.entry(row) for row in await rows.to_list()]}


async def _read_many(
    source: Source, wanted: Filter, customers: Parents, page: PageRequest
) -> Mapping[ObjectId, Sequence[Row]]:
    collection = source.document.get_pymongo_collection()
    pipeline: list[dict[str, Any]] = [
        {"$match": {"$and": [wanted, source.beyond(page)]}},
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
