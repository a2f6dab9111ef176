"""Delimiters of CSV: what stands between the cells of a file."""

from __future__ import annotations

import csv

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.csv_records import RecordCutter, named_separator
from crm_graphql.imports.files.lines import BOM

CANDIDATES = (",", ";", "\t", "|")
WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_SAID = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_ROWS = 50
"""So many rows must agree with the headings."""


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
    scores = {sign: _score(text, sign, is_whole=is_whole) for sign in CANDIDATES if sign.encode() in text}
    return max(scores, key=lambda sign: scores[sign], default=",")


def _score(text: bytes, sign: str, *, is_whole: bool) -> tuple[bool, float, int]:
    """How well a delimiter fits: there are several headings, rows are as wide as these, and they are many."""
    cutter = RecordCutter(sign.encode())
    records = cutter.feed(text)
    if is_whole or not records:
        records += cutter.finish()
    lines = [
        record.decode(errors="replace")
        for record in records[: _ROWS * 2]
        if isinstance(record, bytes) and record.strip()
    ]
    try:
        header, *rows = csv.reader(lines[: _ROWS + 1], delimiter=sign)
    except (csv.Error, ValueError):
        return False, 0.0, 0
    width = len(header)
    fitting = sum(len(row) == width for row in rows)
    return width > 1, fitting / len(rows) if rows else 1.0, width
