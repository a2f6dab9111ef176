"""Reading of a file: its bytes to rows of cells by what it is, these to rows for the checks by a plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions
from crm_graphql.imports.files.recognise import last_batches, recognise
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.mapping import plan as make_plan
from crm_graphql.imports.mended import as_it_was, is_mended
from crm_graphql.imports.plans import ImportRequest, Plan, PlannedRows
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, Cells, FileForm, FileFormat, FileHints, Table

BEGINNING_BYTES = 1024**2
"""At most so much of a file, unpacked, is read before a plan is made of it."""
RECOGNISED_BYTES = 64 * 1024
SAMPLE_ROWS = 1000
"""A plan is made of at most so many."""
ROWS_AT_ONCE = 5000
"""A workbook gives all its rows at once; so many of them are mapped at a time."""


class FileReading:
    """One file on its way from bytes to planned rows: `begin`, then `make_plan`, `first_rows`, and `feed` for
    each piece that follows, until `finish`. The same file gives the same plan and rows however it is cut."""

    def __init__(self, kind: IngestionKind, table: Table) -> None:
        self.kind = kind
        self._table = table
        self._plan: Plan | None = None
        self.names: dict[str, str] = {}
        """For each field the heading that brings it, kept up to date while columns come."""
        self.custom = NO_FIELDS
        """The custom fields by which the plan was made."""
        self._sample: list[Cells] = []
        self._waiting: list[Batch] = []
        self._last: Iterator[Batch] | None = None
        """What the end of a file that was read with its beginning gives, of a workbook all its rows."""
        self._is_whole = False
        self._columns = 0
        self.next_piece: bytes | None = None
        """What was read beyond the beginning; None where the file has ended with it."""

    @classmethod
    async def begin(
        cls,
        kind: IngestionKind,
        hints: FileHints,
        pieces: AsyncIterator[bytes],
        *,
        cut_from: int | None = None,
    ) -> FileReading:
        """Read the file's beginning, and on until there is a row. One that ends at `cut_from` bytes or later
        may be cut off there: its last row counts for nothing. Raises InvalidInput where it cannot be read."""
        beginning, further = await _beginning(pieces)
        size = len(beginning)
        is_whole = further is None and (cut_from is None or size < cut_from)
        reading = cls(kind, recognise(beginning, hints, is_whole=is_whole))
        reading._hold(reading._fed(beginning))
        while further is not None and reading._wants_more(size):
            # The sample lies wholly in the beginning, however the file is cut.
            room = BEGINNING_BYTES - size if size < BEGINNING_BYTES else len(further)
            part, rest = further[:room], further[room:]
            reading._hold(reading._fed(part), most=SAMPLE_ROWS if size < BEGINNING_BYTES else 1)
            size += len(part)
            further = rest or await anext(pieces, None)
        if further is None and not (cut_from is not None and size >= cut_from and reading._has_rows):
            if reading.form.format is FileFormat.XLSX:
                # Seconds for a large workbook, in which others have their turn.
                await asyncio.to_thread(reading._end)
            else:
                reading._end()
        reading.next_piece = further
        return reading

    @property
    def form(self) -> FileForm:
        """What the file is."""
        return self._table.form

    @property
    def plan(self) -> Plan:
        """The plan that was made."""
        assert self._plan is not None, "a plan is made first"
        return self._plan

    @property
    def headings(self) -> Sequence[str]:
        """Those of the columns so far."""
        return self._table.headings

    @property
    def is_whole(self) -> bool:
        """Whether the whole file was read with its beginning."""
        return self._is_whole

    @property
    def rows_held(self) -> int:
        """Rows of the beginning."""
        return sum(len(batch.rows) for batch in self._waiting)

    def make_plan(
        self,
        request: ImportRequest,
        *,
        country: str | None,
        currency: str,
        custom: Definitions = NO_FIELDS,
    ) -> Plan:
        """Plan how the rows are read, from the first of them. Raises InvalidInput for a mapping that cannot
        be; whether rows can be read at all, the plan's `require_readable` says."""
        headings = self._table.headings
        self._plan = make_plan(
            *(self.kind, headings, self._sample, request),
            country=country,
            currency=currency,
            format=self._table.form.format,
            custom=custom,
        )
        self.custom = custom
        self._columns = len(headings)
        self.names.update(self._plan.names)
        return self._plan

    def first_rows(self) -> Iterator[PlannedRows]:
        """The rows of the beginning; all of a file that has ended. They are held until all were taken: after
        another plan they can be read again."""
        for batch in self._waiting:
            yield from self._read(batch)
        if self._last is not None:
            for batch in self._last:
                yield from self._read(batch)
            yield self.plan.finish()
        self._waiting = []

    def feed(self, piece: bytes) -> Iterator[PlannedRows]:
        """The rows that `piece` completes."""
        return self._read(self._fed(piece))

    def finish(self) -> Iterator[PlannedRows]:
        """The rows that the file's end completes."""
        for batch in self._ended():
            yield from self._read(batch)
        yield self.plan.finish()

    def _fed(self, piece: bytes) -> Batch:
        return self._as_it_was(self._table.feed(piece))

    def _ended(self) -> Iterator[Batch]:
        return map(self._as_it_was, last_batches(self._table))

    def _as_it_was(self, batch: Batch) -> Batch:
        return as_it_was(batch) if is_mended(self._table.headings) else batch

    def _end(self) -> None:
        """Take the file's end, and of a workbook so many rows that a plan can be made of them."""
        self._last = self._ended()
        for batch in self._last:
            self._hold(batch)
            if self.rows_held > SAMPLE_ROWS:
                return
        self._is_whole = True

    def _wants_more(self, size: int) -> bool:
        """Whether a plan wants more of the file than these first bytes."""
        return self.rows_held <= SAMPLE_ROWS if size < BEGINNING_BYTES else not self._has_rows

    @property
    def _has_rows(self) -> bool:
        return bool(self._waiting)

    def _hold(self, batch: Batch, *, most: int = SAMPLE_ROWS) -> None:
        if not batch.rows:
            return
        self._waiting.append(batch)
        for row in batch.rows:
            if len(self._sample) >= most:
                return
            if not isinstance(row, RowProblem):
                self._sample.append(row)

    def _read(self, batch: Batch) -> Iterator[PlannedRows]:
        if len(self._table.headings) > self._columns:
            self.plan.extend(self._table.headings)
            self._columns = len(self._table.headings)
            self.names.update(self.plan.names)
        if len(batch.rows) <= ROWS_AT_ONCE:
            yield self.plan.read(batch)
            return
        for at in range(0, len(batch.rows), ROWS_AT_ONCE):
            part = slice(at, at + ROWS_AT_ONCE)
            yield self.plan.read(Batch(batch.rows[part], batch.lines[part]))


async def _beginning(pieces: AsyncIterator[bytes]) -> tuple[bytes, bytes | None]:
    """The file's first bytes, so many that it can be recognised, and the piece that follows them; None at its
    end."""
    held: list[bytes] = []
    size = 0
    piece = await anext(pieces, None)
    while piece is not None and size < RECOGNISED_BYTES:
        held.append(piece)
        size += len(piece)
        piece = await anext(pieces, None)
    return b"".join(held), piece
