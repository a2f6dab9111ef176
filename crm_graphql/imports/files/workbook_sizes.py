"""Sizes of workbooks: what one unpacks to, measured before anything opens it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.imports.files.workbook_texts import TEXTS_BYTES, NamedTexts, SharedTexts

BOOK_BYTES = 32 * 1024**2
UNPACKED_BYTES = 256 * 1024**2
RATIO_LIMIT = 200
RATIO_FREE_BYTES = 16 * 1024**2
CELLS_LIMIT = 5_000_000
"""The most cells of one sheet, empty ones between others among them: a sheet is held as a rectangle."""

_TEXTS_NAME = "xl/sharedstrings.xml"
_COUNTS_LIMIT = 2 * CELLS_LIMIT
_COUNT = re.compile(rb"""ount\s*=\s*["']\s*\+?([\d&][^"'<>]*)""")
_LONGEST_COUNT = 256
_PIECE_BYTES = 1024**2
_PACKED_BYTES = 64 * 1024
_LONGEST_TAG = 4096
_ENTRIES_LIMIT = 10_000
# What nearly all programs write, and what may be written: the first is many times as fast to look for.
_USUAL_CELL = re.compile(rb'<c r="([A-Z]{1,3})\d')
_USUAL_ROW = re.compile(rb'<row r="(\d{1,7})"')
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACED_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})\d')
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_PLACED_ROW = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*?\s)?r="(\d{1,7})"')


def too_large() -> LimitExceeded:
    """What is said of a workbook that is larger than what is opened."""
    return LimitExceeded(
        f"A workbook is read up to {BOOK_BYTES // 1024**2} MiB. Save the sheet as CSV, which has no limit."
    )


def check_sizes(book: bytes) -> None:
    """Raise LimitExceeded for a workbook that would take too much memory, InvalidInput for a broken one.

    It is unpacked for this bit by bit: what a zip says of its sizes is not believed."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(book)).infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, struct.error):
        # RuntimeError is what zipfile says of a zip of a later version, or with a method that it knows not.
        raise broken() from None
    if len(entries) > _ENTRIES_LIMIT:
        raise broken()
    if any(entry.flag_bits & 1 for entry in entries):
        raise InvalidInput("The workbook has a password. Take it off, or save the sheet as CSV.")
    texts, values = SharedTexts(), dict[zipfile.ZipInfo, int]()
    size = 0
    for entry in entries:
        # Which of them is a sheet, other parts of the workbook say: so each may be one.
        sheet, before, is_of_texts = _Sheet(), b"", entry.filename.lower() == _TEXTS_NAME
        values[entry] = 0
        for piece in _unpacked(book, entry):
            size += len(piece)
            if size > min(UNPACKED_BYTES, max(RATIO_FREE_BYTES, len(book) * RATIO_LIMIT)):
                raise LimitExceeded(
                    f"The workbook unpacks to more than {size // 1024**2} MiB, which is more than is read. "
                    "Save the sheet as CSV, which has no such limit."
                )
            _check_counts(before + piece)
            before = piece[-_LONGEST_COUNT:]
            sheet.feed(piece)
            values[entry] += piece.count(b"<v") + piece.count(b":v")
            if is_of_texts:
                texts.feed(piece)
    texts.finish()
    for entry, count in values.items():
        if count * texts.longest > TEXTS_BYTES and entry.filename.lower() != _TEXTS_NAME:
            _check_texts(NamedTexts(texts), _unpacked(book, entry))


def _check_texts(named: NamedTexts, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        named.feed(piece)
        if named.is_too_much:
            raise LimitExceeded(
                f"The texts of the cells of a sheet are more than {TEXTS_BYTES // 1024**2} MiB. "
                "Save the sheet as CSV, which has no such limit."
            )


def broken() -> InvalidInput:
    """What is said of a workbook that cannot be opened."""
    return InvalidInput(
        "The workbook is broken or incomplete: send the whole file, or save the sheet as CSV."
    )


def _unpacked(book: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of an entry, as far as its packed bytes go, whatever the zip says of its size."""
    head = book[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30:
        raise broken()
    name_size, extra_size = struct.unpack_from("<HH", head, 26)
    start = entry.header_offset + 30 + name_size + extra_size
    packed = memoryview(book)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from (bytes(packed[at : at + _PIECE_BYTES]) for at in range(0, len(packed), _PIECE_BYTES))
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise broken()
    stream = zlib.decompressobj(wbits=-15)
    for at in range(0, len(packed), _PACKED_BYTES):
        rest = bytes(packed[at : at + _PACKED_BYTES])
        while rest and not stream.eof:
            try:
                yield stream.decompress(rest, _PIECE_BYTES)
            except zlib.error:
                raise broken() from None
            rest = stream.unconsumed_tail


def _check_counts(text: bytes) -> None:
    """Refuse what says that it has more of something than a workbook has: memory is set aside by that."""
    for said in _COUNT.findall(text):
        if not said.isdigit() or len(said) > 18 or int(said) > _COUNTS_LIMIT:
            raise broken()


class _Sheet:
    """Counts how wide and how high the rectangle around the cells of a sheet can be at most."""

    def __init__(self) -> None:
        self._rest = b""
        self._width = 0
        self._height = 0
        self._loose_in_row = 0
        self._loose_width = 0
        self._loose_rows = 0

    def feed(self, piece: bytes) -> None:
        """Count a further piece of the sheet's XML. Raises LimitExceeded."""
        text = self._rest + piece
        cut = max(text.rfind(b"<"), len(text) - _LONGEST_TAG, 0)
        text, self._rest = text[:cut], text[cut:]
        self._count_cells(text)
        self._count_rows(text)
        width = min(self._width + self._loose_width, 16_384)
        height = min(self._height + self._loose_rows, 1_048_576)
        if width * height > CELLS_LIMIT:
            raise LimitExceeded(
                f"A sheet of the workbook has more than {CELLS_LIMIT} cells, empty ones among them. "
                "Save the sheet as CSV, which has no such limit."
            )

    def _count_cells(self, text: bytes) -> None:
        placed = _USUAL_CELL.findall(text)
        if len(placed) != text.count(b"<c") or b":c" in text or self._loose_in_row:
            placed = _PLACED_CELL.findall(text)
            if self._loose_in_row or len(_CELL.findall(text)) > len(placed):
                self._count_loose_cells(text)
        self._width = max(self._width, max(map(_column, set(placed)), default=0))

    def _count_rows(self, text: bytes) -> None:
        rows = _USUAL_ROW.findall(text)
        if len(rows) != text.count(b"<row") or b":row" in text:
            rows = _PLACED_ROW.findall(text)
            self._loose_rows += max(len(_ROW.findall(text)) - len(rows), 0)
        self._height = max(self._height, max(map(int, rows), default=0))

    def _count_loose_cells(self, text: bytes) -> None:
        """Cells that do not say their place come behind those before them in their row."""
        counts = [len(_CELL.findall(part)) - len(_PLACED_CELL.findall(part)) for part in _ROW.split(text)]
        counts[0] += self._loose_in_row
        self._loose_in_row = counts[-1]
        self._loose_width = max(self._loose_width, *counts)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
