"""One body on its way in: rows are checked and cut into chunks, chunks and row errors made durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo.errors import BulkWriteError

from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, ErrorCode, InvalidInput, LimitExceeded
from crm_graphql.core.settings import Settings
from crm_graphql.core.versions import ROW_LIMIT
from crm_graphql.imports.plans import PlannedRows
from crm_graphql.imports.rows import Incomplete, InputRow, RowProblem
from crm_graphql.ingestion.admission import Admission
from crm_graphql.ingestion.bad_rows import BadRows
from crm_graphql.ingestion.begin import fail_ingestion, other_content, seal_ingestion
from crm_graphql.ingestion.checks import RowCheck
from crm_graphql.ingestion.chunks import RECORD_BYTES, ChunkCutter
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk
from crm_graphql.ingestion.file_words import TopicNeeded
from crm_graphql.ingestion.origin import FileOrigin
from crm_graphql.ingestion.payloads import Record
from crm_graphql.ingestion.publishing import publish_chunks, tell_progress
from crm_graphql.ingestion.topics import Topics
from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now

STORED_AT_ONCE = 4
"""Chunks that are written together."""


class Intake:
    """Takes the rows of one ingestion. The next chunks are read while the last ones are being written.

    What is stored already, by an earlier try of the same body, is left alone. Use it as a context: a write
    under way ends before an error goes on, and a body that cannot be read fails the ingestion.
    """

    def __init__(
        self,
        ingestion: Ingestion,
        check: RowCheck,
        admission: Admission,
        *,
        topics: Topics,
        settings: Settings,
        bus: Bus,
        clock: Clock,
        origin: FileOrigin | None = None,
    ) -> None:
        assert ingestion.id is not None
        self._id: ObjectId = ingestion.id
        self._check = check
        self._topics = topics
        self._origin = origin
        self._bus = bus
        self._clock = clock
        self._bad = BadRows(
            self._id,
            origin,
            kept=settings.row_errors_kept,
            refused_until=clock.now() + timedelta(days=settings.chunk_retention_days),
            expires_at=ingestion.expires_at,
        )
        self._admission = admission
        self._cutter = ChunkCutter(ingestion, admission.lane)
        self._has_key = ingestion.idempotency_key is not None
        self._chunks: list[dict[str, Any]] = []
        self._writing: asyncio.Task[None] | None = None
        self.received = 0
        self.rejected = 0
        self.incomplete = 0

    async def __aenter__(self) -> Intake:
        return self

    async def __aexit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if self._writing is not None:
            with contextlib.suppress(Exception):
                await self._writing
        if isinstance(error, InvalidInput | LimitExceeded):
            await fail_ingestion(self._id, str(error), self._clock)
        if isinstance(error, Conflict):
            await self._bad.take_back()

    async def take_planned(self, planned: PlannedRows) -> None:
        """Take further rows of a file. Raises as `take` does."""
        self._bad.begin(planned, self.received)
        await self.take(planned.rows)

    async def take(self, rows: Sequence[InputRow]) -> None:
        """Take further rows. Raises LimitExceeded, Conflict or Unavailable."""
        if self.received + len(rows) > ROW_LIMIT:
            raise LimitExceeded(f"A body holds more than {ROW_LIMIT} rows. Split it.")
        check, add, number, now = self._check, self._cutter.add, self.received, self._clock.now()
        for row in rows:
            try:
                found = row if row.__class__ is RowProblem else check(number, row)  # type: ignore[arg-type]
            except TopicNeeded as needed:
                found = await self._checked_with_topic(needed, number, row)
            if isinstance(found, RowProblem):
                self._reject(number, found)
            else:
                record = found.record if isinstance(found, Incomplete) else found
                if not add(record, now):
                    self._reject(number, _too_large(record))
                elif isinstance(found, Incomplete):
                    self.incomplete += 1
                    self._bad.note(number, found.problem)
            number += 1
        self.received = number
        self._chunks += self._cutter.take_cut()
        if len(self._chunks) >= STORED_AT_ONCE or self._bad.are_many:
            await self._write_soon()

    async def _checked_with_topic(
        self, needed: TopicNeeded, number: int, row: Any
    ) -> Record | Incomplete | RowProblem:
        """What becomes of a row once the topics that it needs are there."""
        while True:
            await self._topics.make(needed.name)
            try:
                return self._check(number, row)
            except TopicNeeded as another:
                needed = another

    async def seal(self, body_hash: str) -> Ingestion:
        """Store what is left and seal the ingestion."""
        self._chunks += self._cutter.finish(self._clock.now())
        if self._has_key:
            self._chunks.append(self._cutter.end(body_hash, self._clock.now()))
        if self._chunks or self._bad.are_any:
            await self._write_soon()
        await self._written()
        return await seal_ingestion(self._id, figures=self._last_figures(), body_hash=body_hash)

    def _last_figures(self) -> dict[str, Any]:
        """What is stored of the whole body with its seal."""
        plan = {} if self._origin is None else {"plan": self._origin.stored_plan()}
        return {**self._figures(), "row_error_counts": self._bad.counts.most(), **plan}

    def _figures(self) -> dict[str, int]:
        came = {} if self._origin is None else {"bytes_received": self._origin.bytes_received}
        return {
            "received": self.received,
            "rejected": self.rejected,
            "incomplete": self.incomplete,
            "chunk_count": self._cutter.count,
            **came,
        }

    def _reject(self, row: int, problem: RowProblem) -> None:
        self.rejected += 1
        self._bad.refuse(row, problem)

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    async def _write_soon(self) -> None:
        """Begin to write what is cut, once the write before has ended and there is room."""
        await self._written()
        await self._wait_for_room(sum(chunk["weight"] for chunk in self._chunks))
        chunks, self._chunks = self._chunks, []
        self._writing = asyncio.create_task(self._write(chunks, *self._bad.take()))

    async def _wait_for_room(self, weight: int) -> None:
        await self._admission.wait_for_room(weight)

    async def _write(
        self,
        chunks: list[dict[str, Any]],
        errors: list[dict[str, Any]],
        refused: list[dict[str, Any]],
    ) -> None:
        figures, causes = self._figures(), self._bad.counts.most() if errors else []
        await self._bad.store(errors, refused)
        if chunks:
            await self._store_chunks(chunks)
        ingestions = Ingestion.get_pymongo_collection()
        # A retry begins again at the first row: the figures must not go back.
        if causes:
            await ingestions.update_one(
                {"_id": self._id, "sealed": False, "rejected": {"$lte": figures["rejected"]}},
                {"$set": {"row_error_counts": causes}},
            )
        kept = {"refused_until": self._bad.refused_until} if refused else {}
        await ingestions.update_one(
            {"_id": self._id, "sealed": False},
            {"$max": {**figures, **kept}, "$currentDate": {"touched_at": True}},
        )
        await tell_progress(self._id, self._bus)

    async def _store_chunks(self, chunks: list[dict[str, Any]]) -> None:
        """Store each chunk behind the one before it. Raises Conflict where another body has gone on.

        A place is taken only behind places that hold our own content: of two bodies under one key the first
        difference decides, at one place, and the other one stops there.
        """
        # The reconciler, in another process, reckons from it.
        now = await database_now()
        for chunk in chunks:
            chunk["published_at"] = now
        stored: list[dict[str, Any]] = []
        while chunks:
            count = await _insert_until_taken(IngestionChunk.get_pymongo_collection(), chunks)
            stored += chunks[:count]
            if count < len(chunks):
                await self._require_same(chunks[count])
            chunks = chunks[count + 1 :]
        stored = [chunk for chunk in stored if chunk["record_count"]]
        if stored:
            await publish_chunks(stored, self._bus)

    async def _require_same(self, chunk: dict[str, Any]) -> None:
        there = await IngestionChunk.get_pymongo_collection().find_one(
            {"ingestion_id": self._id, "number": chunk["number"]}, {"payload_hash": 1}
        )
        if there is None or there["payload_hash"] != chunk["payload_hash"]:
            raise other_content()


async def _insert_until_taken(collection: Any, documents: list[dict[str, Any]]) -> int:
    """Insert the documents in their order until one's unique key is taken; how many were inserted."""
    try:
        await collection.insert_many(documents)
    except BulkWriteError as error:
        (index,) = already_taken(error)
        return index
    return len(documents)


def _too_large(record: Record) -> RowProblem:
    return RowProblem(
        code=ErrorCode.INVALID,
        message=f"The row is larger than {RECORD_BYTES} bytes, more than can be stored of one record. "
        "Shorten it.",
        external_id=record.external_id,
    )
