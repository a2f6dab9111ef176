"""Custom fields as they are written: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import AlreadyExists, Faults, LimitExceeded, NotFound, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.checks import checked_definition, checked_key
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomField, CustomFieldType
from crm_graphql.custom_fields.queries import find_field
from crm_graphql.mongo.leases import database_now, next_number

FIELDS_LIMIT = 100
PARTS = ("label", "is_required", "default_value", "minimum", "maximum", "pattern", "options")
"""What can be changed of a field."""
_NUMBERS = "custom_fields"

UsedBy = Callable[[str], Awaitable[Sequence[object]]]
"""Finds what names the field of a key."""


async def create_field(actor: Actor, key: str, type_: CustomFieldType, parts: Mapping[str, Any]) -> Row:
    """Make a field; every process can use it when this returns. Requires SETTINGS_WRITE.

    Raises InvalidInput with all that is wrong, AlreadyExists for a key that another field has (of two at once
    one is made), LimitExceeded.
    """
    actor.require(Permission.SETTINGS_WRITE)
    faults, values = Faults(), dict[str, Any]()
    with faults.noted():
        checked_key(key)
    with faults.noted():
        values = checked_definition(type_, {**dict.fromkeys(PARTS), **parts})
    faults.check()
    fields = CustomField.get_pymongo_collection()
    if await fields.count_documents({"live_key": {"$type": "string"}}, hint="live_key") >= FIELDS_LIMIT:
        message = f"There are {FIELDS_LIMIT} custom fields already. Delete one first."
        raise LimitExceeded(message, path=("key",))
    now = await database_now()
    row: dict[str, Any] = {
        "_id": ObjectId(),
        "key": key,
        "live_key": key,
        "slot": f"{key}_{await next_number(_NUMBERS)}",
        "type": type_.value,
        **values,
        "revision": 0,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
        "is_open": False,
    }
    try:
        await fields.insert_one(row)
    except DuplicateKeyError:
        raise AlreadyExists("Another custom field has this key. Choose another one.", path=("key",)) from None
    return row


async def update_field(actor: Actor, id: ObjectId, changes: Mapping[str, Any]) -> Row:
    """Change only the parts in `changes`; None gives up a bound, a pattern, a default. Values that customers
    have stay. Requires SETTINGS_WRITE.

    The whole is checked, and written only over what was checked. Raises NotFound, and InvalidInput with all
    that is wrong.
    """
    actor.require(Permission.SETTINGS_WRITE)
    while True:
        before = await find_field(id=id)
        if before is None:
            raise _missing()
        parts = {**{name: before.get(name) for name in PARTS}, **changes}
        values = checked_definition(CustomFieldType(before["type"]), parts)
        updated: Row | None = await CustomField.get_pymongo_collection().find_one_and_update(
            {"_id": id, "live_key": before["key"], "revision": before["revision"]},
            {"$set": values, "$inc": {"revision": 1}, "$currentDate": {"updated_at": True}},
            return_document=ReturnDocument.AFTER,
        )
        if updated is not None:
            return updated


async def delete_field(actor: Actor, id: ObjectId, *, used_by: UsedBy) -> Definition:
    """Delete it: nothing reads or writes its values from now on, and they are taken away in the background.
    Requires SETTINGS_WRITE.

    Raises NotFound, and WrongState, with what names it as its subject, where anything does; also what came to
    name it while it was deleted.
    """
    actor.require(Permission.SETTINGS_WRITE)
    row = await find_field(id=id)
    if row is None:
        raise _missing()
    if users := await used_by(row["key"]):
        raise _used(users)
    fields = CustomField.get_pymongo_collection()
    deleted = await fields.update_one(
        {"_id": id, "live_key": row["key"]},
        [{"$set": {"live_key": None, "deleted_at": "$$NOW", "is_open": True}}],
    )
    if not deleted.matched_count:
        raise _missing()
    if users := await used_by(row["key"]):
        # Saved between the look and the deletion. Nothing was taken away yet; see customers/custom_values.
        try:
            await fields.update_one(
                {"_id": id}, {"$set": {"live_key": row["key"], "deleted_at": None, "is_open": False}}
            )
        except DuplicateKeyError:
            return Definition.from_document(row)
        raise _used(users)
    return Definition.from_document(row)


def _used(users: Sequence[object]) -> WrongState:
    message = "Audiences or campaigns name this field; see `usedBy`. Change them first."
    return WrongState(message, path=("id",), subject=users)


def _missing() -> NotFound:
    return NotFound("There is no such custom field; it may have been deleted.", path=("id",))
