"""Tables in JSON: an array of objects, or an object with one such array in it, read without holding it."""

from __future__ import annotations

import re
from enum import Enum

import msgspec

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files import lines
from crm_graphql.imports.files.encodings import Decoder
from crm_graphql.imports.files.json_rows import JsonRows
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, Cells, FileForm, FileFormat

# A complete string, a bracket, or a string that the piece does not end.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]|"', re.DOTALL)
# Where an object mostly ends and the next begins: a string or a list in it may hold the same.
_BETWEEN = re.compile(rb"\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
_VAIN_LOOKS = 16
"""After so many objects in a piece that did not end where they seemed to, all the others are scanned."""
_SPACE = b" \t\r\n"
_NEXT = re.compile(rb"[ \t\r\n]*+([^ \t\r\n])")


class _Stage(Enum):
    """Where in the file the buffer begins."""

    START = "START"
    MEMBERS = "MEMBERS"
    """Within the object around the array, but not within the array."""
    ELEMENTS = "ELEMENTS"
    CLOSED = "CLOSED"


class JsonTable:
    """Cells of a JSON file.

    A broken element is a bad row as long as its brackets and quotes are in order; otherwise nothing behind
    it can be told apart, and the file is refused with the position.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._rows = JsonRows()
        self.headings = self._rows.headings
        self._stage = _Stage.START
        self._buffer = b""
        self._offset = 0
        """The position in the file of the buffer's beginning."""
        self._start = 0
        """Where in the buffer begins what is not read yet."""
        self._line = 1
        """The line on which that begins."""
        self._scanned = 0
        """Up to where in the buffer brackets were counted."""
        self._depth = 0
        self._count = 0
        self._outside = b""
        """The object around the array, with null in the array's place."""
        self._key = b""
        self._array: str | None = None
        self._has_empty_array = False

    @property
    def form(self) -> FileForm:
        """What the file is."""
        notes = tuple(self._decoder.notes)
        if self._array is not None:
            notes = (*notes, f'The rows are the objects of "{self._array[:100]}".')
        return FileForm(FileFormat.JSON, encoding=self._decoder.name, notes=notes)

    def feed(self, piece: bytes) -> Batch:
        """The rows that `piece` completes."""
        self._buffer += self._decoder.feed(piece)
        return self._advance()

    def finish(self) -> Batch:
        """Nothing more; raises InvalidInput for a file that has not ended."""
        self._buffer += self._decoder.finish()
        batch = self._advance()
        end = self._offset + len(self._buffer)
        if self._stage is _Stage.START:
            raise InvalidInput("The body is empty. Send a JSON array of objects.")
        if self._stage is _Stage.ELEMENTS:
            raise InvalidInput(f"The JSON array ends at byte {end} without its closing bracket.")
        if self._stage is _Stage.MEMBERS:
            raise InvalidInput(f"The JSON object ends at byte {end} without its closing brace.")
        return batch

    def _advance(self) -> Batch:
        rows, numbers = list[Cells | RowProblem](), list[int]()
        before: _Stage | None = None
        while self._stage is not before:
            before = self._stage
            if before is _Stage.START:
                self._open()
            elif before is _Stage.MEMBERS:
                self._scan_members()
            elif before is _Stage.ELEMENTS:
                self._read_elements(rows, numbers)
            elif _NEXT.match(self._buffer, self._start):
                self._refuse(self._start, "something follows the end of the array")
        self._buffer = self._buffer[self._start :]
        self._offset += self._start
        self._scanned -= self._start
        self._start = 0
        return Batch(rows, numbers)

    def _move_to(self, position: int) -> None:
        """What stands before this position in the buffer is read."""
        self._line += self._buffer.count(b"\n", self._start, position)
        self._start = self._scanned = position

    def _open(self) -> None:
        """Find the opening bracket, or the opening brace of the object around the array."""
        text = self._buffer
        if self._offset == 0 and len(text) < len(lines.BOM) and lines.BOM.startswith(text):
            return
        start = len(lines.BOM) if self._offset == 0 and text.startswith(lines.BOM) else 0
        found = _NEXT.match(text, start)
        if found is None:
            self._move_to(len(text))
            return
        if found[1] not in (b"[", b"{"):
            position = self._offset + found.start(1)
            raise InvalidInput(
                f"Byte {position} of the body is not the opening bracket of a JSON array. "
                "Send an array of objects, or NDJSON with Content-Type application/x-ndjson."
            )
        is_array = found[1] == b"["
        self._stage = _Stage.ELEMENTS if is_array else _Stage.MEMBERS
        self._depth, self._outside = (0, b"") if is_array else (1, b"{")
        self._move_to(found.end())

    def _scan_members(self) -> None:
        """Read on to the array, or to the end of the object around it."""
        buffer, end = self._buffer, self._start
        for token in _TOKEN.finditer(buffer, end):
            mark = buffer[token.start()]
            if mark == 0x22:
                if token.end() == token.start() + 1:
                    # The string's end has not come yet.
                    break
                self._key = token.group() if self._depth == 1 else self._key
            elif mark == 0x5B and self._depth == 1:
                inside = _NEXT.match(buffer, token.end())
                if inside is None:
                    break
                if inside[1] == b"{":
                    self._enter(token.start())
                    return
                self._has_empty_array = self._has_empty_array or inside[1] == b"]"
                self._depth += 1
            elif mark in b"{[":
                self._depth += 1
            elif mark != 0x2C:
                self._depth -= 1
            end = token.end()
            if self._depth == 0:
                self._leave(end)
                return
        else:
            end = len(buffer)
        self._set_aside(end, behind=len(buffer) - end)

    def _set_aside(self, end: int, *, behind: int = 0) -> None:
        """Keep what stands around the array; `behind` it are so many bytes of it more."""
        self._outside += self._buffer[self._start : end]
        self._move_to(end)
        if len(self._outside) + behind > lines.LINE_BYTES:
            self._refuse(end, f"more than {lines.LINE_BYTES} bytes stand beside an array of objects")

    def _enter(self, at: int) -> None:
        """Begin with the elements of the array that opens here."""
        try:
            name = msgspec.json.decode(self._key, type=str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(at, "the array has no name")
        if self._array is not None:
            raise InvalidInput(
                f'The JSON object has several arrays of objects, "{self._array[:100]}" and "{name[:100]}". '
                "Send one of them alone."
            )
        self._array = name
        self._set_aside(at)
        self._outside += b"null"
        self._stage, self._depth = _Stage.ELEMENTS, 0
        self._move_to(at + 1)

    def _leave(self, end: int) -> None:
        """The object around the array has ended: it must be in order, and hold the array."""
        self._set_aside(end)
        try:
            msgspec.json.decode(self._outside, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(f"The JSON object around the array is not valid JSON: {error}.") from None
        if self._array is None and not self._has_empty_array:
            raise InvalidInput(
                "The JSON object has no array of objects in it. "
                "Send an array of objects, or NDJSON with Content-Type application/x-ndjson."
            )
        self._stage = _Stage.CLOSED

    def _read_elements(self, rows: list[Cells | RowProblem], numbers: list[int]) -> None:
        vain = 0
        while self._stage is _Stage.ELEMENTS:
            if vain < _VAIN_LOOKS and self._scanned == self._start:
                vain = 0 if self._take_plain_elements(rows, numbers) else vain + 1
            if not self._scan_element(rows, numbers):
                break

    def _take_plain_elements(self, rows: list[Cells | RowProblem], numbers: list[int]) -> bool:
        """Read objects as long as each is whole up to where the next may begin; whether there was any. The
        first that is not is left to be scanned, which takes several times as long."""
        buffer, before = self._buffer, self._count
        while (first := _NEXT.match(buffer, self._start)) is not None and first[1] == b"{":
            found = _BETWEEN.search(buffer, self._start)
            row = self._rows.read_valid(buffer[first.start(1) : found.start() + 1]) if found else None
            if found is None or row is None:
                break
            self._line += buffer.count(b"\n", self._start, first.start(1))
            self._start = first.start(1)
            numbers.append(self._line)
            rows.append(row)
            self._count += 1
            self._move_to(found.end())
        return self._count > before

    def _scan_element(self, rows: list[Cells | RowProblem], numbers: list[int]) -> bool:
        """Read on to the end of an element, by its brackets, and take it if it is there; whether it was."""
        buffer, end = self._buffer, self._scanned
        for token in _TOKEN.finditer(buffer, end):
            mark = buffer[token.start()]
            if mark == 0x22:
                if token.end() == token.start() + 1:
                    # The string's end has not come yet: look at it again with the next piece.
                    end = token.start()
                    break
            elif mark in b"{[":
                self._depth += 1
            elif self._depth > 0:
                self._depth -= mark != 0x2C
            elif mark == 0x7D:
                self._refuse(token.start(), "a closing brace has no opening one")
            else:
                self._take(token.start(), rows, numbers, is_last=mark == 0x5D)
                return True
        else:
            end = len(buffer)
        if len(buffer) - self._start > lines.LINE_BYTES:
            self._refuse(
                self._start, f"an element is longer than {lines.LINE_BYTES} bytes, or a quote is missing"
            )
        self._scanned = end
        return False

    def _take(self, end: int, rows: list[Cells | RowProblem], numbers: list[int], *, is_last: bool) -> None:
        """Read the element that ends here, before a comma or the closing bracket."""
        first = _NEXT.match(self._buffer, self._start, end)
        if first is not None:
            self._move_to(first.start(1))
            numbers.append(self._line)
            rows.append(
                self._rows.read(self._buffer[self._start : end].rstrip(_SPACE), f"Element {self._count}")
            )
        elif not is_last or self._count:
            self._refuse(end, "an element is missing beside a comma")
        self._count += 1
        self._move_to(end + 1)
        if is_last:
            self._stage, self._depth = (_Stage.CLOSED, 0) if self._array is None else (_Stage.MEMBERS, 1)

    def _refuse(self, position: int, reason: str) -> None:
        raise InvalidInput(f"The JSON array cannot be read at byte {self._offset + position}: {reason}.")
