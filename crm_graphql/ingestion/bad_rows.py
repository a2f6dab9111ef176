"""Bad rows of one body: told, counted by cause, and kept as they came, up to a limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import BulkWriteError

from crm_graphql.imports.plans import PlannedRows
from crm_graphql.imports.rows import RowProblem
from crm_graphql.ingestion.documents import RefusedRow, RowErrorRecord
from crm_graphql.ingestion.error_counts import ErrorCounts
from crm_graphql.ingestion.origin import FileOrigin
from crm_graphql.mongo.duplicate_keys import already_taken

AT_ONCE = 2000
REFUSED_BYTES_AT_ONCE = 4 * 1024**2


class BadRows:
    """Gathers the problems of an ingestion's rows until they are stored.

    `kept` bounds how many are stored; the counts go on beyond it. Refused rows of a file are stored too,
    until `refused_until`, except where the row errors themselves end at `expires_at`.
    """

    def __init__(
        self,
        ingestion_id: ObjectId,
        origin: FileOrigin | None,
        *,
        kept: int,
        refused_until: datetime,
        expires_at: datetime | None = None,
    ) -> None:
        self._id = ingestion_id
        self._origin = origin
        self._kept = kept
        self._forgotten = {} if expires_at is None else {"expires_at": expires_at}
        self.refused_until = expires_at or refused_until
        self.counts = ErrorCounts()
        self._noted = 0
        self._errors: list[dict[str, Any]] = []
        self._refused: list[dict[str, Any]] = []
        self._refused_count = self._refused_bytes = 0
        self._own: list[ObjectId] = []
        self._planned: PlannedRows | None = None
        self._first = 0

    def begin(self, planned: PlannedRows, first: int) -> None:
        """Say which rows of a file are being taken, the first of them row `first` of the ingestion."""
        self._planned, self._first = planned, first

    @property
    def are_many(self) -> bool:
        """Whether it is time to store what was gathered."""
        return len(self._errors) >= AT_ONCE or self._refused_bytes >= REFUSED_BYTES_AT_ONCE

    @property
    def are_any(self) -> bool:
        """Whether something waits to be stored."""
        return bool(self._errors or self._refused)

    def refuse(self, row: int, problem: RowProblem) -> None:
        """Take note of a row that is refused."""
        self._refused_count += 1
        if self._origin is not None and self._planned is not None and self._refused_count <= self._kept:
            cells = self._origin.as_came(self._planned.cells[row - self._first])
            self._refused_bytes += len(cells or b"")
            self._refused.append(
                {
                    "_id": ObjectId(),
                    "ingestion_id": self._id,
                    "row": row,
                    "cells": cells,
                    "error": problem.message,
                    "error_column": self._origin.column_of(problem.field),
                    "external_id": problem.external_id,
                    "expires_at": self.refused_until,
                }
            )
        self.note(row, problem)

    def note(self, row: int, problem: RowProblem) -> None:
        """Take note of what is wrong with a row, taken or not."""
        place, column, where = row, None, dict[str, Any]()
        if self._planned is not None and self._origin is not None:
            place = self._planned.lines[row - self._first]
            column = self._origin.column_of(problem.field)
            where = {"line": place, "column": column}
        self.counts.add(problem, column=column, place=place)
        self._noted += 1
        if self._noted > self._kept:
            return
        self._errors.append(
            {
                "_id": ObjectId(),
                "ingestion_id": self._id,
                "row": row,
                "external_id": problem.external_id,
                "field": problem.field,
                "value": problem.value,
                "code": problem.code.value,
                "message": problem.message,
                **where,
                **self._forgotten,
            }
        )

    def take(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The row errors and the refused rows that were gathered, to be stored."""
        taken = self._errors, self._refused
        self._errors, self._refused, self._refused_bytes = [], [], 0
        return taken

    async def store(self, errors: list[dict[str, Any]], refused: list[dict[str, Any]]) -> None:
        """Store what was taken, except where an earlier try has done so."""
        if errors:
            self._own += await _insert_missing(RowErrorRecord.get_pymongo_collection(), errors)
        if refused:
            self._own += await _insert_missing(RefusedRow.get_pymongo_collection(), refused)

    async def take_back(self) -> None:
        """Delete what this body has stored: the ingestion is that of another one."""
        for kept in (RowErrorRecord, RefusedRow):
            await kept.get_pymongo_collection().delete_many({"_id": {"$in": self._own}})


async def _insert_missing(collection: Any, documents: list[dict[str, Any]]) -> list[ObjectId]:
    """Insert the documents whose unique key is free; the ids of those."""
    taken: set[int] = set()
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        taken = already_taken(error)
    return [document["_id"] for index, document in enumerate(documents) if index not in taken]
