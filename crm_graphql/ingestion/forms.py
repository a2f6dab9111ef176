"""Forms at the ingest doors: the options before the file, its bytes as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator

from crm_graphql.core import forms
from crm_graphql.core.errors import InvalidInput

FILE_PART = "file"


class Form:
    """A form that is read part by part: `begin`, then `fields` are those before the file, and iterating gives
    the file, in constant memory."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        """Raises InvalidInput for a content type without a boundary."""
        self.fields: list[tuple[str, str]] = []
        self._parts = forms.Form(content_type, body).parts()
        self._file: forms.Part | None = None

    @property
    def filename(self) -> str | None:
        """What its sender calls the file."""
        return None if self._file is None else self._file.filename

    @property
    def content_type(self) -> str | None:
        """What its sender says that the file is."""
        return None if self._file is None else self._file.content_type

    async def begin(self) -> None:
        """Read up to the file. Raises InvalidInput for a form that has none, or is none."""
        async for part in self._parts:
            if part.name == FILE_PART:
                self._file = part
                return
            self.fields.append((part.name, await part.text()))
        raise InvalidInput(f'The form has no part "{FILE_PART}".', path=(FILE_PART,))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file. Raises InvalidInput for a form that ends too early, and for fields behind the file."""
        assert self._file is not None, "begun before"
        async for piece in self._file.pieces():
            yield piece
        async for part in self._parts:
            if part.name == FILE_PART:
                raise InvalidInput(f'The form has two parts "{FILE_PART}". Send one file.', path=(FILE_PART,))
            raise InvalidInput(
                f'The field "{part.name[:60]}" comes behind the file. Put it before.', path=(part.name[:60],)
            )
