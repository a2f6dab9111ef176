"""The first user, who needs the setup code; and registration by strangers, where it is open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import structlog
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.addresses import checked_email
from crm_graphql.accounts.documents import Guard, User
from crm_graphql.accounts.passwords import check_password
from crm_graphql.accounts.queries import find_user_by_email, has_users
from crm_graphql.accounts.sessions import Origin, SignedIn, start_session
from crm_graphql.accounts.setup_code import is_setup_code, setup_code
from crm_graphql.accounts.throttle import address_buckets
from crm_graphql.accounts.users import checked_name, insert_user, take_admin_guard
from crm_graphql.core.actor import Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import AlreadyExists, Faults, Forbidden, InvalidInput
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.leases import hold_task
from crm_graphql.mongo.transactions import Transact

log = structlog.get_logger()

ANNOUNCED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a registration. Only `signed_in` is for the caller; the rest is for the audit."""

    signed_in: SignedIn | None
    user_id: ObjectId | None
    was_free: bool


async def register(
    *,
    email: str,
    password: str,
    name: str | None,
    code: str | None,
    origin: Origin,
    access: Access,
    clock: Clock,
    transact: Transact,
) -> Registered:
    """Make a user: with the setup code, while there is none, an ADMIN, who is signed in; else, where
    registration is open, a VIEWER, who then signs in with `login`. The caller never chooses the role.

    In the second case the work is the same whether the address was free or not, so nobody learns here who has
    an account. Raises Forbidden where registration is closed or the setup code is wrong, InvalidInput,
    RateLimited.
    """
    admitted = await access.throttle.admit(address_buckets("register", origin.address))
    if not await has_users():
        if not is_setup_code(code, access.settings):
            raise Forbidden(
                "The first user needs the setup code that the server printed at its start.",
                path=("setupCode",),
            )
        await admitted.succeeded()
        values = await _checked(email, password, name, access)
        first = await _insert_first(*values, clock=clock, transact=transact)
        signed_in = await start_session(first, origin, access=access, clock=clock)
        return Registered(signed_in, first["_id"], was_free=True)
    if not access.settings.registration_open:
        raise Forbidden("Registration is closed. Ask an administrator for an invitation.")
    return await _insert_viewer(*await _checked(email, password, name, access), clock=clock)


async def _insert_viewer(email: str, password_hash: str, name: str | None, *, clock: Clock) -> Registered:
    """A stranger's user, or as much work for an address that is taken."""
    try:
        made = await insert_user(
            email=email,
            name=name,
            role=Role.VIEWER,
            email_verified=False,
            password_hash=password_hash,
            clock=clock,
        )
        return Registered(None, made["_id"], was_free=True)
    except AlreadyExists:
        # A write of the same kind as the one that did not happen: it would be missed in the time.
        await Guard.get_pymongo_collection().update_one(
            {"_id": "registrations"}, {"$inc": {"revision": 1}}, upsert=True
        )
        owner = await find_user_by_email(email)
        return Registered(None, owner["_id"] if owner else None, was_free=False)


async def _checked(
    email: str, password: str, name: str | None, access: Access
) -> tuple[str, str, str | None]:
    faults = Faults()
    address, shown = email, None
    with faults.noted():
        address = checked_email(email)
    with faults.noted():
        shown = checked_name(name)
    with faults.noted():
        check_password(password, email=address, path="password")
    faults.check()
    return address, await access.passwords.hash(password), shown


async def _insert_first(
    email: str, password_hash: str, name: str | None, *, clock: Clock, transact: Transact
) -> Row:
    """The first user. Of two at once one wins; the other gets InvalidInput, as who comes later does."""

    async def work(session: AsyncClientSession) -> Row:
        await take_admin_guard(session)
        if await User.get_pymongo_collection().find_one({}, {"_id": 1}, session=session):
            raise InvalidInput(
                "The first user has just been made. Ask them for an invitation.", path=("setupCode",)
            )
        return await insert_user(
            email=email,
            name=name,
            role=Role.ADMIN,
            email_verified=True,
            password_hash=password_hash,
            clock=clock,
            session=session,
        )

    return await transact(work)


async def announce_setup(settings: Settings) -> None:
    """Print the setup code while there is no user, once for processes that start together."""
    if await has_users() or not await hold_task(
        "announce the setup code", uuid.uuid4().hex, ANNOUNCED_SECONDS
    ):
        return
    log.warning(
        "no user exists yet: the first one registers with this setup code and becomes ADMIN",
        setup_code=setup_code(settings),
    )
