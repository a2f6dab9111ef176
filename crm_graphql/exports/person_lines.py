"""Lines of a person's own file: each document as an object, or in CSV a line for each of its values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from bson import ObjectId

from crm_graphql.core.money import to_text
from crm_graphql.core.times import format_moment
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.tables import Values
from crm_graphql.imports.exported import defused

COLUMNS = ("kind", "record", "field", "value")
MONEY = frozenset({"total_spend", "amount"})
"""Fields that hold money in ten-thousandths, wherever they are."""
_json = msgspec.json.Encoder(enc_hook=str)


class PersonLines:
    """Writes documents as they are held, in words: rows of one value, the document."""

    def __init__(self, format: ExportFormat) -> None:
        self._is_csv = format is ExportFormat.CSV

    @property
    def head(self) -> bytes:
        """See the protocol."""
        return _csv([COLUMNS]) if self._is_csv else b""

    def of(self, rows: Sequence[Values]) -> bytes:
        """See the protocol."""
        told = [_told(row[0]) for row in rows]
        if not self._is_csv:
            return _json.encode_lines(told)
        return _csv(
            [one["kind"], one["id"], field, defused(value)]
            for one in told
            for field, value in _flat({name: part for name, part in one.items() if name != "kind"})
        )


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in words: money as amounts, moments in UTC, keys as texts, `_id` as `id`."""
    return {"id" if name == "_id" else name: _in_words(name, value) for name, value in document.items()}


def _in_words(name: str, value: Any) -> Any:
    if name in MONEY and type(value) is int:
        return to_text(value)
    if isinstance(value, datetime):
        return format_moment(value)
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return _told(value)
    if isinstance(value, list | tuple):
        return [_in_words(name, one) for one in value]
    return value


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each single value with its path; what holds nothing is left out."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _flat(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _flat(part, f"{path}.{index}")
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _csv(rows: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
