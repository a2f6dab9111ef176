"""Saved views as they are read: a person's own, and those that others share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Row
from crm_graphql.views.documents import SavedView

LISTS = ("customers", "campaigns", "deliveries")
VIEWS_LIMIT = 200
"""Views that one person keeps; of all that are shared, as many are shown."""


def checked_list(name: str) -> str:
    """The list of this name. Raises InvalidInput."""
    if name not in LISTS:
        raise InvalidInput(
            f'"{name[:50]}" is no list with views; there are {", ".join(LISTS)}.', path=("list",)
        )
    return name


def seen_by(actor: Actor) -> dict[str, Any]:
    """The condition on a view that the actor may see."""
    return {"$or": [{"owner": actor.subject}, {"is_shared": True}]}


async def list_views(actor: Actor, list_name: str | None = None) -> Sequence[Row]:
    """The actor's own views, and then the shared ones of others, each by name; of one list, or of all.
    Requires VIEWS_USE. Raises InvalidInput for another list."""
    actor.require(Permission.VIEWS_USE)
    of = {} if list_name is None else {"list_name": checked_list(list_name)}
    views = SavedView.get_pymongo_collection()
    own = views.find({"owner": actor.subject, **of}).sort(_BY_NAME).limit(VIEWS_LIMIT)
    shared = views.find({"is_shared": True, "owner": {"$ne": actor.subject}, **of}).sort(_BY_NAME)
    return [*await own.to_list(), *await shared.limit(VIEWS_LIMIT).to_list()]


_BY_NAME = [("list_name", 1), ("name", 1), ("_id", 1)]


async def views_by_ids(actor: Actor, ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """Those of the views that the actor may see, by id."""
    found = SavedView.get_pymongo_collection().find({"_id": {"$in": list(ids)}, **seen_by(actor)})
    return {row["_id"]: row async for row in found}
