"""The intake of files: each streamed into the storage and hashed on its way, a request's taken at once."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import DomainError, LimitExceeded
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import indexed_words
from crm_graphql.media.documents import Media, MediaStatus
from crm_graphql.media.messages import MEDIA_QUEUE, MediaArrived
from crm_graphql.media.names import cleaned_name
from crm_graphql.media.room import NoRoom, stored_bytes, take_room
from crm_graphql.media.types import HEAD_BYTES, checked_text, named_by_type, told_type
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact
from crm_graphql.storage.port import Storage, StorageAway

FOLDER = "media"
"""Of the storage, in which all media lie."""
_log = get_logger(__name__)


def new_object_key(media_id: object) -> str:
    """A key for some bytes of a file, never used before."""
    return f"{FOLDER}/{media_id}/{secrets.token_hex(8)}"


@dataclass(slots=True)
class Intake:
    """Files that one request brings. Use it with `async with`: what was not taken by `take` goes behind it.

    Requires MEDIA_WRITE; raises Forbidden where it begins.
    """

    actor: Actor
    storage: Storage
    settings: Settings
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)
    _left: int | None = None

    async def __aenter__(self) -> Self:
        self.actor.require(Permission.MEDIA_WRITE)
        if self.settings.storage_limit_bytes:
            self._left = self.settings.storage_limit_bytes - await stored_bytes()
            if self._left <= 0:
                raise NoRoom
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for key in self._keys:
            try:
                await self.storage.delete(key)
            except StorageAway:
                _log.warning("a file that was not taken is left to the sweeper", key=key)

    async def add(self, filename: str | None, pieces: AsyncIterator[bytes]) -> None:
        """Store the bytes of one file. Memory is bounded, whatever its size.

        Raises WrongType, LimitExceeded for one that is too large, NoRoom, StorageAway, StorageFull, and what
        `pieces` raises; nothing is stored of the file then.
        """
        name = cleaned_name(filename)
        head, whole = await _begun(pieces)
        told = told_type(head, name, self.settings.media_types)
        body = self._bounded(whole)
        media_id = ObjectId()
        key = new_object_key(media_id)
        self._keys.append(key)
        put = await self.storage.put(
            key, checked_text(body) if told.is_text else body, content_type=told.content_type
        )
        name = named_by_type(name, told)
        if self._left is not None:
            self._left -= put.size_bytes
        self._rows.append(
            {
                "_id": media_id,
                "filename": name,
                "name_words": indexed_words(name),
                "content_type": told.content_type,
                "size_bytes": put.size_bytes,
                "sha256": put.sha256,
                "status": MediaStatus.PROCESSING.value,
                "rejection_reason": None,
                "key": key,
                "thumbnail": None,
                "attached": 0,
                "charged_bytes": put.size_bytes,
                "attempts": 0,
                "subject": self.actor.subject,
            }
        )

    async def take(self, *, transact: Transact, bus: Bus, clock: Clock) -> Sequence[Row]:
        """Make all that was added into media, in their order and in one transaction; consumers process them.

        Raises NoRoom where they do not fit beside what came meanwhile; then none is taken.
        """
        if not self._rows:
            return ()
        now, size = clock.now(), sum(row["charged_bytes"] for row in self._rows)

        async def work(session: AsyncClientSession) -> None:
            await take_room(size, self.settings.storage_limit_bytes, session)
            heard = await database_now()
            for row in self._rows:
                row.update(created_at=now, updated_at=now, touched_at=heard)
            await Media.get_pymongo_collection().insert_many(self._rows, session=session)

        stored, self._keys = self._keys, []
        try:
            await transact(work)
        except DomainError:
            self._keys = stored
            raise
        # Whatever else fails may have come after the commit: the sweeper knows what is named by then.
        try:
            await bus.publish(MEDIA_QUEUE, *(MediaArrived(media_id=str(row["_id"])) for row in self._rows))
        except BusError as error:
            # They are taken; the reconciler announces them later.
            _log.warning("media wait, the bus is away", reason=str(error))
        return self._rows

    async def _bounded(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        size, limit = 0, self.settings.media_file_bytes
        async for piece in pieces:
            size += len(piece)
            if size > limit:
                raise LimitExceeded(f"The file is larger than {limit} bytes.")
            if self._left is not None and size > self._left:
                raise NoRoom
            yield piece


async def _begun(pieces: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first bytes of a file, and all of it."""
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD_BYTES:
            break

    async def whole() -> AsyncIterator[bytes]:
        if head:
            yield head
        async for piece in pieces:
            yield piece

    return head[:HEAD_BYTES], whole()
