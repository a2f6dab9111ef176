"""Texts of workbooks: cells name them by number, so that few may become many; how many bytes that makes."""

from __future__ import annotations

import re
from array import array

TEXTS_BYTES = 256 * 1024**2
"""The most that the texts of a sheet become, each as often as a cell names it."""

_LONGEST_TAG = 64
_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v[\s>]")
_USUAL_VALUE = re.compile(rb"<v>([^<&]*)</v>")
_NUMBER = re.compile(rb"-?\d*\.\d+(?:E[-+]?\d+)?|-\d+|\d+E[-+]?\d+", re.IGNORECASE)


class SharedTexts:
    """How long each shared text of a workbook is at most: as long as its XML."""

    def __init__(self) -> None:
        self._lengths = array("L")
        self._rest = b""
        self._last = 0
        self.longest = 0

    def feed(self, piece: bytes) -> None:
        """Measure a further piece of the XML of the texts."""
        text = self._rest + piece
        cut = max(text.rfind(b"<"), len(text) - _LONGEST_TAG, 0)
        self._rest = text[cut:]
        first, *more = _TEXT.split(text[:cut])
        self._last += len(first)
        for part in more:
            self._lengths.append(self._last)
            self.longest = max(self.longest, self._last)
            self._last = len(part)

    def finish(self) -> None:
        """The last text has ended; what stood before the first is none."""
        self._lengths.append(self._last + len(self._rest))
        del self._lengths[0]
        self.longest = max(self._lengths, default=0)

    def size_of(self, values: list[bytes]) -> int:
        """How many bytes the texts are that these values of cells name, if they name any."""
        size, lengths = 0, self._lengths
        for value in values:
            if value.isdigit():
                place = int(value) if len(value) < 10 else len(lengths)
                size += lengths[place] if place < len(lengths) else 0
            elif not _NUMBER.fullmatch(value):
                size += self.longest
        return size


class NamedTexts:
    """How many bytes of shared texts the cells of one sheet name, at most."""

    def __init__(self, texts: SharedTexts) -> None:
        self._texts = texts
        self._rest = b""
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """Count a further piece of the sheet's XML."""
        text = self._rest + piece
        cut = max(text.rfind(b"<c"), len(text) - 4096, 0)
        text, self._rest = text[:cut], text[cut:]
        values = _USUAL_VALUE.findall(text)
        self._size += self._texts.size_of(values)
        odd = len(_VALUE.findall(text)) - len(values)
        self._size += max(odd, 0) * self._texts.longest

    @property
    def is_too_much(self) -> bool:
        """Whether the sheet cannot be opened."""
        return self._size > TEXTS_BYTES
