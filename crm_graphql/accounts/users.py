"""Users: making, changing, deactivating and reading them. The last active admin stays one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.addresses import checked_email, email_key
from crm_graphql.accounts.documents import Guard, OneTimeLink, RevocationKind, Session, User
from crm_graphql.accounts.revocations import revoke
from crm_graphql.core import names
from crm_graphql.core.actor import Actor, Permission, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import AlreadyExists, Faults, NotFound, RequiredInput, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.rows import row_of
from crm_graphql.mongo.transactions import Transact

NAME_LENGTH = 200


def checked_name(raw: str | None) -> str | None:
    """The name, or None. Raises InvalidInput for one that is too long or no text."""
    if not (raw or "").strip():
        return None
    return names.checked_name(raw, needed="A name is needed.", limit=NAME_LENGTH)


async def insert_user(
    *,
    email: str,
    name: str | None,
    role: Role,
    email_verified: bool,
    clock: Clock,
    password_hash: str | None = None,
    google_subject: str | None = None,
    session: AsyncClientSession | None = None,
) -> Row:
    """The new user. Raises AlreadyExists when the address is taken. Checks no rights."""
    now = clock.now()
    user = User(
        email=email,
        email_key=email_key(email),
        email_verified=email_verified,
        name=name,
        role=role,
        password_hash=password_hash,
        google_subject=google_subject,
        created_at=now,
        updated_at=now,
    )
    row = row_of(user)
    try:
        await User.get_pymongo_collection().insert_one(row, session=session)
    except DuplicateKeyError:
        raise AlreadyExists(
            "There is a user with this address already; deactivated ones count too.", path=("email",)
        ) from None
    return row


async def create_user(actor: Actor, *, email: str, name: str | None, role: Role, clock: Clock) -> Row:
    """A user without a password: they come in by a one-time link or with Google. Requires USERS_WRITE.

    Raises InvalidInput, AlreadyExists.
    """
    actor.require(Permission.USERS_WRITE)
    faults, address, shown = Faults(), "", None
    with faults.noted():
        address = checked_email(email)
    with faults.noted():
        shown = checked_name(name)
    faults.check()
    return await insert_user(email=address, name=shown, role=role, email_verified=True, clock=clock)


async def update_user(
    actor: Actor,
    key: ObjectId | None,
    changes: Mapping[str, Any],
    *,
    access: Access,
    clock: Clock,
    transact: Transact,
    faults: Faults | None = None,
) -> Row:
    """Change name, role, is_active; what is not in `changes` stays. Requires USERS_WRITE.

    A new role counts at once: tokens with the old one are refused, and a refresh gives one with the new. Who
    is deactivated is out at once, on every device, and their open links are void. In one transaction. Raises
    NotFound; WrongState when no active admin would be left; InvalidInput with all that is wrong, such as a
    null role, and `faults` that are known already: that the user's key could not be read is one of them.
    """
    actor.require(Permission.USERS_WRITE)
    values = _checked(changes, faults or Faults())
    assert key is not None, "without one there is a fault"

    async def work(session: AsyncClientSession) -> Row:
        return await _apply(key, values, access.settings, clock, session)

    updated = await transact(work)
    await access.revocations.announce()
    return updated


def _checked(changes: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    values = dict(changes)
    for name, shown in (("role", "role"), ("is_active", "isActive")):
        with faults.noted():
            if name in values and values[name] is None:
                raise RequiredInput(f"{shown} cannot be cleared. Leave it out to keep it.", path=(shown,))
    with faults.noted():
        if "name" in values:
            values["name"] = checked_name(values["name"])
    faults.check()
    if "role" in values:
        values["role"] = values["role"].value
    return values


async def _apply(
    key: ObjectId, values: Mapping[str, Any], settings: Settings, clock: Clock, session: AsyncClientSession
) -> Row:
    users = User.get_pymongo_collection()
    before = await users.find_one({"_id": key}, session=session)
    if before is None:
        raise NotFound("There is no such user.", path=("id",))
    after = {**before, **values}
    loses_rights = after["role"] != before["role"] or (before["is_active"] and not after["is_active"])
    if _is_acting_admin(before) and not _is_acting_admin(after):
        await take_admin_guard(session)
        if not await users.find_one(
            {"role": Role.ADMIN.value, "is_active": True, "_id": {"$ne": key}}, session=session
        ):
            raise WrongState(
                "This is the last active admin. Make another user an admin first.",
                path=("isActive" if not after["is_active"] else "role",),
            )
    row = await users.find_one_and_update(
        {"_id": key},
        {"$set": {**values, "updated_at": clock.now()}, "$inc": {"access_version": int(loses_rights)}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    assert row is not None, "it was read in the same transaction"
    if loses_rights:
        await revoke(
            RevocationKind.USER, key, settings=settings, access_version=row["access_version"], session=session
        )
    if not row["is_active"]:
        await Session.get_pymongo_collection().delete_many({"user_id": key}, session=session)
        await OneTimeLink.get_pymongo_collection().delete_many({"user_id": key}, session=session)
    return dict(row)


def _is_acting_admin(user: Row) -> bool:
    return bool(user["is_active"]) and user["role"] == Role.ADMIN.value


async def take_admin_guard(session: AsyncClientSession) -> None:
    """Have transactions that count users or admins come one after the other: each writes the same
    document."""
    await Guard.get_pymongo_collection().update_one(
        {"_id": "admins"}, {"$inc": {"revision": 1}}, upsert=True, session=session
    )
