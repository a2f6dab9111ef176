"""How fast are files of each format read to cells, beside the library alone that each format rests on?

The same customers as CSV, CSV in Windows-1252 with semicolons, XLSX, NDJSON, a JSON array, and a JSON
object around the array; each is fed in pieces of 64 KiB, as a body comes. Raw limits of the same run:
csv.reader over the decoded text, calamine's rows, msgspec over lines and over the whole array. Times are the
processor's.

Run: .venv/bin/python -m benchmarks.files [--rows 200000]
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
import python_calamine
import xlsxwriter

from crm_graphql.core.bodies import PIECE_BYTES
from crm_graphql.imports.files.recognise import LOOK_BYTES, last_batches, recognise
from crm_graphql.imports.tables import FileHints
from crm_graphql.local.demo_data import DemoData

COLUMNS = ("customer_id", "name", "email", "phone", "city", "country", "tags", "signed_up_at")
ROUNDS = 3
MEBIBYTE = 1024**2

Row = Sequence[str]


def customers(count: int) -> list[Row]:
    """The customers of `crm demo`, as cells."""
    pieces = DemoData(date(2026, 1, 1), count, 0).customer_pieces()
    records = (json.loads(line) for piece in pieces for line in piece.splitlines())
    return [[_cell(record.get(column)) for column in COLUMNS] for record in records]


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def as_csv(rows: Sequence[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """With CRLF and quotes where they must be, as programs write it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return file.getvalue().encode(encoding, errors="replace")


def as_xlsx(rows: Sequence[Row]) -> bytes:
    """One sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([COLUMNS, *rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def as_objects(rows: Sequence[Row]) -> list[bytes]:
    """Each row as a JSON object."""
    return [msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))) for row in rows]


def read_table(body: bytes) -> int:
    """The product's reading; how many rows came."""
    table = recognise(body[:LOOK_BYTES], FileHints(), is_whole=False)
    count = 0
    for at in range(0, len(body), PIECE_BYTES):
        count += len(table.feed(body[at : at + PIECE_BYTES]).rows)
    return count + sum(len(batch.rows) for batch in last_batches(table))


def read_csv(body: bytes, delimiter: str = ",", encoding: str = "utf-8") -> int:
    """The csv module alone."""
    text = io.StringIO(body.decode(encoding), newline="")
    return sum(1 for _ in csv.reader(text, delimiter=delimiter, strict=True)) - 1


def read_xlsx(body: bytes) -> int:
    """Only calamine."""
    sheet = python_calamine.load_workbook(io.BytesIO(body)).get_sheet_by_index(0)
    return sum(1 for _ in sheet.iter_rows()) - 1


def read_lines(body: bytes) -> int:
    """Only msgspec, to dictionaries."""
    return len(msgspec.json.Decoder(dict[str, Any]).decode_lines(body))


def read_json(body: bytes) -> int:
    """Only msgspec, to dictionaries, the whole at once."""
    found = msgspec.json.decode(body)
    return len(found["customers"] if isinstance(found, dict) else found)


def seconds(read: Callable[[bytes], int], body: bytes, rows: int) -> float:
    """The processor's time for the best of some rounds: what else the machine does is not asked about."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        count = read(body)
        times.append(time.process_time() - start)
        assert count == rows, f"{count} of {rows} rows"
    return min(times)


def main(count: int) -> None:
    """Print a line a format."""
    rows = customers(count)
    objects = as_objects(rows)
    array = b"[" + b",\n".join(objects) + b"]"
    windows: Callable[[bytes], int] = lambda body: read_csv(body, ";", "cp1252")  # noqa: E731
    cases: dict[str, tuple[bytes, str, Callable[[bytes], int]]] = {
        "CSV": (as_csv(rows), "csv.reader", read_csv),
        "CSV, Windows-1252, ;": (as_csv(rows, ";", "cp1252"), "csv.reader", windows),
        "XLSX": (as_xlsx(rows), "calamine", read_xlsx),
        "NDJSON": (b"\n".join(objects), "msgspec", read_lines),
        "JSON array": (array, "msgspec", read_json),
        "JSON object": (b'{"count":1,"customers":' + array + b"}", "msgspec", read_json),
    }
    print(f"{count:,} customers of {len(COLUMNS)} columns")
    for name, (body, library, alone) in cases.items():
        raw = seconds(alone, body, count)
        ours = seconds(read_table, body, count)
        size = len(body) / MEBIBYTE
        print(
            f"{name:22} {size:6.1f} MiB {size / ours:7.1f} MiB/s {count / ours:10,.0f} records/s   "
            f"{library} alone {count / raw:10,.0f}/s   ratio {raw / ours:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    main(parser.parse_args().rows)
