"""JSON objects as rows of cells: their keys are the headings, as many as come."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.files import lines
from crm_graphql.imports.files.widths import COLUMNS_LIMIT, may_be_filled
from crm_graphql.imports.rows import RowProblem, shown
from crm_graphql.imports.tables import Cells

STRUCT_KEYS = 256
"""Up to so many keys a struct of exactly these is decoded, several times as fast as a dictionary."""
_HEADINGS_CHARACTERS = 1024 * 1024
_UNFIT = re.compile(r'[\x00-\x1f"\\]')

_Object = dict[str, Any]


class JsonRows:
    """Decodes one JSON object after another. Numbers stay exact decimals; UNSET stands for a key that an
    object does not have."""

    def __init__(self) -> None:
        self.headings: list[str] = []
        self._places: dict[str, int] = {}
        self._characters = 0
        self._is_plain = True
        """Whether all keys can be names of a struct."""
        self._decode_object = msgspec.json.Decoder(_Object, float_hook=Decimal).decode
        self._decode_known: Callable[[bytes], Any] | None = _struct_decoder([])

    def read(self, raw: bytes, where: str) -> Cells | RowProblem:
        """The row in `raw`. `where` names the place for a message. Raises InvalidInput for too many keys."""
        known = self.read_valid(raw)
        if known is not None:
            return known
        try:
            found = self._decode_object(raw)
        except UnicodeDecodeError as error:
            byte = error.object[error.start] if error.start < len(error.object) else 0
            return _bad(raw, f"{where} is not UTF-8 (byte 0x{byte:02X}). Send the body encoded in UTF-8.")
        except msgspec.ValidationError:
            return _bad(raw, f"{where} is not a JSON object. Send one object a row.")
        except (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError) as error:
            return _bad(raw, f"{where} is not valid JSON: {error}. Send one object a row.")
        self._learn([key for key in found if key not in self._places])
        return self._spread(found, raw, where)

    def read_valid(self, raw: bytes) -> Cells | None:
        """The row in `raw`; None where it is no valid object, or has a key that is new."""
        try:
            if self._decode_known is not None:
                return list(msgspec.structs.astuple(self._decode_known(raw)))
        except (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError):
            return None
        return None

    def _learn(self, keys: list[str]) -> None:
        """Take up keys that are new."""
        if not keys:
            return
        self._characters += sum(map(len, keys))
        if len(self.headings) + len(keys) > COLUMNS_LIMIT or self._characters > _HEADINGS_CHARACTERS:
            raise InvalidInput(
                f"The objects have more than {COLUMNS_LIMIT} different keys, or very long ones. "
                "Send objects with the same keys in each; what differs belongs into their values."
            )
        for key in keys:
            self._places[key] = len(self.headings)
            self.headings.append(key)
        self._is_plain = self._is_plain and not any(map(_UNFIT.search, keys))
        is_known = self._is_plain and len(self.headings) <= STRUCT_KEYS
        self._decode_known = _struct_decoder(self.headings) if is_known else None

    def _spread(self, found: _Object, raw: bytes, where: str) -> Cells | RowProblem:
        """The values in the order of the headings, as far as there are any."""
        places = [self._places[key] for key in found]
        width = len(self.headings) if self._decode_known is not None else max(places, default=-1) + 1
        if width > STRUCT_KEYS and not may_be_filled(width, len(raw)):
            return _bad(
                raw,
                f"{where} has {len(found)} keys, among them number {width} of the file. "
                "Send objects with the same keys in each.",
            )
        row: Cells = [UNSET] * width
        for place, value in zip(places, found.values(), strict=True):
            row[place] = value
        return row


def _struct_decoder(keys: list[str]) -> Callable[[bytes], Any]:
    names = {f"k{place}": key for place, key in enumerate(keys)}
    shape = msgspec.defstruct(
        "Row",
        [(name, Any, UNSET) for name in names],
        rename=names,
        forbid_unknown_fields=True,
        gc=False,
    )
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(shape, float_hook=Decimal).decode
    return decode


def too_long(where: str) -> RowProblem:
    """What is said of a row beyond the limit."""
    message = f"{where} is longer than {lines.LINE_BYTES} bytes. Send one record a row."
    return RowProblem(ErrorCode.INVALID, message)


def _bad(raw: bytes, message: str) -> RowProblem:
    return RowProblem(ErrorCode.INVALID, message, value=shown(raw[:400].decode(errors="replace").strip()))
