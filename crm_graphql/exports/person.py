"""A person's own file: everything that is held of one customer, told by its kinds.

Nothing is chosen field by field: what is stored is told, but for what is a copy of other fields or the
product's own bookkeeping. So what a domain comes to store of customers is in the file from the first day.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from beanie import Document
from bson import ObjectId

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.consents.documents import Suppression, Topic
from crm_graphql.consents.queries import suppressions_of
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange, MergedCustomer
from crm_graphql.customers.merged import external_ids_of, keys_of
from crm_graphql.customers.metadata import shown_metadata
from crm_graphql.delivery.documents import Delivery, SentLately
from crm_graphql.delivery.rendering import Rendered, render_delivery
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.person_lines import PersonLines
from crm_graphql.exports.reading import Batch, Lines, Place, erased_of, in_batches
from crm_graphql.groups.queries import group_names
from crm_graphql.ingestion.documents import DeadLetter, RefusedRow, RowErrorRecord
from crm_graphql.ingestion.erasing import dead_letters_naming
from crm_graphql.media.documents import Media, MediaAttachment
from crm_graphql.orders.documents import Order
from crm_graphql.tracking.documents import TrackedDelivery

_OF_A_FILE = ("filename", "content_type", "size_bytes", "sha256", "created_at")
Told = dict[str, Any]
Filter = Callable[[Row], Awaitable[Mapping[str, Any]]]
Telling = Callable[[Row], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of what is held: the documents, which of them are the person's, and what of them is the
    product's own bookkeeping."""

    kind: str
    document: type[Document]
    meant: Filter
    hidden: frozenset[str] = frozenset()


def _under(field: str) -> Filter:
    """Also what still lies under those who were merged into the customer."""

    async def meant(customer: Row) -> Mapping[str, Any]:
        return {field: {"$in": list(keys_of(customer))}}

    return meant


async def _under_external_id(customer: Row) -> Mapping[str, Any]:
    return {"external_id": {"$in": list(external_ids_of(customer))}}


async def _suppressions(customer: Row) -> Mapping[str, Any]:
    (found,) = await suppressions_of([customer])
    return {"_id": {"$in": [row["_id"] for row in found]}}


async def _tracked(customer: Row) -> Mapping[str, Any]:
    rows = Delivery.get_pymongo_collection().find(
        {"customer_id": {"$in": list(keys_of(customer))}}, {"_id": 1}, hint="of_customer"
    )
    return {"delivery_id": {"$in": [row["_id"] async for row in rows]}}


async def _dead_letters(customer: Row) -> Mapping[str, Any]:
    found = [key for one in external_ids_of(customer) for key in await dead_letters_naming(one)]
    return {"_id": {"$in": found}}


async def _acts(customer: Row) -> Mapping[str, Any]:
    return {"subject_id": {"$in": [encode_id("Customer", key) for key in keys_of(customer)]}}


_VERSIONS = frozenset({"version", "versions", "quantity_version", "revision"})
SECTIONS = (
    Section("PROFILE", Customer, _under("_id"), _VERSIONS | {"folded", "reach"}),
    Section("CONSENT_WORD", ConsentWord, _under("customer_id")),
    Section("SUPPRESSION", Suppression, _suppressions, frozenset({"key", "touched_at"})),
    Section("ORDER", Order, _under("customer_id"), _VERSIONS),
    Section("DELIVERY", Delivery, _under("customer_id"), _VERSIONS | {"address_key", "number", "erased"}),
    Section("SENT_LATELY", SentLately, _under("customer_id"), frozenset({"sends", "changed_at"})),
    Section("OPEN_OR_CLICK", TrackedDelivery, _tracked, frozenset({"seen"})),
    Section("CHANGE", CustomerChange, _under("customer_id")),
    Section("MEDIA", MediaAttachment, _under("customer_id")),
    Section("MERGED", MergedCustomer, _under("customer_id"), frozenset({"is_open", "pieces"})),
    Section("ROW_ERROR", RowErrorRecord, _under_external_id),
    Section("REFUSED_ROW", RefusedRow, _under_external_id),
    Section("DEAD_LETTER", DeadLetter, _dead_letters),
    # Who did it is another person; where from, too.
    Section("ACT", AuditEvent, _acts, frozenset({"actor", "actor_id", "ip_address", "request_id"})),
)
"""What the file holds, in its order."""


