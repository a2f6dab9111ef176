"""Reading JSON objects: their keys to a row's values, and what is wrong with one that is none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.readers.lines import LINE_BYTES
from crm_graphql.ingestion.rows import LAYOUTS, InputRow, RowProblem, shown


class JsonRows:
    """Decodes one JSON object after another into rows of one kind. Numbers stay exact decimals."""

    def __init__(self, kind: IngestionKind) -> None:
        layout = LAYOUTS[kind]
        keys = (*layout.keys, *layout.aliases)
        shape = msgspec.defstruct(f"{kind.value.title()}Row", [(key, Any, UNSET) for key in keys], gc=False)
        self.names = dict(zip(layout.fields, layout.keys, strict=True))
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(shape, float_hook=Decimal).decode
        self._width = len(layout.fields)
        self._no_aliases = (UNSET,) * len(layout.aliases)
        self._aliases = [
            (alias, layout.fields[layout.keys.index(key)], layout.keys.index(key))
            for alias, key in layout.aliases.items()
        ]

    def read(self, raw: bytes, where: str) -> InputRow:
        """The row in `raw`. `where` names the place for a message."""
        try:
            values = msgspec.structs.astuple(self._decode(raw))
        except UnicodeDecodeError as error:
            byte = error.object[error.start] if error.start < len(error.object) else 0
            return _bad(raw, f"{where} is not UTF-8 (byte 0x{byte:02X}). Send the body encoded in UTF-8.")
        except msgspec.ValidationError:
            return _bad(raw, f"{where} is not a JSON object. Send one object a row.")
        except (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError) as error:
            return _bad(raw, f"{where} is not valid JSON: {error}. Send one object a row.")
        if values[self._width :] == self._no_aliases:
            return values[: self._width]
        return self._unalias(values)

    def _unalias(self, values: tuple[Any, ...]) -> InputRow:
        row = list(values[: self._width])
        for (alias, field, index), value in zip(self._aliases, values[self._width :], strict=True):
            if value is UNSET:
                continue
            if row[index] is not UNSET:
                key = self.names[field]
                return RowProblem(
                    ErrorCode.INVALID,
                    f"{alias} and {key} are two names of one field. Send only one of them.",
                    field=alias,
                    value=shown(value),
                    external_id=row[0] if type(row[0]) is str else None,
                )
            row[index] = value
            self.names[field] = alias
        return tuple(row)


def too_long(where: str) -> RowProblem:
    """What is said of a row beyond the limit."""
    return RowProblem(ErrorCode.INVALID, f"{where} is longer than {LINE_BYTES} bytes. Send one record a row.")


def _bad(raw: bytes, message: str) -> RowProblem:
    return RowProblem(ErrorCode.INVALID, message, value=shown(raw[:400].decode(errors="replace").strip()))
