"""Saved views as they are written."""

from __future__ import annotations

from typing import Any

import msgspec
from bson import ObjectId
from pymongo import ReturnDocument

from crm_graphql.core.actor import Actor, Permission, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, Forbidden, InvalidInput, LimitExceeded, NotFound
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.mongo.rows import row_of
from crm_graphql.views.documents import SavedView
from crm_graphql.views.queries import VIEWS_LIMIT, checked_list, seen_by

STATE_BYTES = 16 * 1024

# Numbers arrive as Decimal, and leave as they came.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


async def save_view(
    actor: Actor,
    key: ObjectId | None,
    *,
    name: str,
    list_name: str,
    state: Any,
    is_shared: bool | None,
    clock: Clock,
) -> Row:
    """Make a view, or with `key` change the one that there is; `is_shared` stays where it is None. Requires
    VIEWS_USE.

    Only its owner changes a view, and an administrator one that is shared. Raises InvalidInput with all that
    is wrong, LimitExceeded for one view too many, NotFound, Forbidden.
    """
    actor.require(Permission.VIEWS_USE)
    faults = Faults()
    with faults.noted():
        name = checked_name(name, needed="A view needs a name.")
    with faults.noted():
        checked_list(list_name)
    text = ""
    with faults.noted():
        text = _state_text(state)
    faults.check()
    values = {"name": name, "list_name": list_name, "state": text, "updated_at": clock.now()}
    if key is not None:
        return await _change(actor, key, values if is_shared is None else {**values, "is_shared": is_shared})
    # Of two that are made at once both may be counted before either is there: one too many does no harm.
    if await SavedView.get_pymongo_collection().count_documents({"owner": actor.subject}) >= VIEWS_LIMIT:
        raise LimitExceeded(f"There are {VIEWS_LIMIT} views already. Delete one first.")
    made = row_of(
        SavedView.model_validate(
            {**values, "owner": actor.subject, "is_shared": bool(is_shared), "created_at": clock.now()}
        )
    )
    await SavedView.get_pymongo_collection().insert_one(made)
    return made


async def delete_view(actor: Actor, key: ObjectId) -> None:
    """Delete it: its owner does, and an administrator one that is shared. Requires VIEWS_USE. Raises
    NotFound, Forbidden."""
    actor.require(Permission.VIEWS_USE)
    deleted = await SavedView.get_pymongo_collection().delete_one({"_id": key, **_changed_by(actor)})
    if not deleted.deleted_count:
        raise await _refusal(actor, key)


async def _change(actor: Actor, key: ObjectId, values: dict[str, Any]) -> Row:
    changed: Row | None = await SavedView.get_pymongo_collection().find_one_and_update(
        {"_id": key, **_changed_by(actor)}, {"$set": values}, return_document=ReturnDocument.AFTER
    )
    if changed is None:
        raise await _refusal(actor, key)
    return changed


def _changed_by(actor: Actor) -> dict[str, Any]:
    """The condition on a view that the actor may change."""
    return seen_by(actor) if actor.role is Role.ADMIN else {"owner": actor.subject}


async def _refusal(actor: Actor, key: ObjectId) -> NotFound | Forbidden:
    """Why a view could not be changed. Of a view that the actor may not see there is nothing to tell."""
    if await SavedView.get_pymongo_collection().find_one({"_id": key, **seen_by(actor)}, {"_id": 1}) is None:
        return NotFound("There is no such view.", path=("id",))
    return Forbidden("The view is another's. Save it under a new name, without an id.", path=("id",))


def _state_text(state: Any) -> str:
    try:
        text = _ENCODER.encode(state)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("The state is no JSON that can be kept.", path=("state",)) from None
    if len(text) > STATE_BYTES:
        message = f"The state is {len(text):,} bytes of JSON; at most {STATE_BYTES:,} are kept."
        raise LimitExceeded(message, path=("state",))
    return text.decode()
