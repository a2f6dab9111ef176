"""The worker of exports: a part of the file a turn, each row in it once, whoever dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.exports.choose import source_of
from crm_graphql.exports.documents import Export, ExportStatus
from crm_graphql.exports.failures import ends_the_export
from crm_graphql.exports.lifecycle import tell_progress
from crm_graphql.exports.messages import EXPORT_TURNS, ExportWork
from crm_graphql.exports.moment import (
    Reading,
    cluster_time_now,
    history_seconds,
    is_past,
    warning,
    went_on,
)
from crm_graphql.exports.packing import Packer
from crm_graphql.exports.reading import Source
from crm_graphql.mongo.document_leases import hold_document
from crm_graphql.mongo.leases import LeaseLost, database_now
from crm_graphql.storage.port import Storage

PART_SECONDS = 2.0
"""So long one part is written; then the export gives way to others. So much is done again after a crash."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExportWorker:
    """What the work needs."""

    storage: Storage
    bus: Bus
    clock: Clock
    lease_seconds: float

    async def take_turn(self, message: ExportWork) -> None:
        """Write the next part of the file, then let others have their turn."""
        await EXPORT_TURNS.take(message, partial(self.work, ObjectId(message.work_id)), bus=self.bus)

    async def work(self, export_id: ObjectId) -> bool:
        """Write the next part, and note when it was the last one.

        False when there is more; True when there is nothing to go on with: it has ended, another worker is at
        it, or it has failed for good. A part counts once it is stored and taken in under the lease's token;
        what a worker that died had stored is in no file.
        """
        async with hold_document(
            Export.get_pymongo_collection(),
            {"_id": export_id, "is_open": True},
            place="work",
            lease_seconds=self.lease_seconds,
        ) as held:
            if held is None:
                return True
            token, export = held
            guard = {"_id": export_id, "is_open": True, "work.token": token}
            try:
                if export["as_of"] is None:
                    export = await _begin(guard)
                return await self._write_part(export, guard)
            except LeaseLost:
                _log.info("export left", export_id=str(export_id))
                return True
            except Exception as error:
                if is_past(error) and export["cluster_time"] is not None:
                    await _go_on_as_it_is(guard)
                    return False
                if not await ends_the_export(error, export, guard, bus=self.bus, clock=self.clock):
                    raise
                return True

    async def _write_part(self, export: Row, guard: Row) -> bool:
        moment = export["cluster_time"]
        source = await source_of(export, Reading.at(moment))
        part = _Part(export, source)
        number = len(export["file"]["parts"])
        key = f"{folder_of(export['_id'])}/{number:06d}-{guard['work.token'][:12]}"
        put = await self.storage.put(key, part.pieces(), content_type="application/gzip")
        ended = {
            "status": ExportStatus.COMPLETED.value,
            "is_open": False,
            "completed_at": self.clock.now(),
        }
        taken = await Export.get_pymongo_collection().update_one(
            {**guard, "file.size": export["file"]["size"]},
            {
                "$set": {
                    "place": part.place,
                    "file.checksum": part.packer.checksum,
                    "file.unpacked_size": part.packer.size,
                    "work.failures": 0,
                    "work.failing_since": None,
                    **(ended if part.is_last else {}),
                },
                "$inc": {"rows": part.rows, "file.size": put.size_bytes},
                "$push": {"file.parts": {"key": key, "size": put.size_bytes}},
            },
        )
        if not taken.matched_count:
            raise LeaseLost
        await tell_progress(export["_id"], bus=self.bus)
        return part.is_last


class _Part:
    """A part of the file while it is made: what is known of it once `pieces` has ended."""

    def __init__(self, export: Row, source: Source) -> None:
        file = export["file"]
        self._is_first = not file["parts"]
        self._source = source
        self.packer = Packer(file["checksum"], file["unpacked_size"], is_first=self._is_first)
        self.place: Any = export["place"]
        self.rows = 0
        self.is_last = False

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """What is to be stored."""
        until = time.monotonic() + PART_SECONDS
        lines = self._source.lines
        if self._is_first:
            yield self.packer.add(lines.head)
        async with aclosing(self._source.batches(self.place)) as batches:
            async for batch in batches:
                if batch.rows:
                    self.rows += len(batch.rows)
                    # The library lets others run while it packs.
                    yield await asyncio.to_thread(self.packer.add, lines.of(batch.rows))
                if batch.place is not None:
                    self.place = batch.place
                    if time.monotonic() >= until:
                        break
            else:
                self.is_last = True
        yield self.packer.end(is_last=self.is_last)


def folder_of(export_id: object) -> str:
    """Where the parts of an export are stored."""
    return f"exports/{export_id}"


async def _begin(guard: Row) -> Row:
    """Hold the moment fast that the export is of."""
    exports = Export.get_pymongo_collection()
    window = await history_seconds(exports.database)
    found = await exports.find_one(guard, {"expected": 1})
    cluster_time = await cluster_time_now(exports.database)
    begun: Row | None = await exports.find_one_and_update(
        guard,
        {
            "$set": {
                "as_of": await database_now(),
                "cluster_time": None if cluster_time is None else cluster_time.model_dump(),
                "is_one_moment": cluster_time is not None,
                "note": warning(window, None if found is None else found["expected"]),
            }
        },
        return_document=ReturnDocument.AFTER,
    )
    if begun is None:
        raise LeaseLost
    return begun


async def _go_on_as_it_is(guard: Row) -> None:
    """Read the rest as it is when it is read, and say so: the moment is past."""
    now = await database_now()
    fields = {"cluster_time": None, "is_one_moment": False, "note": went_on(now)}
    await Export.get_pymongo_collection().update_one(guard, {"$set": fields})
    _log.info("an export outlived the database's history", export_id=str(guard["_id"]))
