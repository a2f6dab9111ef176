"""One-time links to set a password: for who was invited, and for who forgot theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.documents import LinkPurpose, OneTimeLink, RevocationKind, Session, User
from crm_graphql.accounts.passwords import check_password
from crm_graphql.accounts.queries import find_user
from crm_graphql.accounts.revocations import revoke
from crm_graphql.accounts.secret_texts import hash_of, new_secret
from crm_graphql.accounts.throttle import address_buckets
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput, NotFound, RequiredInput, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.transactions import Transact

PAGE = "/set-password"
"""The page behind a link. The code stands after the `#`, which browsers send to no server and no log sees."""


def link_url(settings: Settings, code: str) -> str:
    """The address to hand out."""
    return f"{settings.pages_url}{PAGE}#code={code}"


async def make_link(
    actor: Actor, user_id: ObjectId, purpose: LinkPurpose, *, settings: Settings, clock: Clock
) -> str:
    """A link for the user to set a password; an earlier one is void then. Requires USERS_WRITE.

    Raises NotFound, and WrongState for a deactivated user.
    """
    actor.require(Permission.USERS_WRITE)
    user = await find_user(user_id)
    if user is None:
        raise NotFound("There is no such user.", path=("id",))
    if not user["is_active"]:
        raise WrongState("The user is deactivated. Activate them first.", path=("id",))
    code = new_secret()
    links = OneTimeLink.get_pymongo_collection()
    await links.delete_many({"user_id": user_id})
    await links.insert_one(
        {
            "_id": hash_of(code),
            "user_id": user_id,
            "purpose": purpose.value,
            "created_by": actor.label,
            "expires_at": clock.now() + timedelta(hours=settings.one_time_link_ttl_hours),
        }
    )
    return link_url(settings, code)


async def set_password_by_link(
    code: str, password: str, address: str | None, *, access: Access, clock: Clock, transact: Transact
) -> Row:
    """Set the password of the link's user and use the link up, in one transaction; every device is signed
    out.

    Raises InvalidInput for a code that is not good (any more) or a password that is too easy, which leaves
    the link as it is; RateLimited.
    """
    admitted = await access.throttle.admit(address_buckets("code", address))
    link = await OneTimeLink.get_pymongo_collection().find_one(
        {"_id": hash_of(code), "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
    )
    user = await find_user(link["user_id"]) if link else None
    faults = Faults()
    with faults.noted():
        if link is None or user is None:
            raise RequiredInput("A code is needed.", path=("code",)) if not code else _bad_code()
        await admitted.succeeded()
    with faults.noted():
        check_password(password, email=user["email"] if user else "", path="password")
    faults.check()
    assert link is not None, "without one there is a fault"
    password_hash = await access.passwords.hash(password)

    async def work(session: AsyncClientSession) -> Row:
        return await _use_up(link, password_hash, access.settings, clock, session)

    user = await transact(work)
    await access.revocations.announce()
    return user


async def _use_up(
    link: Row, password_hash: str, settings: Settings, clock: Clock, session: AsyncClientSession
) -> dict[str, Any]:
    links = OneTimeLink.get_pymongo_collection()
    if not (await links.delete_one({"_id": link["_id"]}, session=session)).deleted_count:
        raise _bad_code()
    user = await User.get_pymongo_collection().find_one_and_update(
        {"_id": link["user_id"], "is_active": True},
        {
            "$set": {"password_hash": password_hash, "updated_at": clock.now()},
            "$inc": {"access_version": 1},
        },
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if user is None:
        raise _bad_code()
    await Session.get_pymongo_collection().delete_many({"user_id": link["user_id"]}, session=session)
    await revoke(
        RevocationKind.USER,
        link["user_id"],
        settings=settings,
        access_version=user["access_version"],
        session=session,
    )
    return dict(user)


def _bad_code() -> InvalidInput:
    return InvalidInput(
        "This link is not good any more: it was used, replaced, or is too old. "
        "Ask an administrator for a new one.",
        path=("code",),
    )