class Person:
    """Everything that is held of an export's one customer."""

    def __init__(
        self, export: Row, reading: Reading, customer: Row, groups: Mapping[str, str], custom: Definitions
    ) -> None:
        self._custom = custom
        self.lines: Lines = PersonLines(ExportFormat(export["format"]))
        self._reading = reading
        self._customer = customer
        self._groups = groups
        self._campaigns: dict[ObjectId, Row] = {}
        self._topics: dict[ObjectId, str] = {}
        self._more: Mapping[str, Telling] = {
            "PROFILE": self._profile,
            "CONSENT_WORD": self._word,
            "DELIVERY": self._delivery,
            "SENT_LATELY": self._sent_lately,
            "MEDIA": self._media,
        }

    @classmethod
    async def of(cls, export: Row, reading: Reading) -> Person:
        """Raises InvalidInput where the customer is not there any more."""
        customers = reading.of(Customer.get_pymongo_collection())
        customer = await customers.find_one({"_id": export["person"]})
        if customer is None or await erased_of([customer["_id"]], export["as_of"]):
            raise InvalidInput("The customer was erased meanwhile.")
        return cls(export, reading, customer, await group_names(), await definitions())

    async def batches(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        """See the protocol. The place is a section, and a document in it."""
        first, after = (0, None) if place is None else (place["section"], place["after"])
        for number in range(first, len(SECTIONS)):
            section = SECTIONS[number]
            async with aclosing(self._documents(section, after)) as batches:
                async for rows in batches:
                    told = [await self._told(section, row) for row in rows]
                    yield Batch(
                        [(told_one,) for told_one in told], {"section": number, "after": rows[-1]["_id"]}
                    )
            after = None

    async def _documents(self, section: Section, after: Any) -> AsyncGenerator[list[Row], None]:
        meant = await section.meant(self._customer)
        beyond = {} if after is None else {"_id": {"$gt": after}}
        documents = self._reading.of(section.document.get_pymongo_collection())
        cursor = documents.find({"$and": [meant, beyond]}, sort=[("_id", 1)])
        async with aclosing(in_batches(cursor)) as batches:
            async for rows in batches:
                yield rows

    async def _told(self, section: Section, row: Row) -> Told:
        own = {
            "record_kind" if name == "kind" else name: value
            for name, value in row.items()
            if name not in section.hidden
        }
        more = self._more.get(section.kind)
        return {"kind": section.kind, **own, **(await more(row) if more else {})}

    async def _profile(self, row: Row) -> Told:
        keys = map(str, row.get("groups") or ())
        return {
            "groups": [self._groups.get(key, key) for key in keys],
            "custom_fields": self._custom.shown(row.get("custom_fields")),
            "metadata": shown_metadata(row.get("metadata")),
        }

    async def _sent_lately(self, row: Row) -> Told:
        return {"sent": [{"delivery_id": str(sent["d"]), "at": sent["at"]} for sent in row["sends"]]}

    async def _word(self, row: Row) -> Told:
        key = row["topic_id"]
        if key not in self._topics:
            topic = await Topic.get_pymongo_collection().find_one({"_id": key}, {"name": 1})
            self._topics[key] = "" if topic is None else topic["name"]
        return {"topic": self._topics[key]}

    async def _delivery(self, row: Row) -> Told:
        """With the text that went out."""
        key = row["campaign_id"]
        if key not in self._campaigns:
            found: Any = await Campaign.get_pymongo_collection().find_one({"_id": key})
            self._campaigns[key] = found
        campaign = self._campaigns[key]
        # A text may take some milliseconds.
        await asyncio.sleep(0)
        rendered = render_delivery(campaign, row)
        text = rendered or Rendered(None, "", ())
        return {
            "campaign": campaign["name"],
            "subject": text.subject,
            "body": None if rendered is None else text.body,
            "html": text.html,
            "parameters": text.parameters and dict(text.parameters),
        }

    async def _media(self, row: Row) -> Told:
        """What a file is; the file itself is had by its own link."""
        found = await Media.get_pymongo_collection().find_one(
            {"_id": row["media_id"]}, dict.fromkeys(_OF_A_FILE, 1)
        )
        return {name: (found or {}).get(name) for name in _OF_A_FILE}
