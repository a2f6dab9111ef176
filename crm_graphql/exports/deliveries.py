"""Deliveries of an export: rows of the ledger."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment
from crm_graphql.delivery.documents import Delivery
from crm_graphql.exports.customers import moment
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.people import ID_INDEX, People, between, external_ids
from crm_graphql.exports.reading import ROWS_AT_ONCE, Batch, Place, in_batches
from crm_graphql.exports.tables import Column, Kind, Lines, Values
from crm_graphql.imports.exported import MARK

COLUMNS = (
    Column("delivery_id"),
    Column("campaign_id"),
    Column("campaign", Kind.TEXT),
    Column("customer_id", Kind.TEXT),
    Column("channel"),
    Column("address", Kind.TEXT),
    Column("status"),
    Column("reason"),
    Column("reason_text", Kind.TEXT),
    Column("attempt"),
    Column("variant"),
    Column("queued_at"),
    Column("not_before"),
    Column("sent_at"),
    Column("finished_at"),
    Column(MARK),
)
CUSTOMERS_AT_ONCE = 100
_FIELDS = dict.fromkeys(
    (
        *("campaign_id", "number", "customer_id", "channel", "address", "status", "reason", "reason_text"),
        *("attempt", "variant", "created_at", "not_before", "sent_at", "finished_at"),
    ),
    1,
)


class Deliveries:
    """The deliveries of an export: of some customers, of a campaign, or all."""

    def __init__(self, export: Row, reading: Reading) -> None:
        self.lines = Lines(ExportFormat(export["format"]), COLUMNS)
        self._export = export
        self._reading = reading
        self._deliveries = reading.of(Delivery.get_pymongo_collection())
        self._meant = [between(export, "created_at"), {"created_at": {"$lte": export["as_of"]}}]
        self._campaigns: dict[ObjectId, str] = {}
        self._as_of = format_moment(export["as_of"])

    def batches(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        """See the protocol."""
        if self._export["customer_ids"] is not None or self._export["rule"] is not None:
            return self._of_people(place)
        if self._export["campaign_id"] is not None:
            own = {"campaign_id": self._export["campaign_id"]}
            return self._in_order(own, "number", "number", place)
        return self._in_order({}, "_id", ID_INDEX, place)

    async def _in_order(
        self, own: Mapping[str, Any], key: str, index: str, place: Place | None
    ) -> AsyncGenerator[Batch, None]:
        beyond = {} if place is None else {key: {"$gt": place["after"]}}
        cursor = self._deliveries.find(
            {"$and": [own, *self._meant, beyond]},
            _FIELDS,
            sort=[(key, 1)],
            hint=index,
            batch_size=ROWS_AT_ONCE,
        )
        async with aclosing(in_batches(cursor)) as batches:
            async for rows in batches:
                names = await external_ids(self._reading, [row["customer_id"] for row in rows], self._export)
                yield Batch(await self._values(rows, names), {"after": rows[-1][key]})

    async def _of_people(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        people = People(self._export, self._reading, {"external_id": 1}, at_once=CUSTOMERS_AT_ONCE)
        async with aclosing(people.batches(place)) as some:
            async for customers, behind in some:
                names = {row["_id"]: row["external_id"] for row in customers}
                cursor = self._deliveries.find(
                    {"$and": [{"customer_id": {"$in": list(names)}}, *self._meant]},
                    _FIELDS,
                    hint="of_customer",
                    batch_size=ROWS_AT_ONCE,
                )
                async with aclosing(in_batches(cursor)) as batches:
                    async for rows in batches:
                        yield Batch(await self._values(rows, names), None)
                yield Batch((), behind)

    async def _values(self, rows: Sequence[Row], names: Mapping[ObjectId, str]) -> Sequence[Values]:
        await self._name_campaigns({row["campaign_id"] for row in rows} - self._campaigns.keys())
        return [self._row(row, names.get(row["customer_id"])) for row in rows]

    def _row(self, row: Row, customer: str | None) -> Values:
        """Of who is nobody any more the address and what a vendor wrote of it are left out."""
        return (
            encode_id("Delivery", row["_id"]),
            encode_id("Campaign", row["campaign_id"]),
            self._campaigns.get(row["campaign_id"]),
            customer,
            row["channel"],
            None if customer is None else row["address"],
            row["status"],
            row["reason"],
            None if customer is None else row["reason_text"],
            row["attempt"],
            row.get("variant"),
            moment(row["created_at"]),
            moment(row.get("not_before")),
            moment(row["sent_at"]),
            moment(row["finished_at"]),
            self._as_of,
        )

    async def _name_campaigns(self, keys: set[ObjectId]) -> None:
        if keys:
            rows = Campaign.get_pymongo_collection().find({"_id": {"$in": list(keys)}}, {"name": 1})
            self._campaigns |= {row["_id"]: row["name"] async for row in rows}
