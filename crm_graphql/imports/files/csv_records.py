"""Records of a CSV body: where each begins and ends, whatever stands within quotes, in bounded memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from crm_graphql.imports.files.lines import BOM, LINE_BYTES

SAMPLE_BYTES = 400

# The first line and its end, which is not within quotes.
_FIRST_LINE = re.compile(rb'(?:[^"\r\n]+|"[^"]*")*+(\r\n|\n|\r(?=.))', re.DOTALL)
_SEPARATOR = re.compile(rb"sep=([,;\t|])", re.IGNORECASE)


def named_separator(line: bytes) -> bytes | None:
    """What a line `sep=;` names; None for any other line."""
    named = _SEPARATOR.fullmatch(line.strip(b'\r\n "'))
    return named[1] if named is not None else None


class Fault(Enum):
    """Why a record cannot be read."""

    TOO_LARGE = "TOO_LARGE"
    BADLY_CLOSED = "BADLY_CLOSED"
    NEVER_CLOSED = "NEVER_CLOSED"


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that is skipped: how many lines it has, and on which of them (from 0) its last quote opens."""

    fault: Fault
    lines: int
    opened: int
    sample: bytes


class _Place(Enum):
    """Where in a record the next byte stands."""

    CELL_START = 0
    PLAIN = 1
    QUOTED = 2
    AFTER_QUOTE = 3


