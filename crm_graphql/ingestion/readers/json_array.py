"""Reading a JSON array of objects element by element, without holding the array."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.lines import BOM, LINE_BYTES
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import InputRow
from crm_graphql.ingestion.readers.json_rows import JsonRows

# A complete string, a bracket, or a string that the piece does not end.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]|"', re.DOTALL)
_SPACE = b" \t\r\n"


class JsonArrayReader:
    """Rows of a body that is one JSON array.

    A broken element is a bad row as long as its brackets and quotes are in order; otherwise nothing behind
    it can be told apart, and the body is refused with the position.
    """

    def __init__(self, kind: IngestionKind) -> None:
        self._rows = JsonRows(kind)
        self.names = self._rows.names
        self._buffer = b""
        self._offset = 0
        """The position in the body of the buffer's beginning."""
        self._scanned = 0
        self._depth = 0
        self._count = 0
        self._is_open = False
        self._is_closed = False

    def feed(self, piece: bytes) -> Sequence[InputRow]:
        """The rows that `piece` completes."""
        self._buffer += piece
        if not self._is_open and not self._open():
            return []
        return self._scan()

    def finish(self) -> Sequence[InputRow]:
        """Nothing more; raises InvalidInput for an array that has not ended."""
        if not self._is_open:
            raise InvalidInput("The body is empty. Send a JSON array of objects.")
        if not self._is_closed:
            end = self._offset + len(self._buffer)
            raise InvalidInput(f"The JSON array ends at byte {end} without its closing bracket.")
        return []

    def _open(self) -> bool:
        """Find the opening bracket; False while there was only white space."""
        text = self._buffer
        if self._offset == 0 and len(text) < len(BOM) and BOM.startswith(text):
            return False
        start = text.removeprefix(BOM) if self._offset == 0 else text
        body = start.lstrip(_SPACE)
        if not body:
            self._offset += len(text)
            self._buffer = b""
            return False
        position = self._offset + len(text) - len(body)
        if body[:1] != b"[":
            raise InvalidInput(
                f"Byte {position} of the body is not the opening bracket of a JSON array. "
                "Send an array of objects, or NDJSON with Content-Type application/x-ndjson."
            )
        self._drop(len(text) - len(body) + 1)
        self._is_open = True
        return True

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count
        self._scanned = 0

    def _scan(self) -> list[InputRow]:
        rows: list[InputRow] = []
        buffer, start, end = self._buffer, 0, self._scanned
        for token in _TOKEN.finditer(buffer, self._scanned):
            mark = buffer[token.start()]
            if mark == 0x22:
                if token.end() == token.start() + 1:
                    # The string's end has not come yet: look at it again with the next piece.
                    end = token.start()
                    break
            elif self._is_closed:
                self._refuse(token.start(), "something follows the end of the array")
            elif mark in b"{[":
                self._depth += 1
            elif mark == 0x2C:
                if self._depth == 0:
                    rows.append(self._element(buffer[start : token.start()], start))
                    start = token.end()
            elif self._depth > 0:
                self._depth -= 1
            elif mark == 0x5D:
                self._close(rows, buffer[start : token.start()], start)
                start = token.end()
            else:
                self._refuse(token.start(), "a closing brace has no opening one")
            end = token.end()
        else:
            end = len(buffer)
        self._check_rest(buffer, start)
        self._drop(start)
        self._scanned = end - start
        return rows

    def _close(self, rows: list[InputRow], raw: bytes, start: int) -> None:
        self._is_closed = True
        if self._count or raw.strip(_SPACE):
            rows.append(self._element(raw, start))

    def _check_rest(self, buffer: bytes, start: int) -> None:
        rest = len(buffer) - start
        if self._is_closed and buffer[start:].strip(_SPACE):
            self._refuse(start, "something follows the end of the array")
        if rest > LINE_BYTES:
            self._refuse(start, f"an element is longer than {LINE_BYTES} bytes, or a quote is missing")

    def _element(self, raw: bytes, start: int) -> InputRow:
        stripped = raw.strip(_SPACE)
        if not stripped:
            self._refuse(start + len(raw), "an element is missing beside a comma")
        self._count += 1
        return self._rows.read(stripped, f"Element {self._count - 1}")

    def _refuse(self, position: int, reason: str) -> None:
        raise InvalidInput(f"The JSON array cannot be read at byte {self._offset + position}: {reason}.")
