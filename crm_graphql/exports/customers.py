"""Customers of an export, under the names by which they can be imported again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from bson import ObjectId

from crm_graphql.consents.documents import Topic
from crm_graphql.core.channels import TRAITS
from crm_graphql.core.money import UNITS
from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.customers.metadata import shown_metadata
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.people import People, between
from crm_graphql.exports.reading import Batch, Place
from crm_graphql.exports.tables import Column, Kind, Lines, Values
from crm_graphql.groups.queries import group_names
from crm_graphql.imports.exported import MARK

IMPORTED = (
    Column("customer_id", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("email", Kind.TEXT),
    Column("phone", Kind.TEXT),
    Column("city", Kind.TEXT),
    Column("country", Kind.TEXT),
    Column("time_zone"),
    Column("is_tracked", Kind.BOOLEAN),
    Column("tags", Kind.LIST),
    Column("signed_up_at"),
    Column("source_ids", Kind.JSON),
    Column("consents", Kind.JSON),
    Column("opening_total_spend"),
    Column("opening_visit_count"),
    Column("opening_last_visit_at"),
    Column("metadata", Kind.JSON),
)
"""What an import takes; custom fields follow."""
READ = (
    Column("total_spend"),
    Column("visit_count"),
    Column("first_visit_at"),
    Column("last_visit_at"),
    Column("groups", Kind.LIST),
    Column("suppressed", Kind.LIST),
    Column(MARK),
)
"""What is for people to read: an import makes these itself."""
KINDS = {
    CustomFieldType.TEXT: Kind.TEXT,
    CustomFieldType.NUMBER: Kind.NUMBER,
    CustomFieldType.DATE: Kind.PLAIN,
    CustomFieldType.BOOLEAN: Kind.BOOLEAN,
    CustomFieldType.LIST: Kind.OPTIONS,
}
FIELDS = dict.fromkeys(
    (
        *("external_id", "name", "email", "phone", "city", "country", "tags", "signed_up_at", "source_ids"),
        *(
            "time_zone",
            "is_tracked",
            "consents",
            "opening",
            "total_spend",
            "visit_count",
            "first_visit_at",
            "last_visit_at",
        ),
        *("groups", "reach", "custom_fields", "metadata"),
    ),
    1,
)
_ANY = sum(traits.suppressed_bit for traits in TRAITS.values())
_SUPPRESSED = {
    reach: tuple(channel.value for channel, traits in TRAITS.items() if reach & traits.suppressed_bit)
    for reach in range(_ANY + 1)
    if reach & _ANY == reach
}
"""The channels that are closed, by the bits of a customer's reach that say so."""


class Customers:
    """The customers of an export."""

    def __init__(
        self,
        export: Row,
        reading: Reading,
        topics: Mapping[Any, Row],
        groups: Mapping[str, str],
        custom: Definitions,
    ) -> None:
        own = [Column(field.name, KINDS[field.type]) for field in custom.values()]
        self.lines = Lines(ExportFormat(export["format"]), (*IMPORTED, *own, *READ))
        self._slots = [field.slot for field in custom.values()]
        self._people = People(export, reading, FIELDS)
        self._made = between(export, "created_at")
        self._topics = topics
        self._groups = groups
        self._as_of = format_moment(export["as_of"])

    @classmethod
    async def of(cls, export: Row, reading: Reading) -> Customers:
        """With the names of topics and groups, and the custom fields, as they are now."""
        topics = Topic.get_pymongo_collection().find({"deleted_at": None}, {"name": 1, "is_opt_out": 1})
        by_key = {row["_id"]: row async for row in topics}
        return cls(export, reading, by_key, await group_names(), await definitions())

    async def batches(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        """See the protocol."""
        async with aclosing(self._people.batches(place, self._made)) as batches:
            async for some in batches:
                yield Batch([self._values(row) for row in some.customers], some.place)

    def _values(self, row: Row) -> Values:
        opening, reach = row["opening"], row["reach"] & _ANY
        return (
            row["external_id"],
            row["name"],
            row["email"],
            row["phone"],
            row["city"],
            row["country"],
            row.get("time_zone"),
            row.get("is_tracked"),
            row["tags"],
            moment(row["signed_up_at"]),
            row.get("source_ids") or (),
            self._words(row.get("consents")),
            money(opening["total_spend"]),
            opening["visit_count"],
            moment(opening["last_visit_at"]),
            shown_metadata(row.get("metadata")) or None,
            *map((row.get("custom_fields") or {}).get, self._slots),
            money(row["total_spend"]),
            row["visit_count"],
            moment(row["first_visit_at"]),
            moment(row["last_visit_at"]),
            self._names(row.get("groups")),
            _SUPPRESSED[reach],
            self._as_of,
        )

    def _names(self, groups: Sequence[ObjectId] | None) -> Sequence[str]:
        if not groups:
            return ()
        return [self._groups[key] for key in map(str, groups) if key in self._groups]

    def _words(self, stored: Sequence[Mapping[str, Any]] | None) -> Sequence[Mapping[str, Any]]:
        return [*filter(None, map(self._word, stored))] if stored else ()

    def _word(self, stored: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A word as the import reads it; None of a topic that was deleted. When an undated word was said
        nobody knows, so a date would make more of it than it is."""
        topic = self._topics.get(stored["topic_id"])
        if topic is None:
            return None
        word = {
            "topic": topic["name"],
            "is_opt_out": topic["is_opt_out"],
            "channel": stored["channel"],
            "status": stored["status"],
        }
        return word | {"at": format_moment(stored["at"])} if stored["is_dated"] else word


def moment(value: datetime | None) -> str | None:
    """A moment as files have it."""
    return None if value is None else format_moment(value)


def money(units: int) -> str:
    """An amount with two decimals, or with four: three could be thousands."""
    if not units:
        return "0.00"
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), UNITS)
    return f"{sign}{whole}.{rest:04d}" if rest % 100 else f"{sign}{whole}.{rest // 100:02d}"
