"""Reading customers: by id or the caller's key, and in lists by filter and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.emails import plain_email
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.phones import beginnings
from crm_graphql.core.texts import is_storable, prefix_range, words
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.merged import FORMER_FIELD, found_by_keys, keys_of, leads_to, survivors
from crm_graphql.mongo.pages import count_in_time, read_page

SEARCH_CHARACTERS = 200


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
    search: str | None = None,
    tags: Sequence[str] | None = None,
    rule: Mapping[str, Any] | None = None,
    *,
    group_id: ObjectId | None = None,
    default_country: str | None = None,
) -> dict[str, Any]:
    """The MongoDB filter of a list: a search, all of the tags, a group, and a compiled rule.

    `default_country` is that of telephone numbers that name none. Raises InvalidInput for a search too long.
    """
    parts: list[dict[str, Any]] = []
    if search is not None and search.strip():
        if len(search) > SEARCH_CHARACTERS or not is_storable(search):
            message = f"A search holds at most {SEARCH_CHARACTERS} characters of text."
            raise InvalidInput(message, path=("filter", "search"))
        parts.append({"$or": list(_places(search.strip(), default_country))})
    if tags:
        parts.append({"folded.tags": {"$all": [tag.strip().casefold() for tag in tags]}})
    if group_id is not None:
        parts.append({"folded.groups": str(group_id)})
    if rule:
        parts.append(dict(rule))
    return {"$and": parts} if parts else {}


def _places(search: str, default_country: str | None) -> Iterator[dict[str, Any]]:
    """Where a search may be found: its words at the beginnings of the name's, in any order; the whole of it
    at the beginning of the name, an address, a key or an id of another system."""
    found = [{"folded.name_words": {"$elemMatch": prefix_range(word)}} for word in words(search)]
    yield found[0] if len(found) == 1 else {"$and": found}
    prefix = search.casefold()
    # Customers of former releases have no words yet.
    yield {"folded.name": prefix_range(prefix)}
    yield {"folded.email": prefix_range(plain_email(search).casefold() or prefix)}
    yield {"folded.external_id": prefix_range(prefix)}
    yield {"folded.source_ids": {"$elemMatch": prefix_range(prefix)}}
    yield {"folded.former_ids": {"$elemMatch": prefix_range(prefix)}}
    for phone in dict.fromkeys((prefix, *beginnings(search, default_country))):
        yield {"folded.phone": prefix_range(phone)}


async def find_customer(reference: CustomerReference, *, fields: Mapping[str, int]) -> Row | None:
    """The customer's fields, or None. Keys of who was merged into another lead to the other."""
    customers = Customer.get_pymongo_collection()
    found = await customers.find_one(reference.filter(), fields)
    if found is None and (key := await survivor_of(reference)) is not None:
        found = await customers.find_one({"_id": key}, fields)
    return found


async def survivor_of(
    reference: CustomerReference, *, session: AsyncClientSession | None = None
) -> ObjectId | None:
    """Whose the key is now, where it is of somebody who was merged into another."""
    if reference.key is not None:
        return (await survivors([reference.key], session=session)).get(reference.key)
    external_id = reference.external_id or ""
    return (await leads_to([external_id], session=session)).get(external_id)


async def find_whole(reference: CustomerReference, *, session: AsyncClientSession) -> dict[str, Any] | None:
    """The customer's document as the session's transaction sees it, or None; found as by `find_customer`."""
    customers = Customer.get_pymongo_collection()
    found = await customers.find_one(reference.filter(), session=session)
    if found is None and (key := await survivor_of(reference, session=session)) is not None:
        found = await customers.find_one({"_id": key}, session=session)
    return found


async def customers_by_ids(
    ids: Sequence[ObjectId], *, fields: Mapping[str, int] | None = None
) -> Mapping[ObjectId, Row]:
    """The customers with these ids, by id. The id of who was merged into another leads to the other."""
    return await found_by_keys(ids, fields)


async def list_customers(
    filter_: Mapping[str, Any], key: SortKey, page: PageRequest, *, fields: Mapping[str, int]
) -> Page[Row]:
    """A page of the customers that match."""
    return await read_page(Customer.get_pymongo_collection(), filter_, key, page, fields)


async def keys_of_found(search: str, *, limit: int, default_country: str | None) -> list[ObjectId] | None:
    """The keys of the customers that a search finds, also those that they had before being merged; None for
    more than `limit` customers. Raises InvalidInput."""
    filter_ = list_filter(search, default_country=default_country)
    found = Customer.get_pymongo_collection().find(filter_, {FORMER_FIELD: 1}).limit(limit + 1)
    rows = await found.to_list()
    return [key for row in rows for key in keys_of(row)] if len(rows) <= limit else None


async def count_customers(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Customer.get_pymongo_collection(), filter_)
