"""Aggregations of analytics: stages of MongoDB's pipelines as pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from crm_graphql.core.zones import offset_changes

Stage = dict[str, Any]

NO_KEY = ""
"""The key of customers who have no country, city or tag."""

ORDER_MEASURES: Mapping[str, Any] = {
    "orders": {"$sum": {"$cond": [{"$gte": ["$amount", 0]}, 1, 0]}},
    "amount": {"$sum": "$amount"},
}
DELIVERY_MEASURES: Mapping[str, Any] = {
    "tried": {"$sum": 1},
    "delivered": {"$sum": {"$cond": [{"$eq": ["$status", "DELIVERED"]}, 1, 0]}},
}


def _of_orders(total: str) -> dict[str, Any]:
    """The total without the openings: the customer's, and of those who were merged into it."""
    own = {"$ifNull": [f"$opening.{total}", 0]}
    return {"$sum": {"$subtract": [f"${total}", {"$add": [own, {"$sum": f"$former.opening.{total}"}]}]}}


TOTALS_OF_ORDERS: Mapping[str, Any] = {
    "orders": _of_orders("visit_count"),
    "amount": _of_orders("total_spend"),
}
"""Of customers' orders, out of the totals that move with them."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_MS = 24 * 3600 * 1_000


def moments(first: datetime | None, end: datetime | None) -> dict[str, Any]:
    """The range from `first` until before `end`; where neither is given, of all moments: an index on the
    field serves that too, where a filter without it would not use one."""
    found: dict[str, Any] = {"$gte": first or datetime.min}
    if end is not None:
        found["$lt"] = end
    return found


def local_day(field: str, zone: tzinfo, between: tuple[datetime, datetime]) -> dict[str, Any]:
    """The day in the zone on which a moment lies, as a date of MongoDB at 00:00; `day_of` reads it.

    `between` are the first and the last moment that occur. MongoDB is told by how much the clocks are ahead,
    instead of the zone's name: its own database of zones may be another, and asking it costs three times as
    much.
    """
    return _cut(field, zone, between, "day")


def local_month(field: str, zone: tzinfo, between: tuple[datetime, datetime]) -> dict[str, Any]:
    """The same of months."""
    return _cut(field, zone, between, "month")


def _cut(field: str, zone: tzinfo, between: tuple[datetime, datetime], unit: str) -> dict[str, Any]:
    changes = offset_changes(zone, between[0].date(), between[1].date())
    # The newest first: most moments are lately.
    branches = [
        {"case": {"$gte": [f"${field}", since]}, "then": _milliseconds(offset)}
        for since, offset in reversed(changes[1:])
    ]
    first = _milliseconds(changes[0][1])
    ahead: Any = {"$switch": {"branches": branches, "default": first}} if branches else first
    return {"$dateTrunc": {"date": {"$add": [f"${field}", ahead]}, "unit": unit}}


def _milliseconds(offset: timedelta) -> int:
    return offset // timedelta(milliseconds=1)


AS_NUMBER: Stage = {"$set": {"_id.part": {"$toLong": "$_id.part"}}}
"""Makes numbers of groups whose part is a day: one beside the calendar's ends is no date that can be read."""


def day_of(number: int) -> date:
    """The day that MongoDB has as milliseconds, at the ends of the calendar the nearest there is."""
    ordinal = number // _DAY_MS + _EPOCH_DAY
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def place_key(field: str | None) -> Any:
    """A customer's key by the field, behind `place_stages`."""
    return None if field is None else {"$ifNull": [f"$folded.{field}", NO_KEY]}


def place_stages(field: str | None) -> Sequence[Stage]:
    """What makes one customer of each that has one value of the field: of several tags so many."""
    if field != "tags":
        return ()
    return ({"$unwind": {"path": f"$folded.{field}", "preserveNullAndEmptyArrays": True}},)


def from_facts(
    facts: Mapping[str, Any],
    measures: Mapping[str, Any],
    *,
    part: Any,
    customers: str,
    rule: Mapping[str, Any] | None,
    place: str | None,
    merged: str | None = None,
) -> list[Stage]:
    """Over orders or deliveries: sums by customer and part first, then each customer once for its part.

    Where some may lie under the keys of who was merged, `merged` is the collection that says whose they are.
    """
    # Also without a rule: whoever was erased is no customer.
    of_customer: list[Stage] = [{"$match": rule}] if rule else []
    of_customer += [*place_stages(place), {"$project": {"_id": 0, "key": place_key(place)}}]
    return [
        {"$match": facts},
        {"$group": {"_id": {"customer": "$customer_id", "part": part}, **measures}},
        *_of_survivors(merged),
        {
            "$lookup": {
                "from": customers,
                "localField": "_id.customer",
                "foreignField": "_id",
                "pipeline": of_customer,
                "as": "customer",
            }
        },
        {"$unwind": "$customer"},
        {"$group": {"_id": {"key": "$customer.key", "part": "$_id.part"}, **_again(measures)}},
    ]


def _of_survivors(merged: str | None) -> Sequence[Stage]:
    if merged is None:
        return ()
    found = {
        "from": merged,
        "localField": "_id.customer",
        "foreignField": "_id",
        "pipeline": [{"$project": {"customer_id": 1}}],
        "as": "merged",
    }
    survivor = {"$ifNull": [{"$first": "$merged.customer_id"}, "$_id.customer"]}
    return ({"$lookup": found}, {"$set": {"_id.customer": survivor}})


def from_customers(
    rule: Mapping[str, Any],
    measures: Mapping[str, Any],
    *,
    part: Any,
    facts: Mapping[str, Any],
    ranged: Mapping[str, Any],
    collection: str,
    place: str | None,
    fields: Sequence[str],
    merged: str | None = None,
) -> list[Stage]:
    """Over the customers of a rule: each one's orders or deliveries by the index on the customer.

    `ranged` is what that index serves of the condition on them. The rest is asked of what was found: within
    the look-up MongoDB would choose another index for it, and read all of a campaign for each customer.
    """
    keys: Any = "$_id"
    if merged is not None:
        keys = {"$concatArrays": [["$_id"], {"$ifNull": ["$former.customer_id", []]}]}
    return [
        {"$match": rule},
        *place_stages(place),
        {"$project": {"key": place_key(place), "keys": keys}},
        {
            "$lookup": {
                "from": collection,
                "localField": "keys",
                "foreignField": "customer_id",
                "pipeline": [{"$match": ranged}, {"$project": {"_id": 0, **dict.fromkeys(fields, 1)}}],
                "as": "fact",
            }
        },
        {"$unwind": "$fact"},
        {"$replaceWith": {"$mergeObjects": ["$fact", {"key": "$key"}]}},
        {"$match": facts},
        {"$group": {"_id": {"key": "$key", "part": part}, **measures}},
    ]


def _again(measures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"$sum": f"${name}"} for name in measures}


def band(field: str, bounds: Sequence[int]) -> Any:
    """How many of the ascending bounds a number has reached, found by halving."""

    def search(low: int, high: int) -> Any:
        if low == high:
            return low
        middle = (low + high) // 2
        return {
            "$cond": [{"$lt": [f"${field}", bounds[middle]]}, search(low, middle), search(middle + 1, high)]
        }

    return search(0, len(bounds))
