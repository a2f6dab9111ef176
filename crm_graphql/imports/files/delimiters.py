"""Delimiters of CSV: what stands between the cells of a file."""

from __future__ import annotations

import csv

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.csv_records import BadRecord, RecordCutter, named_separator
from crm_graphql.imports.files.lines import BOM

CANDIDATES = (",", ";", "\t", "|")
WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_SAID = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_ROWS = 50
"""So many rows must agree with the headings."""
_BROKEN = (False, True, 0.0, 0)
"""The score where a quote that opens behind a delimiter breaks the headings: rather that than one heading."""


def said_delimiter(said: str) -> str:
    """The delimiter that a sender names. Raises InvalidInput for what can be none."""
    sign = _SAID.get(said.strip().lower(), said)
    if len(sign) != 1 or not sign.isascii() or sign.isalnum() or sign in '"\r\n\0':
        raise InvalidInput(
            f'"{said[:20]}" cannot be a delimiter. Name one sign, as "," or ";" or "|", or the word tab.'
        )
    return sign


def find_delimiter(text: bytes, *, is_whole: bool) -> str | None:
    """The delimiter by the heading line and the first rows of a file's beginning in UTF-8, outside quotes.
    None where its first line `sep=` names it."""
    text = text.removeprefix(BOM)
    if named_separator(text.partition(b"\n")[0].partition(b"\r")[0]) is not None:
        return None
    return max(CANDIDATES, key=lambda sign: _score(text, sign, is_whole=is_whole))


def _score(text: bytes, sign: str, *, is_whole: bool) -> tuple[bool, bool, float, int]:
    """How well a delimiter fits: there are several headings, rows are as wide as these, and they are many."""
    cutter = RecordCutter(sign.encode())
    records = cutter.feed(text)
    if is_whole or not records:
        records += cutter.finish()
    filled = [record for record in records[: _ROWS * 2] if isinstance(record, BadRecord) or record.strip()]
    if not filled or isinstance(filled[0], BadRecord):
        return _BROKEN
    lines = [record.decode(errors="replace") for record in filled if isinstance(record, bytes)]
    try:
        width = len(next(csv.reader(lines[:1], delimiter=sign)))
        rows = list(csv.reader(lines[1 : _ROWS + 1], delimiter=sign))
    except (csv.Error, StopIteration):
        return _BROKEN
    fitting = sum(len(row) == width for row in rows)
    return width > 1, False, fitting / len(rows) if rows else 1.0, width
