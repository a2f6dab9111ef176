"""Signing in with a password, and changing it."""

from __future__ import annotations

from typing import Any

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.documents import User
from crm_graphql.accounts.passwords import check_password
from crm_graphql.accounts.sessions import Origin, SignedIn, end_sessions, session_keys, start_session
from crm_graphql.accounts.throttle import Admitted, Throttled, sign_in_buckets
from crm_graphql.accounts.users import email_key, find_user, find_user_by_email
from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, InvalidInput, Unauthenticated, WrongState
from crm_graphql.core.ids import encode_id
from crm_graphql.mongo.transactions import Transact

_WRONG = "The address or the password is wrong."


class SignInRefused(Unauthenticated):
    """The same for an unknown address, a wrong password and a deactivated user. `subject` is the user's
    global id where there is one: for the audit, never for the caller."""


async def login(email: str, password: str, origin: Origin, *, access: Access, clock: Clock) -> SignedIn:
    """A new session for who knows the password.

    Neither the answer nor its time tells whether the address exists. Raises SignInRefused; RateLimited when
    too many attempts came before, under the account or from the address; Unavailable when too many sign in at
    once.
    """
    admitted = await _admitted(email_key(email), email, origin, access=access)
    user = await find_user_by_email(email)
    usable = user is not None and user["is_active"]
    stored = user["password_hash"] if user is not None and usable else None
    good, renewed = await access.passwords.verify(password, stored)
    if not good or user is None:
        raise SignInRefused(_WRONG, subject=encode_id("User", user["_id"]) if user else None)
    await admitted.succeeded()
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
    admitted = await _admitted(f"change:{user['_id']}", user["email"], origin, access=access)
    good, _ = await access.passwords.verify(current, user["password_hash"])
    if not good:
        raise InvalidInput("The current password is wrong.", path=("currentPassword",))
    await admitted.succeeded()
    check_password(new, email=user["email"], path="newPassword")
    changed: dict[str, Any] = {"password_hash": await access.passwords.hash(new), "updated_at": clock.now()}
    kept = {"_id": user["_id"], "password_hash": user["password_hash"]}
    if not (await User.get_pymongo_collection().update_one(kept, {"$set": changed})).matched_count:
        raise Conflict("The password has just been changed elsewhere.")
    others = await session_keys(user["_id"], but=actor.session_id)
    await end_sessions(others, access=access, transact=transact)


async def _admitted(account: str, email: str, origin: Origin, *, access: Access) -> Admitted:
    """Let the attempt through. Raises Throttled; where it is news, with the user it was aimed at."""
    try:
        return await access.throttle.admit(sign_in_buckets(account, origin.address))
    except Throttled as error:
        user = await find_user_by_email(email) if error.is_news else None
        error.subject = encode_id("User", user["_id"]) if user else None
        raise
