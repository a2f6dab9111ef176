"""Reading JSON objects: their keys to a row's values, and what is wrong with one that is none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.readers.lines import LINE_BYTES
from crm_graphql.ingestion.rows import (
    LAYOUTS,
    InputRow,
    RowProblem,
    foreign_names,
    kind_named,
    shown,
    wrong_door,
)


class JsonRows:
    """Decodes one JSON object after another into rows of one kind. Numbers stay exact decimals.

    An object of the other kind is a bad row; as the first of a body it shows that the body is at the wrong
    door, and the body is refused.
    """

    def __init__(self, kind: IngestionKind) -> None:
        layout = LAYOUTS[kind]
        others = foreign_names(kind)
        self._keys = keys = (*layout.keys, *layout.aliases, *others)
        shape = msgspec.defstruct(f"{kind.value.title()}Row", [(key, Any, UNSET) for key in keys], gc=False)
        self.names = dict(zip(layout.fields, layout.keys, strict=True))
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(shape, float_hook=Decimal).decode
        self._width = len(layout.fields)
        self._kind = kind
        self._is_first = True
        self._no_more = (UNSET,) * (len(layout.aliases) + len(others))
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
        is_first, self._is_first = self._is_first, False
        if values[self._width :] == self._no_more:
            return values[: self._width]
        given = [key for key, value in zip(self._keys, values, strict=True) if value is not UNSET]
        right = kind_named(given, self._kind)
        if right is not None:
            sentence = wrong_door(self._kind, right)
            if is_first:
                raise InvalidInput(f"{where}: {sentence}")
            return _bad(raw, f"{where} is of another kind. {sentence}")
        return self._unalias(values)

    def _unalias(self, values: tuple[Any, ...]) -> InputRow:
        row = list(values[: self._width])
        for (alias, field, index), value in zip(self._aliases, values[self._width :], strict=False):
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
