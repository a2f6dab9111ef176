"""The file behind an ingestion: which column a problem is in, a row as it came, how many bytes came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.core.times import format_moment
from crm_graphql.imports.reading import FileReading
from crm_graphql.imports.tables import Cells, FileFormat
from crm_graphql.ingestion.stored_plans import stored_plan

KEPT_BYTES = 8 * 1024**2
"""The largest row that is kept as it came; MongoDB stores documents of up to 16 MiB."""
JSON_FORMATS = frozenset({FileFormat.JSON, FileFormat.NDJSON})
_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode


class Counted:
    """Bytes that pass through, counted."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self.size = 0

    def __aiter__(self) -> Counted:
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._source)
        self.size += len(piece)
        return piece


class FileOrigin:
    """What an intake asks of the file that its rows come from."""

    def __init__(self, reading: FileReading, source: Counted) -> None:
        self.reading = reading
        self._source = source
        self._is_json = reading.form.format in JSON_FORMATS

    @property
    def bytes_received(self) -> int:
        """Of the file as it comes, packed or not."""
        return self._source.size

    def stored_plan(self) -> dict[str, Any]:
        """How the file is read, as far as its columns are known."""
        return stored_plan(self.reading.plan, self.reading.form)

    def column_of(self, field: str | None) -> str | None:
        """The heading, as it stands in the file, of what a problem names: a heading, or a field."""
        if field is None:
            return None
        names = self.reading.names
        if field in names:
            return names[field]
        return field if field in self.reading.headings else None

    def as_came(self, cells: Cells | None) -> bytes | None:
        """A row's cells, for `RefusedRow`; None for those that are too large to be kept."""
        if cells is None:
            return None
        if self._is_json:
            given = zip(self.reading.headings, cells, strict=False)
            encoded = _encode({heading: cell for heading, cell in given if cell is not UNSET})
        else:
            encoded = _encode([_as_text(cell) for cell in cells])
        return encoded if len(encoded) <= KEPT_BYTES else None


def _as_text(cell: Any) -> str:
    """A cell as a CSV file holds it."""
    if type(cell) is str:
        return cell
    if cell is None or cell is UNSET:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.tzinfo is None else format_moment(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)
