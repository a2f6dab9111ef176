"""Options of `crm import`: the flags, what the server calls them, and which flag answers its question."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import typer

from crm_graphql.commands.failing import CommandFailed

READING = "How the file is read"
TRYING = "To look first"


class DateOrder(Enum):
    """In which order a date of three numbers has day, month and year."""

    YMD = "YMD"
    DMY = "DMY"
    MDY = "MDY"


MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help='A column and its field, e.g. "Email Address=email"; "Note=" leaves a column out. Repeat it.',
        rich_help_panel=READING,
    ),
]
MappingOption = Annotated[
    str | None, typer.Option(metavar="NAME-OR-ID", help="A kept mapping.", rich_help_panel=READING)
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        help="Whose export it is: shopify, woocommerce, mailchimp, hubspot, stripe or klaviyo; by default "
        "known by its headings.",
        rich_help_panel=READING,
    ),
]
SheetOption = Annotated[str | None, typer.Option(help="Of a workbook, by name.", rich_help_panel=READING)]
DelimiterOption = Annotated[
    str | None,
    typer.Option(help="comma, semicolon, tab, pipe or another sign.", rich_help_panel=READING),
]
EncodingOption = Annotated[str | None, typer.Option(help="E.g. windows-1252.", rich_help_panel=READING)]
DateOrderOption = Annotated[
    DateOrder | None,
    typer.Option(case_sensitive=False, help="Of dates like 03/04/2024.", rich_help_panel=READING),
]
DecimalOption = Annotated[
    bool | None,
    typer.Option("--decimal-comma/--decimal-point", help="What 1.200 and 1,50 are.", rich_help_panel=READING),
]
TimeZoneOption = Annotated[
    str | None,
    typer.Option(metavar="IANA-NAME", help="Of times without an offset.", rich_help_panel=READING),
]
CountryOption = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="Of telephone numbers in national form.", rich_help_panel=READING),
]
EmptyOption = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT", help='What means nothing, e.g. "n/a". Repeat it.', rich_help_panel=READING),
]
TopicOption = Annotated[
    str | None,
    typer.Option(
        help="What columns on consent speak of; by default Marketing, made where it is not there.",
        rich_help_panel=READING,
    ),
]
TotalsOption = Annotated[
    bool | None,
    typer.Option(
        "--totals/--no-totals",
        help="Take totals from a file of customers; orders of the same shop would count again.",
        rich_help_panel=READING,
    ),
]

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Read and count all, store nothing.", rich_help_panel=TRYING)
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview", help="Show which column goes where, from the file's beginning.", rich_help_panel=TRYING
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(envvar="CRM_URL", help="The server; by default the `crm dev` here, or CRM_PUBLIC_URL."),
]
TokenOption = Annotated[
    str | None,
    typer.Option(envvar="CRM_TOKEN", help="By default one is made with CRM_SECRET_KEY or the data dir."),
]
WaitOption = Annotated[bool, typer.Option("--wait", help="Return when all is persisted.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object with the counters.")]
KeyOption = Annotated[
    str | None,
    typer.Option(help="The same key with the same file ingests nothing twice; by default a new one."),
]
SourceOption = Annotated[str | None, typer.Option(help="Where the records come from; by default the file.")]

FLAGS = {
    "mapping": '--map "Column=field"',
    "preset": "--preset NAME",
    "sheet": "--sheet NAME",
    "delimiter": "--delimiter semicolon",
    "encoding": "--encoding windows-1252",
    "dateOrder": "--date-order DMY (or MDY, YMD)",
    "decimalComma": "--decimal-comma or --decimal-point",
    "timeZone": "--time-zone Europe/Berlin",
    "country": "--country DE",
    "empty": '--empty "n/a"',
    "topic": "--topic NAME",
    "totals": "--totals",
}
"""The flag to give, by the option's name in HTTP."""
_NAMED = re.compile(r"\b(dateOrder|decimalComma|timeZone)\b")


def asked_for(
    columns: Sequence[str] | None,
    mapping: str | None,
    preset: str | None,
    sheet: str | None,
    delimiter: str | None,
    encoding: str | None,
    date_order: DateOrder | None,
    decimal_comma: bool | None,
    time_zone: str | None,
    country: str | None,
    empty: Sequence[str] | None,
    topic: str | None,
    totals: bool | None,
    dry_run: bool,
) -> list[tuple[str, str]]:
    """The query parameters for what was asked for. Those of a kept mapping are the server's to find.
    Raises CommandFailed for a column without its field, and for two mappings at once."""
    if columns and mapping is not None:
        raise CommandFailed("--map and --mapping are two mappings. Give one of them.")
    given = {
        "mapping": _mapping(columns) if columns else None,
        "preset": preset,
        "sheet": sheet,
        "delimiter": delimiter,
        "encoding": encoding,
        "dateOrder": date_order and date_order.value,
        "decimalComma": _flag(decimal_comma),
        "timeZone": time_zone,
        "country": country,
        "topic": topic,
        "totals": _flag(totals),
        "dryRun": "true" if dry_run else None,
    }
    pairs = [(name, value) for name, value in given.items() if value is not None]
    return pairs + [("empty", text) for text in empty or ()]


def _mapping(columns: Sequence[str]) -> str:
    found: dict[str, str | None] = {}
    for text in columns:
        # A heading may hold the sign, a field never does.
        column, sign, field = text.rpartition("=")
        if not sign or not column.strip():
            raise CommandFailed(f'--map "{text}" is no column and field, like "Email Address=email".')
        if column.strip() in found:
            raise CommandFailed(f'--map names the column "{column.strip()}" twice.')
        found[column.strip()] = field.strip() or None
    return json.dumps(found, ensure_ascii=False)


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def with_flags(message: str, paths: Sequence[str]) -> str:
    """The server's sentence, and the flags that answer it: by the options that it is about or names."""
    names = dict.fromkeys([*(path for path in paths if path in FLAGS), *_NAMED.findall(message)])
    if not names:
        return message
    end = "" if message.endswith((".", "!", "?")) else "."
    return f"{message}{end} Give it with {' and '.join(FLAGS[name] for name in names)}."
