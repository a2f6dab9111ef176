"""Sessions: a signed-in device, its refresh tokens that work once, and its end.

A refresh token is used up by a guarded atomic update: of two uses one wins. The token before the newest is
answered for half a minute with the same successor, so that two tabs, or a client whose answer was lost, are
not punished; after that a used token means that two hold it, and the session ends. A thief within that half
minute gets the same token as the owner, so the next turn of either gives them away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.documents import RevocationKind, Session, User
from crm_graphql.accounts.queries import session_keys
from crm_graphql.accounts.revocations import revoke
from crm_graphql.accounts.secret_texts import RefreshToken
from crm_graphql.accounts.throttle import address_buckets
from crm_graphql.accounts.tokens import derived_key, derived_keys, mint_user_token
from crm_graphql.audit.service import record
from crm_graphql.core.actor import SYSTEM, Actor, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound, Unauthenticated, WrongState
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.transactions import Transact

GRACE_SECONDS = 30
DEVICE_LENGTH = 200
_REFRESH_TOKENS = "refresh tokens"
_REFUSED = "The session has ended or the refresh token is not valid here. Sign in again."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a caller is: the client's own name and the address the request came from."""

    address: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with fresh tokens."""

    user: Row
    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime


async def start_session(user: Row, origin: Origin, *, access: Access, clock: Clock) -> SignedIn:
    """A new session of the user on this device. A caller's own session id or token is never taken over."""
    now, settings = clock.now(), access.settings
    key = ObjectId()
    token = RefreshToken.first(key, _refresh_key(settings))
    session: dict[str, Any] = {
        "_id": key,
        "user_id": user["_id"],
        "family_hash": token.family_hash,
        "turn_hash": token.turn_hash,
        "previous_turn_hash": None,
        "turn": 1,
        "turned_at": now,
        "device": (origin.device or "")[:DEVICE_LENGTH] or None,
        "ip_address": origin.address,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=min(settings.session_idle_days, settings.session_max_days)),
    }
    await Session.get_pymongo_collection().insert_one(session)
    seen = await User.get_pymongo_collection().find_one_and_update(
        {"_id": user["_id"], "is_active": True},
        {"$set": {"last_seen_at": now}},
        return_document=ReturnDocument.AFTER,
    )
    if seen is None:
        # Deactivated since it was looked at.
        await Session.get_pymongo_collection().delete_one({"_id": key})
        raise Unauthenticated(_REFUSED)
    return _signed_in(seen, session, str(token), settings)


async def refresh_session(
    text: str, origin: Origin, *, access: Access, clock: Clock, transact: Transact
) -> SignedIn:
    """Use up a refresh token for new tokens; see the module for a token that was used before.

    Raises Unauthenticated for every token that does not count, without saying why; RateLimited when many of
    them came from the address.
    """
    token = RefreshToken.read(text)
    session, successor = await _turned(token, origin, access.settings) if token else (None, None)
    if token is None or session is None:
        if token is not None:
            await _end_if_stolen(token, origin, access=access, clock=clock, transact=transact)
        await access.throttle.admit(address_buckets("refresh", origin.address))
        raise Unauthenticated(_REFUSED)
    user = await User.get_pymongo_collection().find_one_and_update(
        {"_id": session["user_id"], "is_active": True},
        {"$set": {"last_seen_at": clock.now()}},
        return_document=ReturnDocument.AFTER,
    )
    if user is None:
        await end_sessions([token.session_id], access=access, transact=transact)
        raise Unauthenticated(_REFUSED)
    return _signed_in(user, session, str(successor), access.settings)


async def _turned(
    token: RefreshToken, origin: Origin, settings: Settings
) -> tuple[dict[str, Any] | None, RefreshToken]:
    """The session after the token's turn, and the next token; None for the session when it has none."""
    sessions = Session.get_pymongo_collection()
    family = {
        "_id": token.session_id,
        "family_hash": token.family_hash,
        "$expr": {"$gt": ["$expires_at", "$$NOW"]},
    }
    current = await sessions.find_one({**family, "turn_hash": token.turn_hash}, {"turn": 1})
    if current is not None:
        successor = token.at_turn(current["turn"] + 1, _refresh_key(settings))
        turned = await sessions.find_one_and_update(
            {**family, "turn_hash": token.turn_hash},
            _turning(successor, origin, settings),
            return_document=ReturnDocument.AFTER,
        )
        if turned is not None:
            return dict(turned), successor
    # Used a moment ago: by another tab, or the answer was lost.
    found = await sessions.find_one(
        {
            "_id": token.session_id,
            "family_hash": token.family_hash,
            "previous_turn_hash": token.turn_hash,
            "$expr": {"$gt": ["$turned_at", {"$subtract": ["$$NOW", GRACE_SECONDS * 1000]}]},
        }
    )
    if found is not None:
        # A process that signs with another key may have turned it, while the key is being changed.
        for key in derived_keys(settings, _REFRESH_TOKENS):
            successor = token.at_turn(found["turn"], key)
            if successor.turn_hash == found["turn_hash"]:
                return dict(found), successor
    return None, token


