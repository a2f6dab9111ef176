"""Topics, suppressions and histories of words as they are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.consents.addresses import compared, hash_key, hashed
from crm_graphql.consents.documents import Suppression, SuppressionReason, Topic
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.phones import beginnings
from crm_graphql.core.texts import is_storable, prefix_range
from crm_graphql.customers.documents import ConsentWord
from crm_graphql.customers.merged import under
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page, steady

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
LATEST_WORD_FIRST = SortKey((("at", -1), ("_id", -1)))
SEARCH_CHARACTERS = 200
WORD_FIELDS = frozenset({"topic_id", "channel", "status", "at", "source"})
"""What a history shows of a word."""


async def list_topics() -> Sequence[Row]:
    """The topics that are not deleted, by name; few at all times."""
    topics = Topic.get_pymongo_collection()
    return await topics.find({"name_key": {"$type": "string"}}).sort("name_key").hint("name_key").to_list()


async def topics_by_name() -> Mapping[str, Row]:
    """The same by their names in folded case."""
    return {topic["name_key"]: topic for topic in await list_topics()}


async def topics_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The topics with these ids, deleted ones too: what was said of them stays readable."""
    return await read_by_ids(Topic.get_pymongo_collection(), ids)


async def find_topic(key: ObjectId) -> Row | None:
    """The topic, unless it is deleted."""
    return await Topic.get_pymongo_collection().find_one({"_id": key, "deleted_at": None})


async def suppressions_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The suppressions with these ids, by id."""
    return await read_by_ids(Suppression.get_pymongo_collection(), ids)


def suppressions_filter(
    channel: Channel | None,
    search: str | None,
    reasons: Sequence[SuppressionReason] = (),
    *,
    default_country: str | None = None,
) -> dict[str, Any]:
    """The MongoDB filter of a list: of a channel, with the beginning of an address, for one of some reasons.

    Raises InvalidInput for a search that is too long. Without addresses, those of erased people are found by
    no search.
    """
    parts: list[dict[str, Any]] = [{"channel": channel.value}] if channel else []
    if reasons:
        parts.append({"reason": {"$in": sorted({reason.value for reason in reasons})}})
    if search is not None and search.strip():
        if len(search) > SEARCH_CHARACTERS or not is_storable(search):
            raise InvalidInput(f"A search holds at most {SEARCH_CHARACTERS} characters.", path=("search",))
        typed = search.strip()
        forms = {typed.casefold(), *beginnings(typed, default_country)}
        parts.append({"$or": [{"address": prefix_range(form)} for form in sorted(forms)]})
    return {"$and": parts} if parts else {}


async def list_suppressions(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the suppressions that match, newest first."""
    return await read_page(Suppression.get_pymongo_collection(), filter_, NEWEST_FIRST, page)


async def count_suppressions(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Suppression.get_pymongo_collection(), filter_)


async def words_of_customers(
    customers: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer a page of all that was said, newest first, in one query."""
    return await read_child_pages(
        ConsentWord.get_pymongo_collection(),
        "customer_id",
        customers,
        LATEST_WORD_FIRST,
        page,
        dict.fromkeys(fields, 1),
    )


async def count_words(*customer: ObjectId) -> int | None:
    """How many words the customer with these keys has said."""
    theirs = under(customer)
    return await count_in_time(steady(ConsentWord.get_pymongo_collection(), theirs), {"customer_id": theirs})


async def suppressions_of(customers: Sequence[Row]) -> Sequence[Sequence[Row]]:
    """For each customer, of whom email and phone were fetched, what closes their addresses."""
    addresses = {
        (channel, compared(customer[traits.address.field]))
        for customer in customers
        for channel, traits in TRAITS.items()
        if customer.get(traits.address.field)
    }
    found = await _suppressions_at(addresses)
    return [
        [
            row
            for channel, traits in TRAITS.items()
            if (address := customer.get(traits.address.field))
            and (row := found.get((channel, compared(address)))) is not None
        ]
        for customer in customers
    ]


async def _suppressions_at(
    addresses: Collection[tuple[Channel, str]],
) -> Mapping[tuple[Channel, str], Row]:
    if not addresses:
        return {}
    key = await hash_key()
    by_hash = {(channel, hashed(address, key)): (channel, address) for channel, address in addresses}
    rows = Suppression.get_pymongo_collection().find(
        {
            "channel": {"$in": [channel.value for channel in Channel]},
            "key": {"$in": list({hash_ for _, hash_ in by_hash})},
        },
        hint="key",
    )
    return {
        place: row
        async for row in rows
        if (place := by_hash.get((Channel(row["channel"]), bytes(row["key"]))))
    }
