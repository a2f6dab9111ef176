"""Forms as browsers send them (multipart/form-data), part by part as they come, in constant memory."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded

FORM_TYPE = "multipart/form-data"
FIELDS_BYTES = 1024**2
"""All fields of a form but its files, and the headers of its parts."""
_PART_ENDS = b""


class Part:
    """A part of a form: `filename` is None for a field. Its content is read before the next part's."""

    def __init__(self, form: Form, headers: Message) -> None:
        disposition = headers.get("content-disposition", "")
        self.name = _parameter(disposition, "name") or ""
        self.filename = _parameter(disposition, "filename")
        self.content_type: str | None = headers.get("content-type")
        self._form = form
        self._is_read = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its content, once. Raises InvalidInput for a form that ends too early."""
        while not self._is_read:
            event = await self._form.next_event()
            assert isinstance(event, bytes), "a part ends before the next one begins"
            if event is _PART_ENDS:
                self._is_read = True
            else:
                yield event

    async def text(self) -> str:
        """A field's value. Raises LimitExceeded where the form's fields are too large together."""
        value = bytearray()
        async for piece in self.pieces():
            self._form.count(len(piece))
            value += piece
        return value.decode("utf-8", "replace")


class Form:
    """A form that is read while it comes: iterate `parts` once."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes], *, parts_limit: int = 1_000) -> None:
        """Raises InvalidInput for a content type without a boundary."""
        self._body = body
        self._parts_left = parts_limit
        self._parts_limit = parts_limit
        self._events: deque[bytes | Part] = deque()
        self._is_begun = self._is_ended = False
        self._failure: DomainError | None = None
        self._size = 0
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

    async def parts(self) -> AsyncIterator[Part]:
        """Each part; what was not read of one is passed over.

        Raises InvalidInput for a form that is none or ends too early, LimitExceeded for too many parts.
        """
        while not self._is_ended or self._events:
            event = await self.next_event()
            if event is None:
                return
            assert isinstance(event, Part), "content was read to its end"
            yield event
            async for _ in event.pieces():
                pass

    async def next_event(self) -> bytes | Part | None:
        """What comes next: a part's beginning, some of its content, its end; None behind the last."""
        if self._failure is not None:
            # Whoever passes over what is wrong with a part does not pass over this.
            raise self._failure
        try:
            while not self._events and not self._is_ended and await self._read_on():
                pass
        except DomainError as error:
            self._failure = error
            raise
        return self._events.popleft() if self._events else None

    async def _read_on(self) -> bool:
        piece = await anext(self._body, None)
        if piece is None:
            if self._is_begun:
                raise InvalidInput("The form ends too early. Was the upload cut off?")
            return False
        self._is_begun = True
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise InvalidInput(f"The form cannot be read: {error}") from None
        return True

    def count(self, size: int) -> None:
        """Count bytes that are no file's. Raises LimitExceeded."""
        self._size += size
        if self._size > FIELDS_BYTES:
            raise LimitExceeded(f"The form's fields are larger than {FIELDS_BYTES} bytes together.")

    def _part_begins(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise LimitExceeded(f"The form has more than {self._parts_limit:,} parts. Send several forms.")
        self._headers = Message()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self.count(end - start)
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self.count(end - start)
        self._header[1].extend(data[start:end])

    def _header_ends(self) -> None:
        name, value = (part.decode("utf-8", "replace") for part in self._header)
        self._headers[name.strip()] = value.strip()
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        self._events.append(Part(self, self._headers))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(data[start:end])

    def _part_ends(self) -> None:
        self._events.append(_PART_ENDS)

    def _form_ends(self) -> None:
        self._is_ended = True


def is_form(content_type: str | None) -> bool:
    """Whether the header Content-Type says that a form comes."""
    return (content_type or "").partition(";")[0].strip().lower() == FORM_TYPE


def _parameter(header: str, name: str) -> str | None:
    """A parameter of a header like `form-data; name="file"`."""
    parsed = Message()
    parsed["content-disposition"] = header
    found = parsed.get_param(name, header="content-disposition")
    if isinstance(found, tuple):
        # RFC 2231: charset, language, text.
        return found[2]
    return found if isinstance(found, str) else None