def _turning(successor: RefreshToken, origin: Origin, settings: Settings) -> list[dict[str, Any]]:
    idle, longest = (days * 86_400_000 for days in (settings.session_idle_days, settings.session_max_days))
    return [
        {
            "$set": {
                "previous_turn_hash": "$turn_hash",
                "turn_hash": successor.turn_hash,
                "turn": {"$add": ["$turn", 1]},
                "turned_at": "$$NOW",
                "last_used_at": "$$NOW",
                "ip_address": {"$literal": origin.address},
                "device": {"$literal": (origin.device or "")[:DEVICE_LENGTH] or None},
                "expires_at": {"$min": [{"$add": ["$$NOW", idle]}, {"$add": ["$created_at", longest]}]},
            }
        }
    ]


async def _end_if_stolen(
    token: RefreshToken, origin: Origin, *, access: Access, clock: Clock, transact: Transact
) -> None:
    """End the session of a token that once was good: it is in two hands."""
    session = await Session.get_pymongo_collection().find_one(
        {
            "_id": token.session_id,
            "family_hash": token.family_hash,
            # The newest token is no replay: its session has expired.
            "turn_hash": {"$ne": token.turn_hash},
        }
    )
    if session is None:
        return
    await end_sessions([token.session_id], access=access, transact=transact)
    await record(
        SYSTEM,
        "refreshTokenReplayed",
        subject_id=encode_id("User", session["user_id"]),
        succeeded=False,
        ip_address=origin.address,
        settings=access.settings,
        clock=clock,
    )


async def end_sessions(keys: Sequence[ObjectId], *, access: Access, transact: Transact) -> list[ObjectId]:
    """End sessions at once and everywhere, their access tokens and live streams included; those that were
    there."""
    if not keys:
        return []

    async def work(session: AsyncClientSession) -> list[ObjectId]:
        ended: list[ObjectId] = []
        for key in keys:
            gone = await Session.get_pymongo_collection().delete_one({"_id": key}, session=session)
            if gone.deleted_count:
                await revoke(RevocationKind.SESSION, key, settings=access.settings, session=session)
                ended.append(key)
        return ended

    ended = await transact(work)
    await access.revocations.announce()
    return ended


async def logout(actor: Actor, *, access: Access, transact: Transact) -> None:
    """End the caller's session at once, everywhere. Raises WrongState for who has none."""
    if actor.session_id is None:
        raise WrongState(
            "This caller has no session to end: an API key is revoked with apiKeyRevoke, an operator's token "
            "ends by itself."
        )
    await end_sessions([actor.session_id], access=access, transact=transact)


async def revoke_session(actor: Actor, key: ObjectId, *, access: Access, transact: Transact) -> None:
    """End one of the caller's own sessions. Raises NotFound for any other."""
    mine = None
    if actor.user_id is not None:
        mine = await Session.get_pymongo_collection().find_one(
            {"_id": key, "user_id": actor.user_id}, {"_id": 1}
        )
    if mine is None:
        raise NotFound("You have no such session; it may have ended already.", path=("id",))
    await end_sessions([key], access=access, transact=transact)


async def revoke_other_sessions(actor: Actor, *, access: Access, transact: Transact) -> list[ObjectId]:
    """End all of the caller's sessions but this one; which they were."""
    if actor.user_id is None:
        return []
    return await end_sessions(
        await session_keys(actor.user_id, but=actor.session_id), access=access, transact=transact
    )


def _signed_in(user: Row, session: Row, refresh_token: str, settings: Settings) -> SignedIn:
    token, expires_at = mint_user_token(
        settings,
        user_id=user["_id"],
        session_id=session["_id"],
        role=Role(user["role"]),
        email=user["email"],
        access_version=user["access_version"],
    )
    return SignedIn(user, token, expires_at, refresh_token, session["expires_at"])


def _refresh_key(settings: Settings) -> bytes:
    return derived_key(settings, _REFRESH_TOKENS)
