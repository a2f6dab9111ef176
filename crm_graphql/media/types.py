"""Types of files, told by their content: neither a name nor a header is believed."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

import filetype

from crm_graphql.core.errors import InvalidInput

HEAD_BYTES = 8192
"""What the library looks at."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type known here: how names of its files end, the usual one first, and what reads a picture."""

    content_type: str
    extensions: tuple[str, ...]
    picture: str | None = None

    @property
    def is_picture(self) -> bool:
        """Whether it is a raster picture."""
        return self.picture is not None

    @property
    def is_text(self) -> bool:
        """Whether it is plain text, of which the name alone says more."""
        return self.content_type.startswith("text/")


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
FILE_TYPES: dict[str, FileType] = {
    one.content_type: one
    for one in (
        FileType("image/png", (".png", ".apng"), "PNG"),
        FileType("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
        FileType("image/gif", (".gif",), "GIF"),
        FileType("image/webp", (".webp",), "WEBP"),
        FileType("application/pdf", (".pdf",)),
        FileType(f"{_OFFICE}.wordprocessingml.document", (".docx",)),
        FileType(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",)),
        FileType(f"{_OFFICE}.presentationml.presentation", (".pptx",)),
        FileType(f"{_OPEN}.text", (".odt",)),
        FileType(f"{_OPEN}.spreadsheet", (".ods",)),
        FileType(f"{_OPEN}.presentation", (".odp",)),
        FileType("text/csv", (".csv", ".tsv", ".tab")),
        FileType("text/plain", (".txt", ".text", ".md", ".log", ".ics", ".vcf", ".json", ".ndjson")),
    )
}
"""By content type. What can be shown as a page (HTML, SVG, XML) is none of them, and cannot be allowed."""


class MediaKind(Enum):
    """What people take a file to be."""

    PICTURE = "PICTURE"
    DOCUMENT = "DOCUMENT"
    TEXT = "TEXT"

    def of(self, one: FileType) -> bool:
        """Whether a file of this type is of the kind."""
        if one.is_picture:
            return self is MediaKind.PICTURE
        return self is (MediaKind.TEXT if one.is_text else MediaKind.DOCUMENT)


CONTENT_TYPES: dict[MediaKind, tuple[str, ...]] = {
    kind: tuple(one.content_type for one in FILE_TYPES.values() if kind.of(one)) for kind in MediaKind
}
"""The content types of each kind."""

_CSV, _PLAIN = FILE_TYPES["text/csv"], FILE_TYPES["text/plain"]
_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\r\f")) + b"\x7f"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:[!?]|[a-z])", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>/]", re.IGNORECASE)
_KNOWN_ENDS = frozenset(mimetypes.types_map) | {end for one in FILE_TYPES.values() for end in one.extensions}


class WrongType(InvalidInput):
    """The file is of no type that is taken here."""


def told_type(head: bytes, filename: str, allowed: Sequence[str]) -> FileType:
    """The type of a file that begins so. Raises WrongType for one that is not allowed, or not known.

    Of a text more is looked at as it comes: see `checked_text`.
    """
    if not head:
        raise WrongType("The file is empty.")
    found = FILE_TYPES.get(guess := filetype.guess_mime(head) or "")
    if found is None and head.translate(None, _NO_TEXT) == head:
        if markup := _markup(head):
            raise WrongType(f"The file is {markup}: a page, which could run scripts. It is not taken.")
        # The library knows some types by two letters, with which a text may begin as well.
        found = _CSV if PurePosixPath(filename.lower()).suffix in _CSV.extensions else _PLAIN
    if found is None:
        raise WrongType(f"The file is of a type that is not taken here{f' ({guess})' if guess else ''}.")
    if found.content_type not in allowed:
        raise WrongType(f"Files of the type {found.content_type} are not taken here (CRM_MEDIA_TYPES).")
    return found


async def checked_text(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces. Raises WrongType at the first that is no text."""
    async for piece in pieces:
        if piece.translate(None, _NO_TEXT) != piece:
            raise WrongType("The file begins as a text and goes on as something else. It is not taken.")
        yield piece


def named_by_type(filename: str, told: FileType) -> str:
    """The name with the ending of what the file is: one that says something else is replaced."""
    suffix = PurePosixPath(filename.lower()).suffix
    if suffix in told.extensions:
        return filename
    if suffix in _KNOWN_ENDS:
        filename = filename[: -len(suffix)]
    return filename + told.extensions[0]


def _markup(head: bytes) -> str | None:
    if not _MARKUP.match(head):
        return None
    return "SVG" if _SVG.search(head) else "HTML or XML"
