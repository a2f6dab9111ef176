"""Groups as they are written: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import AlreadyExists, Faults, InvalidInput, LimitExceeded, NotFound, WrongState
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import is_storable, words
from crm_graphql.groups.documents import Group
from crm_graphql.mongo.rows import row_of
from crm_graphql.mongo.transactions import Transact

DESCRIPTION_LIMIT = 2_000
GROUPS_LIMIT = 1_000
"""A rule builder lists them all, and a customer's document may name them all."""
_SHOWN = 3
Cleared = TypeVar("Cleared")


async def create_group(actor: Actor, *, name: str, description: str | None, clock: Clock) -> Row:
    """Make a group, with nobody in it. Requires CUSTOMERS_WRITE.

    Raises InvalidInput with every problem, AlreadyExists for a name that another group has in any case of its
    letters, LimitExceeded.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    values = _checked({"name": name, "description": description})
    groups = Group.get_pymongo_collection()
    if await groups.count_documents({}) >= GROUPS_LIMIT:
        raise LimitExceeded(f"There are {GROUPS_LIMIT:,} groups already. Delete one first.", path=("name",))
    now = clock.now()
    row = row_of(Group.model_validate({**values, "created_at": now, "updated_at": now}))
    try:
        await groups.insert_one(row)
    except DuplicateKeyError:
        raise _taken() from None
    return row


async def update_group(actor: Actor, key: ObjectId, changes: Mapping[str, Any], *, clock: Clock) -> Row:
    """Change only the fields in `changes` (name, description; None clears the description). Requires
    CUSTOMERS_WRITE. Raises as `create_group` does, and NotFound."""
    actor.require(Permission.CUSTOMERS_WRITE)
    values = _checked(changes)
    try:
        updated: Row | None = await Group.get_pymongo_collection().find_one_and_update(
            {"_id": key},
            {"$set": {**values, "updated_at": clock.now()}},
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        raise _taken() from None
    if updated is None:
        raise missing_group()
    return updated


async def delete_group(
    actor: Actor,
    key: ObjectId,
    *,
    used_by: Callable[[ObjectId], Awaitable[Sequence[str]]],
    clear: Callable[[ObjectId, AsyncClientSession], Awaitable[Cleared]],
    transact: Transact,
) -> Cleared:
    """Delete it; in the same transaction `clear` writes down that its members leave it, and its result is
    returned. Requires CUSTOMERS_WRITE.

    Raises NotFound, and WrongState while `used_by` gives what names it. What comes to name it at the same
    moment selects nobody by it.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    if names := await used_by(key):
        shown = ", ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise WrongState(f"This group is named by {shown}{more}. Change them first.", path=("id",))

    async def work(session: AsyncClientSession) -> Cleared:
        deleted = await Group.get_pymongo_collection().delete_one({"_id": key}, session=session)
        if not deleted.deleted_count:
            raise missing_group()
        return await clear(key, session)

    return await transact(work)


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be stored of the fields in `changes`. Raises InvalidInput with every problem."""
    faults = Faults()
    values: dict[str, Any] = {}
    if "name" in changes:
        with faults.noted():
            name = checked_name(changes["name"], needed="A group needs a name.")
            values |= {"name": name, "name_key": name.casefold(), "name_words": words(name)}
    if "description" in changes:
        with faults.noted():
            values["description"] = _checked_description(changes["description"])
    faults.check()
    return values


def _checked_description(raw: str | None) -> str | None:
    description = (raw or "").strip() or None
    if description is not None and (len(description) > DESCRIPTION_LIMIT or not is_storable(description)):
        message = f"A description is a text of at most {DESCRIPTION_LIMIT:,} characters."
        raise InvalidInput(message, path=("description",))
    return description


def missing_group(*path: str) -> NotFound:
    """What is said of a group that is not there."""
    return NotFound("There is no such group; it may have been deleted.", path=path or ("id",))


def _taken() -> AlreadyExists:
    return AlreadyExists("Another group has this name. Choose another one.", path=("name",))
