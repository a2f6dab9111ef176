"""Signing in with Google: whom a verified identity is, and who gets an account by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.addresses import checked_email
from crm_graphql.accounts.documents import OneTimeLink, RevocationKind, Session, User
from crm_graphql.accounts.queries import find_user_by_email, has_users
from crm_graphql.accounts.revocations import revoke
from crm_graphql.accounts.sessions import Origin, SignedIn, start_session
from crm_graphql.accounts.users import insert_user
from crm_graphql.core.actor import Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import DomainError, Forbidden
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.transactions import Transact

_CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
"""Google is the mail's own host there: such accounts belong to no organisation (`hd`)."""


class GoogleRefused(Forbidden):
    """Google knows who it is, but they may not come in; the message says why. `subject`: the user's global
    id."""


async def sign_in_with_google(
    claims: Mapping[str, Any], origin: Origin, *, access: Access, clock: Clock, transact: Transact
) -> SignedIn:
    """A session for the person in the claims of a verified ID token.

    The account is the one linked to this Google identity; else the one with the same address, which Google
    must have verified, and which is linked then; else, where registration is open, a new VIEWER. Raises
    GoogleRefused.
    """
    email = _verified_email(claims, access.settings)
    user = await User.get_pymongo_collection().find_one({"google_subject": {"$eq": str(claims["sub"])}})
    if user is None:
        found = await find_user_by_email(email)
        if found is not None:
            user = await _linked(found, claims, access=access, clock=clock, transact=transact)
        else:
            user = await _registered(email, claims, access.settings, clock)
    if not user["is_active"]:
        raise GoogleRefused("This account is deactivated.", subject=encode_id("User", user["_id"]))
    return await start_session(user, origin, access=access, clock=clock)


def _verified_email(claims: Mapping[str, Any], settings: Settings) -> str:
    if claims.get("email_verified") is not True:
        raise GoogleRefused("Google has not verified this account's address.")
    try:
        email = checked_email(str(claims.get("email", "")))
    except DomainError:
        raise GoogleRefused("Google gave no address for this account.") from None
    if settings.google_allowed_domains:
        domain = email.rpartition("@")[2].casefold()
        allowed = {name.casefold() for name in settings.google_allowed_domains}
        # `hd` says that the organisation has the account now; an address may have been verified long ago.
        belongs = domain in _CONSUMER_DOMAINS or str(claims.get("hd", "")).casefold() == domain
        if domain not in allowed or not belongs:
            raise GoogleRefused("Accounts of this domain may not sign in here.")
    return email


async def _linked(
    found: Row, claims: Mapping[str, Any], *, access: Access, clock: Clock, transact: Transact
) -> Row:
    """The user linked to the Google identity, once for all.

    Who registered with the address without proof loses the password and the sessions: it may have been a
    stranger who waited for the owner to come.
    """
    if found["google_subject"] is not None:
        raise GoogleRefused(
            "This address is linked to another Google account.", subject=encode_id("User", found["_id"])
        )

    async def work(session: AsyncClientSession) -> Row:
        return await _link(found, str(claims["sub"]), access.settings, clock, session)

    try:
        linked = await transact(work)
    except DuplicateKeyError:
        raise GoogleRefused("This Google account is linked to another user.") from None
    await access.revocations.announce()
    return linked


async def _link(
    found: Row, subject: str, settings: Settings, clock: Clock, session: AsyncClientSession
) -> dict[str, Any]:
    key, taken_over = found["_id"], not found["email_verified"]
    change: dict[str, Any] = {"google_subject": subject, "email_verified": True, "updated_at": clock.now()}
    if taken_over:
        change["password_hash"] = None
    row = await User.get_pymongo_collection().find_one_and_update(
        {"_id": key, "google_subject": None, "email_verified": found["email_verified"]},
        {"$set": change, "$inc": {"access_version": int(taken_over)}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if row is None:
        raise GoogleRefused("This account has just changed. Try again.")
    if taken_over:
        await Session.get_pymongo_collection().delete_many({"user_id": key}, session=session)
        await OneTimeLink.get_pymongo_collection().delete_many({"user_id": key}, session=session)
        version = row["access_version"]
        await revoke(RevocationKind.USER, key, settings=settings, access_version=version, session=session)
    return dict(row)


async def _registered(email: str, claims: Mapping[str, Any], settings: Settings, clock: Clock) -> Row:
    if not await has_users():
        raise GoogleRefused(
            "The first user registers with the setup code that the server printed at its start."
        )
    if not settings.registration_open:
        raise GoogleRefused("There is no account for this address. Ask an administrator for an invitation.")
    try:
        return await insert_user(
            email=email,
            name=str(claims.get("name") or "")[:200] or None,
            role=Role.VIEWER,
            email_verified=True,
            google_subject=str(claims["sub"]),
            clock=clock,
        )
    except DomainError:
        raise GoogleRefused("This account has just changed. Try again.") from None
