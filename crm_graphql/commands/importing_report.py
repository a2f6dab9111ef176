"""Reports of `crm import`: tables of what became of a file, or would; plain where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crm_graphql.commands.importing_options import with_flags

COUNTERS = ("received", "accepted", "rejected", "incomplete", "created", "updated", "unchanged", "failed")
PLAIN_WIDTH = 1_000
CAUSES_SHOWN = 50
SAMPLES_SHOWN = 3
CELL_CHARACTERS = 60
RECORDS_SHOWN = 5


class Screen:
    """Standard output: tables with lines on a terminal, columns of text elsewhere."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout, width=None if is_terminal else PLAIN_WIDTH, highlight=False, markup=False
        )
        self._box = SIMPLE if is_terminal else None

    def line(self, text: str = "") -> None:
        """One line, whatever stands in it."""
        self._console.print(Text(visible(text)), soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table; numbers stand to the right."""
        body = [[_cell(value) for value in row] for row in rows]
        table = Table(box=self._box, pad_edge=False, padding=(0, 2, 0, 0))
        for index, heading in enumerate(headings):
            is_number = bool(body) and all(row[index].replace(",", "").isdigit() for row in body)
            table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
        for row in body:
            table.add_row(*map(Text, row))
        self._console.print(table)


def visible(text: str) -> str:
    """A text of somebody else's file, without the signs by which a terminal is told to do something."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _cell(value: object) -> str:
    return f"{value:,}" if type(value) is int else visible("" if value is None else str(value))


def row_error_text(error: Mapping[str, Any]) -> str:
    """One row error as a line: which line of the file, which column, what stood there, why."""
    where = f"row {error['row']}" if error.get("line") is None else f"line {error['line']}"
    if error["externalId"]:
        where += f" ({error['externalId']})"
    if column := error.get("column") or error["field"]:
        where += f", {column}"
    if error["value"] is not None:
        where += f" = {error['value']!r}"
    return visible(f"{where}: {error['message']}")


def report_ingestion(screen: Screen, ingestion: Mapping[str, Any], url: str) -> None:
    """What became of a file, as the door answers: its figures, refused rows by cause, columns that nothing
    took, where the refused rows lie. `url` is the server's."""
    counts = ", ".join(f"{name} {ingestion[name]:,}" for name in COUNTERS)
    screen.line(f"{ingestion['status']} {ingestion['id']}: {counts}")
    if ingestion.get("isDryRun"):
        screen.line("A dry run: nothing was stored.")
    if causes := ingestion.get("rowErrorCounts"):
        screen.line()
        screen.table(
            ("Refused or incomplete because", "Column", "Rows", "First line"),
            [
                (each["message"], each["column"], each["count"], each["first"])
                for each in causes[:CAUSES_SHOWN]
            ],
        )
    if ignored := ingestion.get("ignoredColumns"):
        screen.line()
        screen.line(f"Columns that nothing took: {_listed(ignored)}")
    for note in ingestion.get("notes") or ():
        screen.line(f"Note: {note}")
    if lie := ingestion.get("rowErrorsUrl"):
        screen.line(f"The refused rows, to be mended and sent again: {urljoin(f'{url}/', lie)}")


def report_preview(screen: Screen, preview: Mapping[str, Any]) -> None:
    """What a file is, and what would become of it."""
    what = [preview["format"], preview["encoding"], _delimiter(preview["delimiter"])]
    if preview["preset"]:
        what.append(f"preset {preview['preset']}")
    screen.line(", ".join(part for part in what if part))
    if preview["sheets"]:
        screen.line(f"Sheets: {_listed(preview['sheets'])}")
    screen.table(
        ("Column", "Examples", "Field", "Because"),
        [
            (column["column"], _samples(column["samples"]), column["field"] or "-", column["because"])
            for column in preview["columns"]
        ],
    )
    options = preview["options"]
    screen.line("Read with " + ", ".join(f"{name} {_option(value)}" for name, value in options.items()))
    for label, texts in (
        ("To be said by an option", preview["questions"]),
        ("No column brings", preview["missingFields"]),
        ("Note", preview.get("notes") or ()),
    ):
        for text in texts:
            screen.line(f"{label}: {with_flags(text, ())}")
    # A question is a refusal too, and told already.
    if (refusal := preview.get("refusal")) and refusal not in preview["questions"]:
        screen.line(f"It would not be taken: {with_flags(refusal, ())}")
    _records(screen, preview["records"])
    for error in preview["rowErrors"]:
        screen.line(row_error_text({"externalId": None, "field": None, "value": None, **error}))


def _records(screen: Screen, records: Sequence[Mapping[str, Any]]) -> None:
    """The first records, a column for each field that one of them has."""
    shown = records[:RECORDS_SHOWN]
    fields = list(dict.fromkeys(field for record in shown for field in record))
    if fields:
        screen.line()
        screen.table(
            fields, [[_shortened(_option(record.get(field))) for field in fields] for record in shown]
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _samples(samples: Sequence[str]) -> str:
    return _shortened(" | ".join(samples[:SAMPLES_SHOWN]))


def _shortened(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS else f"{text[: CELL_CHARACTERS - 1]}…"


def _delimiter(sign: str | None) -> str | None:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    return None if sign is None else f"{names.get(sign, sign)} between columns"


def _option(value: Any) -> str:
    match value:
        case None | []:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(_option, value))
        case dict():
            return " ".join(_option(part) for part in value.values() if part is not None)
    return str(value)
