"""Recognising a file: by its content first, then by what is said of it beside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.csv_table import CsvTable
from crm_graphql.imports.files.delimiters import CANDIDATES, find_delimiter, said_delimiter
from crm_graphql.imports.files.encodings import Decoder, Utf8, decoder_for
from crm_graphql.imports.files.json_table import JsonTable
from crm_graphql.imports.files.lines import BOM
from crm_graphql.imports.files.ndjson_table import NdjsonTable
from crm_graphql.imports.files.strangers import ZIP_MAGIC, refuse_other_texts, refuse_strangers
from crm_graphql.imports.files.xlsx_table import XlsxTable
from crm_graphql.imports.tables import Batch, FileFormat, FileHints, Table

LOOK_BYTES = 32 * 1024
"""So much of a file is looked at: whoever gives as much, or the whole file, gets the same answer however the
file was cut."""

_TYPES = {
    "text/csv": FileFormat.CSV,
    "application/csv": FileFormat.CSV,
    "text/tab-separated-values": FileFormat.CSV,
    "application/x-ndjson": FileFormat.NDJSON,
    "application/ndjson": FileFormat.NDJSON,
    "application/jsonl": FileFormat.NDJSON,
    "application/x-jsonlines": FileFormat.NDJSON,
    "application/json": FileFormat.JSON,
}
_ENDINGS = {
    "csv": FileFormat.CSV,
    "tsv": FileFormat.CSV,
    "tab": FileFormat.CSV,
    "ndjson": FileFormat.NDJSON,
    "jsonl": FileFormat.NDJSON,
    "json": FileFormat.JSON,
}
_OF_OBJECTS = (FileFormat.NDJSON, FileFormat.JSON)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s";]+)', re.IGNORECASE)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}\n]|"', re.DOTALL)
_FIRST_SIGNS = re.compile(rb"\s*+(.)\s*+(.)?", re.DOTALL)
_OBJECT_LINE = re.compile(rb"\n\s*+\{")


def recognise(beginning: bytes, hints: FileHints, *, is_whole: bool) -> Table:
    """The table that a file holds, by its beginning, which is only looked at: feed it as well.

    `is_whole` tells that there is nothing behind the beginning. Browsers call a CSV what they like, so that
    the type and the name count only where the content leaves a doubt. Raises InvalidInput for a file that
    holds no rows, which says what it is and what to do.
    """
    start = beginning[:LOOK_BYTES]
    is_whole = is_whole and len(start) == len(beginning)
    refuse_strangers(start)
    if start.startswith(ZIP_MAGIC):
        return XlsxTable(hints.sheet)
    decoder = _decoder(start, hints)
    text = _as_text(start, hints, is_whole=is_whole)
    refuse_other_texts(text)
    form = _form(text, _declared(hints), is_whole=is_whole)
    if form is FileFormat.CSV:
        delimiter = find_delimiter(text, is_whole=is_whole)
        return CsvTable(decoder, said_delimiter(hints.delimiter) if hints.delimiter else delimiter)
    json_decoder = Utf8() if isinstance(decoder, Utf8) else decoder
    return NdjsonTable(json_decoder) if form is FileFormat.NDJSON else JsonTable(json_decoder)


def last_batches(table: Table) -> Iterator[Batch]:
    """What a table gives at the file's end, in batches that fit into memory; as `Table.finish`."""
    if isinstance(table, XlsxTable):
        yield from table.batches()
    else:
        yield table.finish()


def _decoder(start: bytes, hints: FileHints) -> Decoder:
    charset = _CHARSET.search(hints.content_type or "")
    return decoder_for(start, hints.encoding or None, charset[1] if charset is not None else None)


def _as_text(start: bytes, hints: FileHints, *, is_whole: bool) -> bytes:
    """The beginning in UTF-8, by a decoder of its own."""
    decoder = _decoder(start, hints)
    text = decoder.feed(start)
    return text + decoder.finish() if is_whole else text


def _declared(hints: FileHints) -> FileFormat | None:
    kind = (hints.content_type or "").partition(";")[0].strip().lower()
    name = (hints.name or "").lower().removesuffix(".gz").removesuffix(".zip")
    return _TYPES.get(kind) or _ENDINGS.get(name.rpartition(".")[2])


def _form(text: bytes, declared: FileFormat | None, *, is_whole: bool) -> FileFormat:
    """What a text is written in."""
    text = text.removeprefix(BOM)
    signs = _FIRST_SIGNS.match(text)
    if signs is None:
        return declared or FileFormat.CSV
    if signs[1] == b"[":
        if signs[2] in (b"{", b"]", None) and declared is not FileFormat.CSV:
            return FileFormat.JSON
        return FileFormat.JSON if signs[2] == b"{" else declared or FileFormat.CSV
    if signs[1] == b"{" and (signs[2] in (b'"', b"}", None) or declared in _OF_OBJECTS):
        return _form_of_objects(text.lstrip(), declared, is_whole=is_whole)
    if declared is FileFormat.NDJSON and _OBJECT_LINE.search(text):
        return FileFormat.NDJSON
    if declared is FileFormat.JSON and not _has_columns(text):
        raise InvalidInput(
            f"Byte {signs.start(1)} of the body is not the opening bracket of a JSON array. "
            "Send an array of objects, or NDJSON with Content-Type application/x-ndjson."
        )
    return FileFormat.CSV


def _has_columns(text: bytes) -> bool:
    first = text.lstrip().partition(b"\n")[0]
    return any(sign.encode() in first for sign in CANDIDATES)


def _form_of_objects(text: bytes, declared: FileFormat | None, *, is_whole: bool) -> FileFormat:
    """One object a line, or one object around an array: an object that ends with its line has others behind
    it in NDJSON, and is spread over lines in JSON."""
    depth, holds_objects, last = 0, False, b""
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark == b"\n" and depth:
            return FileFormat.NDJSON if declared is FileFormat.NDJSON else FileFormat.JSON
        if mark in (b"{", b"["):
            holds_objects = holds_objects or (mark == b"{" and last == b"[" and depth == 2)
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                is_alone = is_whole and not text[token.end() :].strip()
                if not is_alone or declared is FileFormat.NDJSON:
                    return FileFormat.NDJSON
                break
        last = mark
    if declared is not None and declared in _OF_OBJECTS:
        return declared
    return FileFormat.JSON if holds_objects else FileFormat.NDJSON