class RecordCutter:
    """Cuts pieces of a body where records end: at a line end outside quotes.

    A cell that begins with a quote goes to its closing quote, over any number of lines. A record beyond
    LINE_BYTES is not held, but read past to its end all the same, so that nothing within it becomes a record.
    Lines end as the first one does: with LF, CRLF or CR. A first line `sep=;` names what separates cells,
    where nobody has said it before.
    """

    def __init__(self, separator: bytes | None = None) -> None:
        """`separator` is one byte; None: a comma, or what the first line says."""
        self.line_end = b"\n"
        self.separator = separator or b","
        self._is_separator_said = separator is not None
        self.skipped_lines = 0
        """Lines before the header that are no records."""
        self._is_started = False
        self._held = b""
        """The record that has begun, from its beginning."""
        self._begin()

    def _begin(self) -> None:
        self._place = _Place.CELL_START
        self._is_badly_closed = False
        self._sample: bytes | None = None
        """The beginning of a record that is too large to hold."""
        self._lines = self._opened = 0
        self._counted = 0
        """Up to which byte of the record that is held its line ends are in `_lines`."""

    @property
    def is_skipping(self) -> bool:
        """Whether the record that has begun is too large already."""
        return self._sample is not None

    def feed(self, piece: bytes) -> list[bytes | BadRecord]:
        """The records that `piece` ends, without their line end."""
        if not self._is_started:
            piece, self._held = self._held + piece, b""
            if not self._start(piece, is_end=False):
                self._held = piece
                return []
            piece = self._without_beginning(piece)
        return self._cut(piece)

    def finish(self) -> list[bytes | BadRecord]:
        """The last record, when no line end closes it."""
        records: list[bytes | BadRecord] = []
        if not self._is_started:
            piece, self._held = self._held, b""
            self._start(piece, is_end=True)
            records = self._cut(self._without_beginning(piece))
        if self._place is _Place.QUOTED:
            fault = Fault.TOO_LARGE if self.is_skipping else Fault.NEVER_CLOSED
            return [*records, self._bad(fault, self._held)]
        if self._held or self.is_skipping:
            records.append(self._ended(self._held))
        return records

    def _start(self, beginning: bytes, *, is_end: bool) -> bool:
        """Learn from the first line how lines end. False while it is not known."""
        first = _FIRST_LINE.match(beginning.removeprefix(BOM))
        if first is None and not is_end and len(beginning) <= LINE_BYTES:
            return False
        self._is_started = True
        if first is not None and first[1] == b"\r":
            self.line_end = b"\r"
        return True

    def _without_beginning(self, piece: bytes) -> bytes:
        """The piece without byte order mark and `sep=` line."""
        piece = piece.removeprefix(BOM)
        line, end, rest = piece.partition(self.line_end)
        named = named_separator(line)
        if named is None or not end:
            return piece
        if not self._is_separator_said:
            self.separator = named
        self.skipped_lines = 1
        return rest

    def _cut(self, piece: bytes) -> list[bytes | BadRecord]:
        if b'"' not in piece and self._place is not _Place.QUOTED:
            return self._cut_plain(piece)
        records: list[bytes | BadRecord] = []
        buffer, start = self._held + piece, 0
        end = self._find_end(buffer, len(self._held))
        while end >= 0:
            record = buffer[start:end]
            self._lines += buffer.count(self.line_end, max(self._counted, start), end)
            records.append(self._ended(record))
            start = end + 1
            self._counted = start
            end = self._find_end(buffer, start)
        self._hold(buffer[start:], counted=max(self._counted - start, 0))
        return records

    def _cut_plain(self, piece: bytes) -> list[bytes | BadRecord]:
        """The same for a piece without any quote: every line end ends a record."""
        first, *more = piece.split(self.line_end)
        if self._place is _Place.AFTER_QUOTE and first and first[:1] not in (self.separator, b"\r"):
            self._is_badly_closed = True
        held = self._held + first
        if not more:
            if first:
                ends = first.endswith(self.separator)
                self._place = _Place.CELL_START if ends else _Place.PLAIN
            self._hold(held, counted=self._counted)
            return []
        last = more.pop()
        self._lines += held.count(self.line_end, self._counted)
        records: list[bytes | BadRecord] = [self._ended(held)]
        records += more if len(piece) <= LINE_BYTES else [self._ended(line) for line in more]
        if last and not last.endswith(self.separator):
            self._place = _Place.PLAIN
        self._hold(last, counted=0)
        return records

    def _hold(self, rest: bytes, *, counted: int) -> None:
        if len(rest) > LINE_BYTES or self.is_skipping:
            self._sample = self._sample or rest[:SAMPLE_BYTES]
            self._lines += rest.count(self.line_end, counted)
            rest, counted = b"", 0
        self._held, self._counted = rest, counted

    def _ended(self, record: bytes) -> bytes | BadRecord:
        """The record that has ended; its lines but the last are counted."""
        found: bytes | BadRecord = record
        if self.is_skipping or len(record) > LINE_BYTES:
            found = self._bad(Fault.TOO_LARGE, record)
        elif self._is_badly_closed:
            found = self._bad(Fault.BADLY_CLOSED, record)
        self._held = b""
        self._begin()
        return found

    def _bad(self, fault: Fault, record: bytes) -> BadRecord:
        if fault is Fault.NEVER_CLOSED:
            self._lines += record.count(self.line_end, self._counted)
        sample = self._sample or record[:SAMPLE_BYTES]
        return BadRecord(fault, self._lines + 1, self._opened, sample)

    def _find_end(self, buffer: bytes, at: int) -> int:
        """Where the record ends that goes on at `at`, or -1; moves `_place` on."""
        size, line_end, separator = len(buffer), self.line_end, self.separator
        opening, next_end = separator + b'"', -1
        while at < size:
            if self._place is _Place.QUOTED:
                at = buffer.find(b'"', at) + 1 or size + 1
                if at <= size:
                    self._place = _Place.AFTER_QUOTE
                continue
            sign = buffer[at : at + 1]
            if self._place is _Place.AFTER_QUOTE and sign == b'"':
                self._place = _Place.QUOTED
                at += 1
                continue
            if self._place is _Place.AFTER_QUOTE and sign not in (separator, line_end, b"\r"):
                self._is_badly_closed = True
            if self._place is _Place.CELL_START and sign == b'"':
                at = self._open(buffer, at)
                continue
            if next_end < at:
                found = buffer.find(line_end, at)
                next_end = size if found < 0 else found
            quote = buffer.find(opening, at, next_end)
            if quote >= 0:
                at = self._open(buffer, quote + 1)
            elif next_end < size:
                return next_end
            else:
                self._place = _Place.CELL_START if buffer.endswith(separator) else _Place.PLAIN
                return -1
        return -1

    def _open(self, buffer: bytes, at: int) -> int:
        self._lines += buffer.count(self.line_end, self._counted, at)
        self._counted, self._opened, self._place = at, self._lines, _Place.QUOTED
        return at + 1
