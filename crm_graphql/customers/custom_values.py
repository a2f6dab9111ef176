"""Values of custom fields in customers' documents: merged by field, counted where they no longer fit, taken
away where the field is gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from datetime import UTC, timedelta
from typing import Any

from pymongo.errors import ExecutionTimeout

from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomField, CustomFieldType
from crm_graphql.custom_fields.values import is_fit
from crm_graphql.customers.documents import Customer
from crm_graphql.mongo.deadlines import own_limits
from crm_graphql.mongo.leases import database_now

TAKEN_AT_ONCE = 1_000
TAKING_SECONDS = 2.0
"""After so long the reconciler goes on with what people wait for; the next round takes on."""
GRACE = timedelta(seconds=10)
"""A deletion may be taken back for so long, where somebody came to name the field meanwhile."""
SETTLED_AFTER = timedelta(minutes=5)
"""Longer than any transaction lives that still knew the field."""

CustomChanges = Mapping[str, Any]
"""Values by slot; None clears one."""


def merge_custom(customer: dict[str, Any], changes: CustomChanges, version: int) -> set[str]:
    """Take over the values that no newer record has set: which fields of the document must be written."""
    versions: dict[str, int] = customer["versions"]
    held: dict[str, Any] = dict(customer.get("custom_fields") or {})
    dirty: set[str] = set()
    for slot, value in changes.items():
        mark = version_mark(slot)
        if versions.get(mark, -1) >= version:
            continue
        versions[mark] = version
        dirty.add("versions")
        if held.get(slot) == value:
            continue
        if value is None:
            held.pop(slot, None)
        else:
            held[slot] = value
        dirty.add("custom_fields")
    if "custom_fields" in dirty:
        customer["custom_fields"] = held
    return dirty


def version_mark(slot: str) -> str:
    """Under which name `versions` has that of a custom value."""
    return f"custom:{slot}"


def of_live(changes: CustomChanges, live: Collection[str]) -> CustomChanges:
    """The changes of fields that are there: one may have been deleted since a record was accepted."""
    return {slot: value for slot, value in changes.items() if slot in live}


def compared_path(slot: str) -> str:
    """Where rules find the value: served by the wildcard index on `folded`."""
    return f"folded.custom.{slot}"


async def count_misfits(field: Definition, *, timeout_seconds: float) -> int | None:
    """How many customers have a value that the field would not take; None where counting takes too long.

    Numbers and options are counted by the database, texts read one by one.
    """
    path = compared_path(field.slot)
    customers = Customer.get_pymongo_collection()
    most = max(1, round(timeout_seconds * 1_000))
    try:
        async with asyncio.timeout(timeout_seconds):
            with own_limits():
                if (unfit := _unfit(field, path)) is not None:
                    return await customers.count_documents(unfit, maxTimeMS=most) if unfit else 0
                rows = customers.find({path: {"$gte": ""}}, {f"custom_fields.{field.slot}": 1, "_id": 0})
                found = 0
                async for row in rows.batch_size(10_000).max_time_ms(most):
                    found += not is_fit(field, row["custom_fields"][field.slot], UTC)
                return found
    except (TimeoutError, ExecutionTimeout):
        return None


def _unfit(field: Definition, path: str) -> dict[str, Any] | None:
    """The filter of values that do not fit, empty where all do; None where only reading them tells."""
    if field.type is CustomFieldType.NUMBER:
        bounds = (("$lt", field.minimum), ("$gt", field.maximum))
        parts = [{path: {operator: bound}} for operator, bound in bounds if bound is not None]
        return {"$or": parts} if parts else {}
    if field.type is CustomFieldType.LIST:
        options = [option.casefold() for option in field.options or ()]
        return {path: {"$gte": "", "$elemMatch": {"$nin": options}}}
    if field.type is CustomFieldType.TEXT and (field.minimum, field.maximum, field.pattern) != (None,) * 3:
        return None
    return {}


async def take_away_deleted() -> None:
    """Take the values of deleted fields away from customers, for a while: one round of the reconciler.

    Harmless at any time and any number of times; goes on where a round before ended, by what is still
    there. A field is closed once nothing was left longer after its deletion than any transaction lives.
    """
    until = time.monotonic() + TAKING_SECONDS
    now = await database_now()
    fields = CustomField.get_pymongo_collection()
    rows = fields.find({"is_open": True, "deleted_at": {"$lt": now - GRACE}}, {"slot": 1, "deleted_at": 1})
    for row in await rows.hint("open").to_list():
        is_done = await _take_away(row["slot"], until)
        if is_done and row["deleted_at"] < now - SETTLED_AFTER:
            await fields.update_one({"_id": row["_id"], "live_key": None}, {"$set": {"is_open": False}})


async def _take_away(slot: str, until: float) -> bool:
    """False where the time is over before nothing is left."""
    customers = Customer.get_pymongo_collection()
    path = compared_path(slot)
    gone = {"$unset": {f"custom_fields.{slot}": "", path: "", f"versions.{version_mark(slot)}": ""}}
    while time.monotonic() < until:
        rows = await customers.find({path: {"$exists": True}}, {"_id": 1}).limit(TAKEN_AT_ONCE).to_list()
        if not rows:
            return True
        await customers.update_many({"_id": {"$in": [row["_id"] for row in rows]}}, gone)
    return False
