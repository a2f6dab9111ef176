"""Cutting a body into lines as it comes, without ever holding more than one line beyond a piece."""

from __future__ import annotations

LINE_BYTES = 1024 * 1024
"""The longest line, and the longest record of several lines, that is read."""

BOM = b"\xef\xbb\xbf"


class LineCutter:
    """Cuts pieces of a body at line ends. A line beyond LINE_BYTES comes as None, its bytes are dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_dropping = False
        self._is_started = False

    def feed(self, piece: bytes) -> list[bytes | None]:
        """The lines that `piece` ends, without their line feed."""
        if not self._is_started:
            piece = self._rest + piece
            self._rest = b""
            if len(piece) < len(BOM) and BOM.startswith(piece):
                self._rest = piece
                return []
            self._is_started = True
            piece = piece.removeprefix(BOM)
        first, *more = piece.split(b"\n")
        if not more:
            self._keep(self._rest + first if not self._is_dropping else b"")
            return []
        last = more.pop()
        lines: list[bytes | None] = [None if self._is_dropping else _checked(self._rest + first)]
        lines += more if len(piece) <= LINE_BYTES else [_checked(line) for line in more]
        self._is_dropping = False
        self._keep(last)
        return lines

    def finish(self) -> list[bytes | None]:
        """The last line, when it has no line feed."""
        if self._is_dropping:
            return [None]
        return [self._rest] if self._rest else []

    def _keep(self, rest: bytes) -> None:
        if len(rest) > LINE_BYTES:
            self._is_dropping = True
            rest = b""
        self._rest = rest


def _checked(line: bytes) -> bytes | None:
    return None if len(line) > LINE_BYTES else line
