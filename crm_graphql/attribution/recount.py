"""Counting orders again: as they are now, in place of what they were counted as before.

What an order counts for is a pure function of the order, of whose it is, and of the deliveries to that
person. It is kept beside the order, so counting again writes the difference: nothing where nothing has
changed, however often and by however many at once it is done. All reads are of one moment, and two who count
the same order write the same documents, so that one of them is run again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.attribution.documents import CampaignOrders, ComparedPerson, OrderCredit
from crm_graphql.attribution.windows import (
    CAMPAIGN_FIELDS,
    ROW_FIELDS,
    Credit,
    compared,
    last_touch,
    may_count,
)
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.customers.merged import FORMER_FIELD, found_by_keys, keys_of
from crm_graphql.delivery.documents import Delivery
from crm_graphql.orders.documents import Order

Row = Mapping[str, Any]
Arm = tuple[ObjectId, str | None]
_Write = DeleteOne | InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]


@dataclass(slots=True)
class _Sum:
    orders: int = 0
    amount: int = 0

    def add(self, amount: int, sign: int) -> None:
        """Count an order in or out; a refund is none, and takes from what was bought."""
        self.orders += sign * (amount >= 0)
        self.amount += sign * amount

    def __bool__(self) -> bool:
        return bool(self.orders or self.amount)


@dataclass(slots=True)
class _Difference:
    """What is to be added to the sums of arms, and of people with the arm that each is of."""

    touched: defaultdict[Arm, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    people: defaultdict[tuple[Arm, ObjectId], _Sum] = field(default_factory=lambda: defaultdict(_Sum))

    @property
    def campaigns(self) -> Collection[ObjectId]:
        """Those of which anything is to be written."""
        return {arm[0] for arm in self.touched} | {arm[0] for arm, _ in self.people}

    def add(self, credit: Row, sign: int) -> None:
        """Count what an order counts for in or out."""
        amount = credit["amount"]
        if touch := credit.get("touch"):
            self.touched[touch["campaign"], touch["arm"]].add(amount, sign)
        for one in credit.get("compared") or ():
            self.people[(one["campaign"], one["arm"]), one["row"]].add(amount, sign)


async def recount(orders: Sequence[ObjectId], session: AsyncClientSession) -> Collection[ObjectId]:
    """Count these orders as they are now, in the session's transaction; the campaigns whose sums that
    moved."""
    credits_now = await _credits_now(orders, session)
    stored = OrderCredit.get_pymongo_collection().find({"_id": {"$in": list(orders)}}, session=session)
    credits_before = {row["_id"]: row async for row in stored}
    difference, writes = _Difference(), list[_Write]()
    for key in dict.fromkeys(orders):
        before, now = credits_before.get(key), credits_now.get(key)
        if before == now:
            continue
        if before is not None:
            difference.add(before, -1)
        if now is not None:
            difference.add(now, 1)
        writes.append(_write(before, now))
    if writes:
        await OrderCredit.get_pymongo_collection().bulk_write(writes, ordered=False, session=session)
        await _write_sums(difference, await _write_people(difference, session), session)
    return difference.campaigns


async def _credits_now(
    orders: Sequence[ObjectId], session: AsyncClientSession
) -> Mapping[ObjectId, dict[str, Any]]:
    """What each of the orders counts for, as it is stored; those that count for something."""
    fields = {"customer_id": 1, "amount": 1, "ordered_at": 1}
    found = Order.get_pymongo_collection().find({"_id": {"$in": list(orders)}}, fields, session=session)
    rows = await found.to_list()
    campaigns = await _campaigns_for(rows, session)
    if not campaigns:
        return {}
    deliveries = await _deliveries_to({row["customer_id"] for row in rows}, campaigns, session)
    counted: dict[ObjectId, dict[str, Any]] = {}
    for row in rows:
        to_person = deliveries.get(row["customer_id"], ())
        touch = last_touch(row["ordered_at"], to_person, campaigns)
        comparisons = compared(row["ordered_at"], to_person, campaigns)
        if touch or comparisons:
            counted[row["_id"]] = {
                "_id": row["_id"],
                "amount": row["amount"],
                "touch": touch and {"campaign": touch.campaign, "arm": touch.arm},
                "compared": [_stored(one) for one in comparisons],
            }
    return counted


def _stored(credit: Credit) -> dict[str, Any]:
    return {"campaign": credit.campaign, "arm": credit.arm, "row": credit.row}


async def _campaigns_for(orders: Sequence[Row], session: AsyncClientSession) -> Mapping[ObjectId, Row]:
    """The campaigns that any of the orders may count for."""
    if not orders:
        return {}
    moments = [order["ordered_at"] for order in orders]
    first, last = min(moments), max(moments)
    found = Campaign.get_pymongo_collection().find(
        {"launched_at": {"$ne": None}, "attribution_days": {"$type": "int"}},
        CAMPAIGN_FIELDS,
        hint="launched_at",
        session=session,
    )
    return {row["_id"]: row async for row in found if may_count(row, first, last)}


async def _deliveries_to(
    customers: set[ObjectId], campaigns: Mapping[ObjectId, Row], session: AsyncClientSession
) -> Mapping[ObjectId, Sequence[Row]]:
    """The campaigns' deliveries to the people whom these ids lead to, by these ids; nothing of who was
    erased."""
    people = await found_by_keys(customers, {FORMER_FIELD: 1}, session=session)
    whose = {key: person["_id"] for person in people.values() for key in keys_of(person)}
    rows = Delivery.get_pymongo_collection().find(
        {"campaign_id": {"$in": list(campaigns)}, "customer_id": {"$in": list(whose)}},
        ROW_FIELDS,
        hint="customer",
        session=session,
    )
    by_person: defaultdict[ObjectId, list[Row]] = defaultdict(list)
    async for row in rows:
        by_person[whose[row["customer_id"]]].append(row)
    return {key: by_person[person["_id"]] for key, person in people.items() if person["_id"] in by_person}


@dataclass(slots=True)
class _Squares:
    orders: int = 0
    amount: int = 0


async def _write_people(difference: _Difference, session: AsyncClientSession) -> Mapping[Arm, _Squares]:
    """Write what people have bought; by how much the squares of their arms grow with that."""
    changed = {row: (arm, sum_) for (arm, row), sum_ in difference.people.items() if sum_}
    if not changed:
        return {}
    collection = ComparedPerson.get_pymongo_collection()
    found = collection.find({"_id": {"$in": list(changed)}}, session=session)
    before = {row["_id"]: row async for row in found}
    grown: defaultdict[Arm, _Squares] = defaultdict(_Squares)
    writes = list[_Write]()
    for row, (arm, sum_) in changed.items():
        old = before.get(row, {"orders": 0, "amount": 0})
        new = {"_id": row, "orders": old["orders"] + sum_.orders, "amount": old["amount"] + sum_.amount}
        grown[arm].orders += new["orders"] ** 2 - old["orders"] ** 2
        grown[arm].amount += new["amount"] ** 2 - old["amount"] ** 2
        is_there = new["orders"] or new["amount"]
        writes.append(_write(before.get(row), new if is_there else None))
    await collection.bulk_write(writes, ordered=False, session=session)
    return grown


async def _write_sums(
    difference: _Difference, grown: Mapping[Arm, _Squares], session: AsyncClientSession
) -> None:
    compared_sums: defaultdict[Arm, _Sum] = defaultdict(_Sum)
    for (arm, _), sum_ in difference.people.items():
        compared_sums[arm].orders += sum_.orders
        compared_sums[arm].amount += sum_.amount
    arms = {*(arm for arm, sum_ in difference.touched.items() if sum_), *compared_sums}
    keys = {arm: sums_id(*arm) for arm in arms}
    collection = CampaignOrders.get_pymongo_collection()
    found = collection.find({"_id": {"$in": list(keys.values())}}, session=session)
    before = {row["_id"]: row async for row in found}
    writes = list[_Write]()
    for arm, key in keys.items():
        old = before.get(key) or _nothing(key, arm)
        touched, of_people = difference.touched.get(arm, _Sum()), compared_sums[arm]
        squares = grown.get(arm, _Squares())
        new = {
            **old,
            "orders": old["orders"] + touched.orders,
            "amount": old["amount"] + touched.amount,
            "compared_orders": old["compared_orders"] + of_people.orders,
            "compared_amount": old["compared_amount"] + of_people.amount,
            "order_squares": str(int(old["order_squares"]) + squares.orders),
            "amount_squares": str(int(old["amount_squares"]) + squares.amount),
        }
        writes.append(_write(before.get(key), new))
    if writes:
        await collection.bulk_write(writes, ordered=False, session=session)


def _write(before: Row | None, now: dict[str, Any] | None) -> _Write:
    """What makes the one of the other; an insert where it can be one, for that costs half of an upsert."""
    if now is None:
        assert before is not None, "nothing is made of nothing"
        return DeleteOne({"_id": before["_id"]})
    return InsertOne(now) if before is None else ReplaceOne({"_id": now["_id"]}, now)


def sums_id(campaign: ObjectId, arm: str | None) -> str:
    """Under which the sums of an arm are kept."""
    return f"{campaign}:{arm or ''}"


def _nothing(key: str, arm: Arm) -> dict[str, Any]:
    campaign, name = arm
    empty = CampaignOrders(id=key, campaign_id=campaign, arm=name)
    return {"_id": key, **empty.model_dump(exclude={"id", "revision_id"})}
