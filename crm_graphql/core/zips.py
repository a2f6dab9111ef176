"""Zip files of exactly one file, unpacked as they come, without ever holding the whole."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import Enum

from crm_graphql.core.errors import InvalidInput

ZIP_MAGIC = b"PK\x03\x04"
UNPACKED_BYTES = 256 * 1024
"""The most that is unpacked at a time, whatever the file claims."""

_BESIDE_BYTES = 1024**2
"""The most that is passed over: what a Mac notes beside a file is small."""
_HEADER = struct.Struct("<4sHHHHHLLLHH")
_DIRECTORY = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08")
_DESCRIPTOR_MAGIC = b"PK\x07\x08"
_ENCRYPTED, _SIZES_FOLLOW = 1, 8
_STORED, _DEFLATED = 0, 8
_NOT_SAID = 0xFFFFFFFF
_ZIP64 = 1
# Workbooks and documents are zips of many files, and are read as what they are.
_DOCUMENT_PARTS = (
    b"[Content_Types].xml",
    b"_rels/",
    b"docProps/",
    b"xl/",
    b"customXml/",
    b"word/",
    b"ppt/",
    b"mimetype",
    b"META-INF/",
    b"Index/",
    b"Index.zip",
)


def is_archive(beginning: bytes) -> bool:
    """Whether a file is a zip to be unpacked; a workbook is none."""
    return beginning.startswith(ZIP_MAGIC) and not beginning[_HEADER.size :].startswith(_DOCUMENT_PARTS)


@dataclass(slots=True)
class _Entry:
    """A file in the zip: what its header says of it."""

    name: bytes
    method: int
    sizes_follow: bool
    checksum: int
    packed_left: int
    is_wanted: bool


class _Place(Enum):
    """What comes next in the zip."""

    HEADER = "HEADER"
    CONTENT = "CONTENT"
    DESCRIPTOR = "DESCRIPTOR"
    DIRECTORY = "DIRECTORY"


class Unzip:
    """Unpacks the one file of a zip, a bounded piece at a time. Folders, and what a Mac or Windows puts
    beside a file, are passed over.

    Raises InvalidInput for several files, a password, an unusual method, and what is broken.
    """

    def __init__(self) -> None:
        self._packed = b""
        self._place = _Place.HEADER
        self._entry: _Entry | None = None
        self._name: bytes | None = None
        self._stream = zlib.decompressobj(wbits=-15)
        self._checked = 0
        self._passed_over = 0
        """Bytes that were unpacked of what is not wanted."""

    def put(self, packed: bytes) -> None:
        """Give further packed bytes."""
        if self._place is not _Place.DIRECTORY:
            self._packed += packed

    def take(self) -> bytes:
        """The next unpacked bytes; empty when more packed ones are needed."""
        while True:
            if self._place is _Place.CONTENT:
                piece, is_wanted = self._unpack()
                if piece and is_wanted:
                    return piece
                self._pass_over(piece)
                if piece or self._place is not _Place.CONTENT:
                    continue
                return b""
            before = self._place, len(self._packed)
            if self._place is _Place.HEADER:
                self._read_header()
            elif self._place is _Place.DESCRIPTOR:
                self._read_descriptor()
            if (self._place, len(self._packed)) == before:
                return b""

    def end(self) -> None:
        """Raise InvalidInput unless the zip is complete."""
        if self._place is not _Place.DIRECTORY:
            raise InvalidInput("The zip file ends too early. Was the upload cut off?")
        if self._name is None:
            raise InvalidInput("There is no file in the zip.")

    def _read_header(self) -> None:
        packed = self._packed
        if len(packed) < 4:
            return
        if packed.startswith(_DIRECTORY):
            # What the directory says again is not asked for.
            self._place, self._packed = _Place.DIRECTORY, b""
            return
        if not packed.startswith(ZIP_MAGIC):
            raise _broken("a file in it does not begin where it should")
        if len(packed) < _HEADER.size:
            return
        _, _, flags, method, _, _, checksum, size, _, name_size, extra_size = _HEADER.unpack_from(packed)
        start = _HEADER.size + name_size + extra_size
        if len(packed) < start:
            return
        name = packed[_HEADER.size : _HEADER.size + name_size]
        extra = packed[_HEADER.size + name_size : start]
        self._entry = _Entry(
            name=name,
            method=method,
            sizes_follow=bool(flags & _SIZES_FOLLOW),
            checksum=checksum,
            packed_left=_long_size(extra) if size == _NOT_SAID else size,
            is_wanted=not _is_beside(name),
        )
        self._begin(self._entry, is_encrypted=bool(flags & _ENCRYPTED))
        self._packed = packed[start:]

    def _begin(self, entry: _Entry, *, is_encrypted: bool) -> None:
        if entry.is_wanted:
            if self._name is not None:
                raise InvalidInput(
                    f"There are several files in the zip, {_shown(self._name)} and {_shown(entry.name)}. "
                    "Send each by itself."
                )
            self._name = entry.name
        if is_encrypted:
            raise InvalidInput("The zip file has a password. Send the file in it, or a zip without one.")
        if entry.method not in (_STORED, _DEFLATED) or (entry.method == _STORED and entry.sizes_follow):
            raise InvalidInput(
                "The zip file is packed in a way that is not read. Send the file in it, or gzip."
            )
        self._stream = zlib.decompressobj(wbits=-15)
        self._checked = 0
        self._place = _Place.CONTENT

    def _unpack(self) -> tuple[bytes, bool]:
        """A piece of the file, and whether it is wanted; moves on where the file ends."""
        entry = self._entry
        assert entry is not None
        if entry.method == _STORED:
            piece = self._packed[: min(entry.packed_left, UNPACKED_BYTES)]
            self._packed = self._packed[len(piece) :]
            entry.packed_left -= len(piece)
            is_end = entry.packed_left == 0
        else:
            try:
                piece = self._stream.decompress(self._packed, UNPACKED_BYTES)
            except zlib.error as error:
                raise _broken(str(error)) from None
            is_end = self._stream.eof
            self._packed = self._stream.unused_data if is_end else self._stream.unconsumed_tail
        self._checked = zlib.crc32(piece, self._checked)
        if is_end:
            self._place = _Place.DESCRIPTOR if entry.sizes_follow else _Place.HEADER
            if not entry.sizes_follow:
                self._check(entry.checksum)
        return piece, entry.is_wanted

    def _pass_over(self, piece: bytes) -> None:
        self._passed_over += len(piece)
        if self._passed_over > _BESIDE_BYTES:
            raise InvalidInput("More than one file is in the zip. Send each by itself.")

    def _read_descriptor(self) -> None:
        """The checksum behind a file; its sizes have four bytes or eight, which only what follows tells."""
        entry, packed = self._entry, self._packed
        assert entry is not None
        start = 4 if packed.startswith(_DESCRIPTOR_MAGIC) else 0
        if len(packed) < start + 24:
            return
        short = packed[start + 12 : start + 16] in (ZIP_MAGIC, *_DIRECTORY)
        self._check(int.from_bytes(packed[start : start + 4], "little"))
        self._packed = packed[start + (12 if short else 20) :]
        self._place = _Place.HEADER

    def _check(self, checksum: int) -> None:
        if self._checked != checksum:
            raise _broken("the checksum of the file in it is another")


def _is_beside(name: bytes) -> bool:
    """Whether an entry is no file of the sender's."""
    last = name.rpartition(b"/")[2]
    return (
        name.endswith(b"/")
        or name.startswith(b"__MACOSX/")
        or last.startswith(b"._")
        or last.lower() in (b".ds_store", b"thumbs.db", b"desktop.ini")
    )


def _long_size(extra: bytes) -> int:
    """The packed size as a header of large files says it."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        if tag == _ZIP64 and size >= 16 and at + 20 <= len(extra):
            return int.from_bytes(extra[at + 12 : at + 20], "little")
        at += 4 + size
    return _NOT_SAID


def _shown(name: bytes) -> str:
    return f'"{name[:100].decode(errors="replace")}"'


def _broken(reason: str) -> InvalidInput:
    return InvalidInput(f"The zip file is broken: {reason}.")
