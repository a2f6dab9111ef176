"""Accounts as they are read: users, the caller's own sessions, API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bson import ObjectId

from crm_graphql.accounts.addresses import keys_of
from crm_graphql.accounts.documents import ApiKey, Session, User
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

OLDEST_FIRST = SortKey((("created_at", 1), ("_id", 1)))
SESSIONS_SHOWN = 200
KEYS_LISTED = 1_000


async def find_user(key: ObjectId) -> Row | None:
    """The user, or None."""
    return await User.get_pymongo_collection().find_one({"_id": key})


async def find_user_by_email(email: str) -> Row | None:
    """The user with this address, or None."""
    keys = keys_of(email)
    found = User.get_pymongo_collection().find({"email_key": {"$in": keys}})
    by_key = {user["email_key"]: user async for user in found}
    return next((by_key[key] for key in keys if key in by_key), None)


async def has_users() -> bool:
    """Whether the deployment has been set up."""
    return await User.get_pymongo_collection().find_one({}, {"_id": 1}) is not None


async def users_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The users with these ids, by id."""
    return await read_by_ids(User.get_pymongo_collection(), ids)


async def list_users(actor: Actor, page: PageRequest) -> Page[Row]:
    """A page of all users, oldest first. Requires USERS_READ."""
    actor.require(Permission.USERS_READ)
    return await read_page(User.get_pymongo_collection(), {}, OLDEST_FIRST, page)


async def count_users() -> int | None:
    """How many users there are."""
    return await count_in_time(User.get_pymongo_collection(), {})


async def list_sessions(actor: Actor) -> list[Row]:
    """The caller's own devices, newest use first; none for who is no user."""
    if actor.user_id is None:
        return []
    sessions = Session.get_pymongo_collection()
    found = sessions.find({"user_id": actor.user_id, "$expr": {"$gt": ["$expires_at", "$$NOW"]}})
    return list(await found.sort("last_used_at", -1).limit(SESSIONS_SHOWN).to_list())


async def own_sessions_by_ids(actor: Actor, ids: Sequence[ObjectId]) -> dict[ObjectId, Row]:
    """Those of the sessions that are the caller's own, by id."""
    if actor.user_id is None:
        return {}
    wanted = {"_id": {"$in": list(ids)}, "user_id": actor.user_id, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
    return {row["_id"]: row async for row in Session.get_pymongo_collection().find(wanted)}


async def session_keys(user_id: ObjectId, *, but: ObjectId | None = None) -> list[ObjectId]:
    """The keys of a user's sessions."""
    sessions = Session.get_pymongo_collection()
    return [row["_id"] async for row in sessions.find({"user_id": user_id, "_id": {"$ne": but}}, {"_id": 1})]


async def list_api_keys(actor: Actor) -> Sequence[Row]:
    """All keys, newest first, expired ones too. Requires API_KEYS_READ."""
    actor.require(Permission.API_KEYS_READ)
    return list(await ApiKey.get_pymongo_collection().find({}).sort("_id", -1).limit(KEYS_LISTED).to_list())


async def find_api_key(key: ObjectId) -> Row | None:
    """The key, or None."""
    return await ApiKey.get_pymongo_collection().find_one({"_id": key})


async def api_keys_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The keys with these ids, by id."""
    return await read_by_ids(ApiKey.get_pymongo_collection(), ids)
