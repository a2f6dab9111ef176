"""Orders of an export, under the names by which they can be imported again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from bson import ObjectId

from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment
from crm_graphql.exports.customers import moment, money
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.people import ID_INDEX, People, between, external_ids, is_of_all
from crm_graphql.exports.reading import ROWS_AT_ONCE, Batch, Place, in_batches
from crm_graphql.exports.tables import Column, Kind, Lines, Values
from crm_graphql.imports.exported import MARK
from crm_graphql.orders.documents import Order

COLUMNS = (
    Column("order_id", Kind.TEXT),
    Column("customer_id", Kind.TEXT),
    Column("amount"),
    Column("ordered_at"),
    Column("currency"),
    Column("quantity"),
    Column(MARK),
)
CUSTOMERS_AT_ONCE = 100
"""Their orders are gone through as a whole: so much is done again after a crash."""
_FIELDS = dict.fromkeys(("external_id", "customer_id", "amount", "ordered_at", "currency", "quantity"), 1)


class Orders:
    """The orders of an export: of some customers, or all."""

    def __init__(self, export: Row, reading: Reading) -> None:
        self.lines = Lines(ExportFormat(export["format"]), COLUMNS)
        self._export = export
        self._reading = reading
        self._orders = reading.of(Order.get_pymongo_collection())
        self._meant = {**between(export, "ordered_at"), "created_at": {"$lte": export["as_of"]}}
        self._as_of = format_moment(export["as_of"])

    def batches(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        """See the protocol."""
        return self._all(place) if is_of_all(self._export) else self._of_people(place)

    async def _all(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        beyond = {} if place is None else {"_id": {"$gt": place["after"]}}
        cursor = self._orders.find(
            {**self._meant, **beyond}, _FIELDS, sort=[("_id", 1)], hint=ID_INDEX, batch_size=ROWS_AT_ONCE
        )
        async with aclosing(in_batches(cursor)) as batches:
            async for rows in batches:
                names = await external_ids(self._reading, [row["customer_id"] for row in rows], self._export)
                yield Batch(self._values(rows, names), {"after": rows[-1]["_id"]})

    async def _of_people(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        people = People(self._export, self._reading, {"external_id": 1}, at_once=CUSTOMERS_AT_ONCE)
        async with aclosing(people.batches(place)) as some:
            async for customers, behind in some:
                names = {row["_id"]: row["external_id"] for row in customers}
                cursor = self._orders.find(
                    {"customer_id": {"$in": list(names)}, **self._meant},
                    _FIELDS,
                    hint="customer_ordered_at",
                    batch_size=ROWS_AT_ONCE,
                )
                async with aclosing(in_batches(cursor)) as batches:
                    async for rows in batches:
                        yield Batch(self._values(rows, names), None)
                yield Batch((), behind)

    def _values(self, rows: Sequence[Row], names: Mapping[ObjectId, str]) -> Sequence[Values]:
        return [
            (
                row["external_id"],
                names.get(row["customer_id"]),
                money(row["amount"]),
                moment(row["ordered_at"]),
                row["currency"],
                row["quantity"],
                self._as_of,
            )
            for row in rows
        ]
