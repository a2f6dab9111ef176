"""Encodings of files of text: which one it is, and its bytes as UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Protocol

from crm_graphql.core.errors import InvalidInput

WINDOWS = "cp1252"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
# Text of several bytes a sign; other codecs that Python has are no encodings of files.
_FAMILIES = re.compile(
    r"ascii|utf-(8(-sig)?|16(-[lb]e)?|32(-[lb]e)?)|cp\d+|iso8859-\d+|koi8-\w|mac-\w+|tis-620|hp-roman8|ptcp154"
    r"|kz1048|shift_jis\w*|euc_\w+|gb\w+|hz|big5\w*|johab|iso2022_\w+"
)
_NAMES = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "ascii": "us-ascii"}
_WIDE_BYTES = 128
"""So much of a file shows by its headings whether each sign has two bytes."""
_AS_WINDOWS = (
    "The file is not UTF-8, so it was read as Windows-1252, as Excel saves CSV. "
    "If letters look wrong, name the encoding, or save the file as UTF-8."
)


class Decoder(Protocol):
    """Turns the bytes of a file into UTF-8, piece by piece."""

    @property
    def name(self) -> str:
        """The encoding by its usual name, as far as it is known by now."""

    @property
    def notes(self) -> Sequence[str]:
        """What the sender should know of it."""

    def feed(self, piece: bytes) -> bytes:
        """The same text in UTF-8; a sign that the piece cuts comes with the next one."""

    def finish(self) -> bytes:
        """What was held back at the end."""


class Transcoder:
    """Text of a known encoding. What is not of it becomes U+FFFD, by which a cell shows that it is spoilt."""

    def __init__(self, encoding: str, *, name: str | None = None, notes: Sequence[str] = ()) -> None:
        self.name = name or label(encoding)
        self.notes = notes
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def feed(self, piece: bytes) -> bytes:
        """The piece in UTF-8."""
        return self._decoder.decode(piece).encode()

    def finish(self) -> bytes:
        """What is left of a sign that the file's end cuts."""
        return self._decoder.decode(b"", final=True).encode()


class Utf8:
    """UTF-8 as it is, until the first sign beyond ASCII shows that the file is something else: from there on
    it is read in the encoding `otherwise`. None: it is UTF-8 in any case, as JSON is."""

    def __init__(self, otherwise: str | None = None, notes: Sequence[str] = ()) -> None:
        """`notes` are said where it is read in the other encoding."""
        self._otherwise = otherwise
        self._notes = notes
        self._is_certain = otherwise is None
        self._held = b""
        """The beginning of a sign that the last piece has cut."""
        self._other: Transcoder | None = None

    @property
    def name(self) -> str:
        """UTF-8, unless a byte has shown that it is not."""
        return self._other.name if self._other is not None else "utf-8"

    @property
    def notes(self) -> Sequence[str]:
        """Said where the file was not UTF-8."""
        return self._other.notes if self._other is not None else ()

    def feed(self, piece: bytes) -> bytes:
        """The piece in UTF-8."""
        if self._other is not None:
            return self._other.feed(piece)
        if self._is_certain or (not self._held and piece.isascii()):
            return piece
        piece, self._held = self._held + piece, b""
        first = _BEYOND_ASCII.search(piece)
        assert first is not None
        is_utf8 = begins_with_utf8(piece[first.start() :])
        if is_utf8 is None:
            self._held = piece[first.start() :]
            return piece[: first.start()]
        if is_utf8:
            self._is_certain = True
            return piece
        return self._turn(piece)

    def finish(self) -> bytes:
        """A sign that the end cuts is none of UTF-8."""
        if self._other is None and self._held:
            piece, self._held = self._held, b""
            return self._turn(piece) + self.finish()
        return self._other.finish() if self._other is not None else b""

    def _turn(self, piece: bytes) -> bytes:
        assert self._otherwise is not None
        self._other = Transcoder(self._otherwise, notes=self._notes)
        return self._other.feed(piece)


def begins_with_utf8(text: bytes) -> bool | None:
    """Whether the sign beyond ASCII at the beginning is UTF-8; None: more bytes must come to know."""
    lead = text[0]
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        _, used = codecs.utf_8_decode(text[:size], "strict", False)
    except UnicodeDecodeError:
        return False
    return True if used else None


def decoder_for(beginning: bytes, said: str | None, declared: str | None) -> Decoder:
    """How the text of a file is decoded. `said` is the sender's word, `declared` that of a program beside
    the file, which is often wrong: it counts where the text is not UTF-8. A byte order mark is stronger.

    Raises InvalidInput for an encoding that nobody knows.
    """
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            order = "le" if mark.startswith(codecs.BOM_UTF16_LE) else "be"
            return Utf8() if encoding == "utf-8" else Transcoder(encoding, name=encoding + order)
    if said is not None:
        codec = _known(said)
        if codec is None:
            raise InvalidInput(
                f'The encoding "{said[:40]}" is not known. Use a usual name, as utf-8 or windows-1252.'
            )
        return Utf8() if codec.startswith("utf-8") else Transcoder(_ordered(codec, beginning))
    wide = _wide(beginning)
    if wide is not None:
        return Transcoder(wide)
    return _by_its_first_sign(beginning, _known(declared) if declared else None)


def _by_its_first_sign(beginning: bytes, declared: str | None) -> Decoder:
    if declared is None or declared.startswith("utf-8") or declared in ("ascii", "iso8859-1", WINDOWS):
        # What is called ASCII or Latin 1 is Windows-1252 to every browser.
        return Utf8(WINDOWS, (_AS_WINDOWS,))
    first = _BEYOND_ASCII.search(beginning)
    has_utf8 = first is not None and begins_with_utf8(beginning[first.start() :])
    if "a,b\n".encode(declared) != b"a,b\n" or declared.startswith(("iso2022", "hz")):
        is_utf8 = has_utf8 or (declared.startswith(("utf-16", "utf-32")) and 0 not in beginning)
        return Utf8(WINDOWS, (_AS_WINDOWS,)) if is_utf8 else Transcoder(_ordered(declared, beginning))
    return Utf8(declared)


def _ordered(codec: str, beginning: bytes) -> str:
    """The codec with its order of bytes, which no mark has said."""
    if codec == "utf-16":
        return _wide(beginning) or "utf-16-le"
    return "utf-32-le" if codec == "utf-32" else codec


def _known(said: str) -> str | None:
    """Python's name of an encoding of text; None for any other word."""
    try:
        codec = codecs.lookup(said.strip()).name
    except (LookupError, ValueError):
        return None
    return codec if _FAMILIES.fullmatch(codec) else None


def _wide(beginning: bytes) -> str | None:
    """UTF-16 without a mark: the letters of headings have a zero byte behind or before them."""
    start = beginning[: min(len(beginning), _WIDE_BYTES) // 2 * 2]
    before, behind = start[::2].count(0), start[1::2].count(0)
    signs = len(start) // 2
    if behind * 4 >= signs > 0 and before * 8 < behind:
        return "utf-16-le"
    if before * 4 >= signs > 0 and behind * 8 < before:
        return "utf-16-be"
    return None


def label(codec: str) -> str:
    """The usual name of one of Python's codecs."""
    if codec.startswith("cp125"):
        return f"windows-{codec[2:]}"
    if codec.startswith("iso8859"):
        return f"iso-8859{codec[7:]}"
    return _NAMES.get(codec, codec)
