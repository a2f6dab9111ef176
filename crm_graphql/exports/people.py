"""People of an export: the customers whom it means, in an order in which a walk can go on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from bson import ObjectId

from crm_graphql.audiences.compile import select_customers
from crm_graphql.core.paging import Row
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.reading import ROWS_AT_ONCE, Place, erased_of, in_batches

ID_INDEX = "_id_"
"""Whatever else a filter asks: each document once, in the order of a key that never changes."""


class Some(NamedTuple):
    """Customers, and the place behind them."""

    customers: Sequence[Row]
    place: Place


class People:
    """The customers of an export, each once, without those who were erased."""

    def __init__(
        self, export: Row, reading: Reading, fields: Mapping[str, int], *, at_once: int = ROWS_AT_ONCE
    ) -> None:
        self._export = export
        self._reading = reading
        self._fields = fields
        self._at_once = at_once

    async def batches(
        self, place: Place | None, *conditions: Mapping[str, Any]
    ) -> AsyncGenerator[Some, None]:
        """Those behind a place that meet the conditions."""
        after = None if place is None else place["after"]
        of = self._of_campaign if self._export["campaign_id"] is not None else self._of_target
        async with aclosing(of(after, conditions)) as found:
            async for some in found:
                gone = await erased_of([row["_id"] for row in some.customers], self._export["as_of"])
                yield Some([row for row in some.customers if row["_id"] not in gone], some.place)

    async def _of_target(
        self, after: ObjectId | None, conditions: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Some, None]:
        beyond = () if after is None else ({"_id": {"$gt": after}},)
        customers = self._reading.of(Customer.get_pymongo_collection())
        cursor = customers.find(
            {"$and": [who(self._export), *conditions, *beyond]},
            self._fields,
            sort=[("_id", 1)],
            hint=ID_INDEX,
            batch_size=self._at_once,
        )
        async with aclosing(in_batches(cursor)) as batches:
            async for rows in batches:
                for start in range(0, len(rows), self._at_once):
                    some = rows[start : start + self._at_once]
                    yield Some(some, {"after": some[-1]["_id"]})

    async def _of_campaign(
        self, after: int | None, conditions: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Some, None]:
        deliveries = self._reading.of(Delivery.get_pymongo_collection())
        cursor = deliveries.find(
            {
                "campaign_id": self._export["campaign_id"],
                "number": {"$gt": -1 if after is None else after},
                "created_at": {"$lte": self._export["as_of"]},
            },
            {"customer_id": 1, "number": 1},
            sort=[("number", 1)],
            hint="number",
            batch_size=self._at_once,
        )
        customers = self._reading.of(Customer.get_pymongo_collection())
        async with aclosing(in_batches(cursor)) as batches:
            async for rows in batches:
                keys = [row["customer_id"] for row in rows]
                found = customers.find({"$and": [{"_id": {"$in": keys}}, *conditions]}, self._fields)
                yield Some(await found.to_list(), {"after": rows[-1]["number"]})


def who(export: Row) -> Mapping[str, Any]:
    """The filter of the customers whom an export means, as it was frozen."""
    moment = export["as_of"]
    known = {"created_at": {"$lte": moment}}
    if export["customer_ids"] is not None:
        return {"_id": {"$in": export["customer_ids"]}}
    if export["rule"] is not None:
        local = moment.astimezone(zone_of(export["time_zone"]))
        return {"$and": [select_customers(export["rule"], local), known]}
    return known


def is_of_all(export: Row) -> bool:
    """Whether nobody in particular is meant."""
    return all(export[name] is None for name in ("customer_ids", "rule", "campaign_id"))


def between(export: Row, field: str) -> Mapping[str, Any]:
    """The condition that a moment lies in the time that was asked for: from (included) until (excluded)."""
    bounds = {"$gte": export["from_at"], "$lt": export["until_at"]}
    given = {operator: moment for operator, moment in bounds.items() if moment is not None}
    return {field: given} if given else {}


async def external_ids(
    reading: Reading, keys: Iterable[ObjectId | None], export: Row
) -> Mapping[ObjectId, str]:
    """The external ids of customers by their keys; without those who were erased."""
    wanted = [key for key in set(keys) if key is not None]
    gone = await erased_of(wanted, export["as_of"])
    rows = reading.of(Customer.get_pymongo_collection()).find({"_id": {"$in": wanted}}, {"external_id": 1})
    return {row["_id"]: row["external_id"] for row in await rows.to_list() if row["_id"] not in gone}
