"""Reading customers: by id or the caller's key, and in lists by filter and order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bson import ObjectId

from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import is_storable, prefix_range
from crm_graphql.customers.documents import Customer
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

SEARCHED = ("folded.name", "folded.email", "folded.phone", "folded.external_id")


class CustomerSortField(Enum):
    """What a list of customers can be ordered by."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    TOTAL_SPEND = "TOTAL_SPEND"
    VISIT_COUNT = "VISIT_COUNT"
    LAST_VISIT_AT = "LAST_VISIT_AT"


class SortDirection(Enum):
    """From small to large, or the other way."""

    ASC = "ASC"
    DESC = "DESC"


_SORT_PATHS = {
    CustomerSortField.CREATED_AT: "created_at",
    CustomerSortField.NAME: "folded.name",
    CustomerSortField.TOTAL_SPEND: "total_spend",
    CustomerSortField.VISIT_COUNT: "visit_count",
    CustomerSortField.LAST_VISIT_AT: "last_visit_at",
}


@dataclass(frozen=True, slots=True)
class CustomerReference:
    """A customer by its key or by the caller's own key; exactly one is set."""

    key: ObjectId | None = None
    external_id: str | None = None

    def filter(self) -> dict[str, Any]:
        """The MongoDB filter that finds it."""
        return {"_id": self.key} if self.key is not None else {"external_id": self.external_id}


def sort_key(
    field: CustomerSortField = CustomerSortField.CREATED_AT,
    direction: SortDirection = SortDirection.DESC,
) -> SortKey:
    """The order of a list of customers; newest first unless said."""
    way = 1 if direction is SortDirection.ASC else -1
    return SortKey(((_SORT_PATHS[field], way), ("_id", way)), frozenset({"folded.name", "last_visit_at"}))


def list_filter(
    search: str | None = None, tags: Sequence[str] | None = None, rule: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The MongoDB filter of a list: prefix of a name or key, all of the tags, and a compiled rule."""
    parts: list[dict[str, Any]] = []
    if search is not None and (prefix := search.strip().casefold()):
        if len(prefix) > 200 or not is_storable(prefix):
            raise InvalidInput("A search holds at most 200 characters of text.", path=("filter", "search"))
        parts.append({"$or": [{name: prefix_range(prefix)} for name in SEARCHED]})
    if tags:
        parts.append({"folded.tags": {"$all": [tag.strip().casefold() for tag in tags]}})
    if rule:
        parts.append(dict(rule))
    return {"$and": parts} if parts else {}


async def find_customer(reference: CustomerReference, *, fields: Mapping[str, int]) -> Row | None:
    """The customer's fields, or None."""
    return await Customer.get_pymongo_collection().find_one(reference.filter(), fields)


async def customers_by_ids(
    ids: Sequence[ObjectId], *, fields: Mapping[str, int] | None = None
) -> Mapping[ObjectId, Row]:
    """The customers with these ids, by id."""
    return await read_by_ids(Customer.get_pymongo_collection(), ids, fields)


async def list_customers(
    filter_: Mapping[str, Any], key: SortKey, page: PageRequest, *, fields: Mapping[str, int]
) -> Page[Row]:
    """A page of the customers that match."""
    return await read_page(Customer.get_pymongo_collection(), filter_, key, page, fields)


async def count_customers(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Customer.get_pymongo_collection(), filter_)
