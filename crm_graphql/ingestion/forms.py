"""Forms as browsers send files (multipart/form-data): the options before the file, its bytes as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from crm_graphql.core.errors import InvalidInput, LimitExceeded

FILE_PART = "file"
FIELDS_BYTES = 1024**2
"""All fields of a form but the file, and the headers of its parts."""


class Form:
    """A form that is read part by part: `begin`, then `fields` are those before the file, and iterating gives
    the file, in constant memory."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        """Raises InvalidInput for a content type without a boundary."""
        self.fields: list[tuple[str, str]] = []
        self.filename: str | None = None
        self.content_type: str | None = None
        self._body = body
        self._file: deque[bytes] = deque()
        self._has_file = self._is_file = self._is_ended = False
        self._size = 0
        self._name = ""
        self._value = bytearray()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers = Message()
        boundary = _parameter(content_type, "boundary")
        if not boundary:
            raise InvalidInput("The form's Content-Type names no boundary. Send multipart/form-data.")
        self._parser = MultipartParser(
            boundary.encode("latin-1", "replace"),
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._form_ends,
            },
        )

    async def begin(self) -> None:
        """Read up to the file. Raises InvalidInput for a form that has none, or is none."""
        while not self._has_file and await self._read_on():
            pass
        if not self._has_file:
            raise InvalidInput(f'The form has no part "{FILE_PART}".', path=(FILE_PART,))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file. Raises InvalidInput for a form that ends too early, and for fields behind the file."""
        while self._file or await self._read_on():
            while self._file:
                yield self._file.popleft()
        if not self._is_ended:
            raise InvalidInput("The form ends too early. Was the upload cut off?")

    async def _read_on(self) -> bool:
        """Take in the next piece of the body; False at its end."""
        piece = await anext(self._body, None)
        if piece is None:
            return False
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise InvalidInput(f"The form cannot be read: {error}") from None
        return True

    def _part_begins(self) -> None:
        self._headers = Message()
        self._value.clear()
        self._is_file = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header[1].extend(data[start:end])

    def _header_ends(self) -> None:
        name, value = (part.decode("utf-8", "replace") for part in self._header)
        self._headers[name.strip()] = value.strip()
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        self._name = _parameter(disposition, "name") or ""
        self._is_file = self._name == FILE_PART
        if self._is_file:
            if self._has_file:
                raise InvalidInput(f'The form has two parts "{FILE_PART}". Send one file.', path=(FILE_PART,))
            self._has_file = True
            self.filename = _parameter(disposition, "filename")
            self.content_type = self._headers.get("content-type")
        elif self._has_file:
            raise InvalidInput(
                f'The field "{self._name[:60]}" comes behind the file. Put it before.',
                path=(self._name[:60],),
            )

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._file.append(data[start:end])
            return
        self._count(end - start)
        self._value.extend(data[start:end])

    def _part_ends(self) -> None:
        if not self._is_file:
            self.fields.append((self._name, self._value.decode("utf-8", "replace")))

    def _form_ends(self) -> None:
        self._is_ended = True

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > FIELDS_BYTES:
            raise LimitExceeded(f"The form's fields are larger than {FIELDS_BYTES} bytes together.")


def _parameter(header: str, name: str) -> str | None:
    """A parameter of a header like `form-data; name="file"`."""
    parsed = Message()
    parsed["content-disposition"] = header
    found = parsed.get_param(name, header="content-disposition")
    if isinstance(found, tuple):
        # RFC 2231: charset, language, text.
        return found[2]
    return found if isinstance(found, str) else None
