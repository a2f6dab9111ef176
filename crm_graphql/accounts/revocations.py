"""Revocations in this process's memory: ended sessions, changed users, revoked API keys.

Checking a request must not cost a read of the database, and a session that was ended must be out at once. So
each end is written to MongoDB (`Revocation`, in the transaction that ends it) and read from there by every
process: at once when the bus brings the hint, and every second in any case. A revocation is kept as long as
an access token made before it could live, so a process that has just started knows all that still matter, and
the memory is bounded.

How the edges use it:

- For each request: `authenticate` (in `authentication`) has asked `check` already. A connection that lives on
  asks `check(actor)` before each further operation; it raises Unauthenticated and costs two look-ups in a
  dict.
  - For a connection that lives on (websocket, SSE): `stop = revocations.listen(actor, ended)`. `ended`
    is called once, in the event loop, as soon as the actor is out; close the connection there (4403 on a
    websocket). Call `stop()` when the connection ends by itself. When the actor is out already, `ended` is
    called before `listen` returns, so nothing falls between the two. The token's own end is not told here:
    close at `actor.expires_at`.

While MongoDB is away the memory stays as it is: nothing can be revoked then either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.documents import Revocation, RevocationKind
from crm_graphql.bus.following import Following
from crm_graphql.bus.port import Bus, Event
from crm_graphql.core.actor import Actor, ActorKind
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.transient import is_transient

log = structlog.get_logger()

TOPIC = "accounts.revoked"
POLL_SECONDS = 1.0
"""How often MongoDB is read without a hint: a revocation takes effect everywhere within this and a little."""

OVERLAP = timedelta(seconds=90)
"""A revocation may be committed so long after its moment: MongoDB ends transactions after 60 s."""

MARGIN_SECONDS = 600
"""Kept beyond the life of an access token, for one that was made from what was read just before."""

Ended = Callable[[Unauthenticated], None]
_Name = tuple[RevocationKind, ObjectId]


async def revoke(
    kind: RevocationKind,
    key: ObjectId,
    *,
    settings: Settings,
    access_version: int = 0,
    session: AsyncClientSession | None = None,
) -> None:
    """Record that it has ended, in the transaction of `session` where there is one. Then
    `Revocations.announce`."""
    kept = (settings.access_token_ttl_seconds + MARGIN_SECONDS) * 1000
    await Revocation.get_pymongo_collection().update_one(
        {"_id": ObjectId()},
        [
            {
                "$set": {
                    "kind": kind.value,
                    "key": key,
                    "access_version": access_version,
                    "at": "$$NOW",
                    "expires_at": {"$add": ["$$NOW", kept]},
                }
            }
        ],
        upsert=True,
        session=session,
    )


class Revocations:
    """Which sessions, users and keys are out; see the module."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._out: dict[_Name, tuple[int, datetime]] = {}
        self._listeners: dict[_Name, dict[object, tuple[Actor, Ended]]] = {}
        self._newest: datetime | None = None
        self._following = Following(bus, TOPIC, self.read, seconds=POLL_SECONDS, what="revocations")
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Read what still matters, and follow it from now on. Raises PyMongoError when it cannot be read."""
        self._newest = None
        await self.read()
        self._following.start()

    async def close(self) -> None:
        """Follow no longer."""
        await self._following.close()

    def check(self, actor: Actor) -> None:
        """Raise Unauthenticated when the actor's session, rights or key have ended since its token was
        made."""
        if self._is_out(actor):
            raise _refusal(actor)

    def listen(self, actor: Actor, ended: Ended) -> Callable[[], None]:
        """Call `ended` once when the actor is out, also when it is already; returns what stops listening."""
        if self._is_out(actor):
            ended(_refusal(actor))
            return lambda: None
        mark = object()
        names = _names(actor)
        for name in names:
            self._listeners.setdefault(name, {})[mark] = (actor, ended)

        def stop() -> None:
            for name in names:
                listening = self._listeners.get(name, {})
                listening.pop(mark, None)
                if not listening:
                    self._listeners.pop(name, None)

        return stop

    async def announce(self) -> None:
        """After a revocation was committed: take it in here, and hint the other processes.

        What is done is done: a database that goes away now only delays it to the next reading.
        """
        try:
            await self.read()
        except Exception as error:
            if not is_transient(error):
                raise
            self._following.hint()
        await self._bus.broadcast(Event(topic=TOPIC))

    async def read(self) -> None:
        """Take in what is new in MongoDB."""
        async with self._reading:
            since = {"at": {"$gt": self._newest - OVERLAP}} if self._newest else {}
            rows = await Revocation.get_pymongo_collection().find(since).to_list()
            for row in rows:
                self._take(row)
                self._newest = max(self._newest or row["at"], row["at"])
            now = datetime.now(UTC)
            for name in [name for name, (_, until) in self._out.items() if until < now]:
                del self._out[name]

    def _take(self, row: dict[str, Any]) -> None:
        name = (RevocationKind(row["kind"]), row["key"])
        before = self._out.get(name)
        self._out[name] = (max(row["access_version"], before[0] if before else 0), row["expires_at"])
        for actor, ended in list(self._listeners.get(name, {}).values()):
            if self._is_out(actor):
                self._tell(actor, ended)

    def _tell(self, actor: Actor, ended: Ended) -> None:
        for name in _names(actor):
            listening = self._listeners.get(name, {})
            for mark in [mark for mark, (_, told) in listening.items() if told is ended]:
                del listening[mark]
            if not listening:
                self._listeners.pop(name, None)
        try:
            ended(_refusal(actor))
        except Exception:
            log.exception("a connection could not be told that its caller is out")

    def _is_out(self, actor: Actor) -> bool:
        if not self._out or actor.kind is ActorKind.OPERATOR:
            return False
        if actor.kind is ActorKind.API_KEY:
            return (RevocationKind.API_KEY, actor.api_key_id) in self._out
        if (RevocationKind.SESSION, actor.session_id) in self._out:
            return True
        user = self._out.get((RevocationKind.USER, actor.user_id))  # type: ignore[arg-type]
        return user is not None and actor.access_version < user[0]


def _names(actor: Actor) -> list[_Name]:
    names: list[tuple[RevocationKind, ObjectId | None]] = [
        (RevocationKind.SESSION, actor.session_id),
        (RevocationKind.USER, actor.user_id),
        (RevocationKind.API_KEY, actor.api_key_id),
    ]
    return [(kind, key) for kind, key in names if key is not None]


def _refusal(actor: Actor) -> Unauthenticated:
    if actor.kind is ActorKind.API_KEY:
        return Unauthenticated("The API key was revoked.")
    return Unauthenticated(
        "The session has ended, or the user's rights have changed. Refresh, or sign in again."
    )
