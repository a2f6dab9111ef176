"""Signing in with a password, and changing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.addresses import email_key
from crm_graphql.accounts.documents import Session, User
from crm_graphql.accounts.passwords import check_password
from crm_graphql.accounts.queries import find_user, find_user_by_email, session_keys
from crm_graphql.accounts.secret_texts import RefreshToken
from crm_graphql.accounts.sessions import Origin, SignedIn, end_sessions, start_session
from crm_graphql.accounts.throttle import (
    Admitted,
    Bucket,
    Throttled,
    device_buckets,
    remember_address,
    sign_in_buckets,
    without_strangers,
)
from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, Faults, InvalidInput, Unauthenticated, WrongState
from crm_graphql.core.ids import encode_id
from crm_graphql.mongo.transactions import Transact

_WRONG = "The address or the password is wrong."


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is signed in, as the one whose session it is."""

    session_id: ObjectId
    user_id: ObjectId


async def device_of(caller: object, refresh_token: str | None) -> Device | None:
    """The signed-in device that a request comes from: by its access token, else by its refresh token."""
    if isinstance(caller, Actor) and caller.session_id is not None and caller.user_id is not None:
        return Device(caller.session_id, caller.user_id)
    token = RefreshToken.read(refresh_token) if refresh_token else None
    if token is None:
        return None
    mine = {"_id": token.session_id, "family_hash": token.family_hash}
    session = await Session.get_pymongo_collection().find_one(mine, {"user_id": 1})
    return Device(token.session_id, session["user_id"]) if session else None


class SignInRefused(Unauthenticated):
    """The same for an unknown address, a wrong password and a deactivated user. `subject` is the user's
    global id where there is one: for the audit, never for the caller."""


async def login(
    email: str,
    password: str,
    origin: Origin,
    *,
    access: Access,
    clock: Clock,
    device: Device | None = None,
) -> SignedIn:
    """A new session for who knows the password. `device` is the session that the caller has already.

    Neither the answer nor its time tells whether the address exists. Raises SignInRefused; RateLimited when
    too many attempts came before, under the account or from the address; Unavailable when too many sign in at
    once.
    """
    account = email_key(email)
    admitted = await _admitted(account, email, origin, device, access=access)
    user = await find_user_by_email(email)
    usable = user is not None and user["is_active"]
    stored = user["password_hash"] if user is not None and usable else None
    good, renewed = await access.passwords.verify(password, stored)
    if not good or user is None:
        raise SignInRefused(_WRONG, subject=encode_id("User", user["_id"]) if user else None)
    await admitted.succeeded()
    await remember_address(account, origin.address)
    if renewed is not None:
        # The hash is still the one that was verified, or somebody has set another password since.
        await User.get_pymongo_collection().update_one(
            {"_id": user["_id"], "password_hash": stored}, {"$set": {"password_hash": renewed}}
        )
    return await start_session(user, origin, access=access, clock=clock)


async def change_password(
    actor: Actor,
    current: str,
    new: str,
    origin: Origin,
    *,
    access: Access,
    clock: Clock,
    transact: Transact,
) -> None:
    """Set the caller's password; every other device of theirs is signed out, at once.

    Raises WrongState for who is no user with a password, InvalidInput for a wrong current one or a new
    one that is too easy, Conflict when it was changed elsewhere meanwhile, RateLimited.
    """
    user = await find_user(actor.user_id) if actor.user_id else None
    if user is None or user["password_hash"] is None:
        raise WrongState(
            "This caller has no password to change. An administrator can hand out a link to set one."
        )
    admitted = await _admitted(f"change:{user['_id']}", user["email"], origin, None, access=access)
    good, _ = await access.passwords.verify(current, user["password_hash"])
    faults = Faults()
    with faults.noted():
        if not good:
            raise InvalidInput("The current password is wrong.", path=("currentPassword",))
        await admitted.succeeded()
    with faults.noted():
        check_password(new, email=user["email"], path="newPassword")
    faults.check()
    changed: dict[str, Any] = {"password_hash": await access.passwords.hash(new), "updated_at": clock.now()}
    kept = {"_id": user["_id"], "password_hash": user["password_hash"]}
    if not (await User.get_pymongo_collection().update_one(kept, {"$set": changed})).matched_count:
        raise Conflict("The password has just been changed elsewhere.")
    others = await session_keys(user["_id"], but=actor.session_id)
    await end_sessions(others, access=access, transact=transact)


async def _admitted(
    account: str, email: str, origin: Origin, device: Device | None, *, access: Access
) -> Admitted:
    """Let the attempt through. Raises Throttled; where it is news, with the user it was aimed at."""
    try:
        return await access.throttle.admit(await _buckets(account, email, origin, device, access=access))
    except Throttled as error:
        user = await find_user_by_email(email) if error.is_news else None
        error.subject = encode_id("User", user["_id"]) if user else None
        raise


async def _buckets(
    account: str, email: str, origin: Origin, device: Device | None, *, access: Access
) -> Sequence[Bucket]:
    """What the attempt counts under. Strangers can fill none that holds the owner's devices or addresses."""
    if device is not None:
        user = await find_user_by_email(email)
        if user is not None and device.user_id == user["_id"]:
            return device_buckets(account, device.session_id)
    buckets = sign_in_buckets(account, origin.address)
    # A flood from one address costs no look-up.
    access.throttle.refuse_remembered(buckets[:2])
    return await without_strangers(buckets)
