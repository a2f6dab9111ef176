"""Reading duplicates: addresses that several customers share, and the customers of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.customers.documents import Customer
from crm_graphql.duplicates.documents import SharedAddress
from crm_graphql.mongo.pages import count_in_time, read_page

MOST_SHARED_FIRST = SortKey((("customers", -1), ("_id", 1)))
SHOWN_CUSTOMERS = 10


class AddressRef(NamedTuple):
    """An address: the customers' field, and the value in folded case."""

    by: str
    value: str


async def list_duplicates(page: PageRequest) -> Page[Row]:
    """A page of the shared addresses, those that most share first."""
    return await read_page(SharedAddress.get_pymongo_collection(), {}, MOST_SHARED_FIRST, page)


async def count_duplicates() -> int | None:
    """How many there are."""
    return await count_in_time(SharedAddress.get_pymongo_collection(), {})


async def customers_sharing(
    addresses: Sequence[AddressRef], fields: Mapping[str, int]
) -> Mapping[AddressRef, Sequence[Row]]:
    """For each of the addresses, in one command a field, at most ten of the customers who have it."""
    found: dict[AddressRef, Sequence[Row]] = {}
    for field in {address.by for address in addresses}:
        values = [address.value for address in addresses if address.by == field]
        rows = await Customer.get_pymongo_collection().database.aggregate(
            sharing_pipeline(field, values, fields)
        )
        async for row in rows:
            found[AddressRef(field, row["_id"])] = row["rows"]
    return found


def sharing_pipeline(field: str, values: Sequence[str], fields: Mapping[str, int]) -> list[dict[str, Any]]:
    """Reads ten customers a value, by the index on it."""
    return [
        {"$documents": [{"_id": value} for value in values]},
        {
            "$lookup": {
                "from": Customer.get_pymongo_collection().name,
                "localField": "_id",
                "foreignField": f"folded.{field}",
                "pipeline": [{"$limit": SHOWN_CUSTOMERS}, {"$project": dict(fields)}],
                "as": "rows",
            }
        },
    ]
