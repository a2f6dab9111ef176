"""A customer's totals while orders and opening balances are applied, and the search for lost extremes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from crm_graphql.customers.merged import keys_of

TOTALS_PROJECTION = {
    "external_id": 1,
    "total_spend": 1,
    "visit_count": 1,
    "first_visit_at": 1,
    "last_visit_at": 1,
    "opening.last_visit_at": 1,
    "former.customer_id": 1,
    "former.opening.last_visit_at": 1,
}

Orders = AsyncCollection[dict[str, Any]]


def opening_visits(customer: Mapping[str, Any]) -> list[datetime]:
    """The last visits before any order, of the customer and of those who were merged into it."""
    openings = (part["opening"]["last_visit_at"] for part in (customer, *(customer.get("former") or ())))
    return [visit_at for visit_at in openings if visit_at is not None]


class Totals:
    """One customer's totals. Money in ten-thousandths; an order of no negative amount is a visit.

    `extremes_lost` says that the first or last visit may have gone away: `find_lost_extremes` must then look
    for them once the orders are written. `keys` are those under which orders of the customer may lie.
    """

    __slots__ = (
        "extremes_lost",
        "first_visit_at",
        "id",
        "is_changed",
        "keys",
        "last_visit_at",
        "opening_visits",
        "total_spend",
        "visit_count",
    )

    def __init__(self, customer: Mapping[str, Any]) -> None:
        self.id: ObjectId = customer["_id"]
        self.total_spend: int = customer["total_spend"]
        self.visit_count: int = customer["visit_count"]
        self.first_visit_at: datetime | None = customer["first_visit_at"]
        self.last_visit_at: datetime | None = customer["last_visit_at"]
        self.keys = keys_of(customer)
        self.opening_visits = opening_visits(customer)
        self.is_changed = False
        self.extremes_lost = False

    def add(self, amount: int, ordered_at: datetime) -> None:
        """Count an order in."""
        self.is_changed = True
        self.total_spend += amount
        if amount >= 0:
            self.visit_count += 1
            self.widen(ordered_at)

    def remove(self, amount: int, ordered_at: datetime) -> None:
        """Count an order out again."""
        self.is_changed = True
        self.total_spend -= amount
        if amount >= 0:
            self.visit_count -= 1
            self.lose(ordered_at)

    def widen(self, visit_at: datetime) -> None:
        """Let the span of visits reach to `visit_at`."""
        if self.first_visit_at is None or visit_at < self.first_visit_at:
            self.first_visit_at = visit_at
        if self.last_visit_at is None or visit_at > self.last_visit_at:
            self.last_visit_at = visit_at

    def lose(self, visit_at: datetime) -> None:
        """A visit at this moment is gone."""
        if visit_at in (self.first_visit_at, self.last_visit_at):
            self.extremes_lost = True

    def fields(self) -> dict[str, Any]:
        """The fields of the customer's document."""
        return {
            "total_spend": self.total_spend,
            "visit_count": self.visit_count,
            "first_visit_at": self.first_visit_at,
            "last_visit_at": self.last_visit_at,
        }


async def find_lost_extremes(
    all_totals: Iterable[Totals], orders: Orders, session: AsyncClientSession
) -> None:
    """Find the first and last visit of every customer that has lost one, by the index on (customer,
    ordered_at): in one command for all, which reads two orders a customer however many it has.

    Call it in the transaction that wrote the orders, after them; it does nothing when none was lost.
    """
    lost = {totals.id: totals for totals in all_totals if totals.extremes_lost}
    if not lost:
        return
    cursor = await orders.database.aggregate(
        [
            # Not from the customers: those that the transaction makes are not written yet.
            {"$documents": [{"_id": key, "keys": list(totals.keys)} for key, totals in lost.items()]},
            _first_visit(orders, ASCENDING, "first"),
            _first_visit(orders, DESCENDING, "last"),
        ],
        session=session,
        batchSize=len(lost) + 1,
    )
    for row in await cursor.to_list(None):
        totals = lost[row["_id"]]
        totals.first_visit_at = totals.last_visit_at = None
        for order in (*row["first"], *row["last"]):
            totals.widen(order["ordered_at"])
        for visit_at in totals.opening_visits:
            totals.widen(visit_at)
        totals.extremes_lost = False


def _first_visit(orders: Orders, way: int, name: str) -> dict[str, Any]:
    return {
        "$lookup": {
            "from": orders.name,
            "localField": "keys",
            "foreignField": "customer_id",
            "pipeline": [
                {"$match": {"amount": {"$gte": 0}}},
                {"$sort": {"ordered_at": way, "_id": way}},
                {"$limit": 1},
                {"$project": {"_id": 0, "ordered_at": 1}},
            ],
            "as": name,
        }
    }
