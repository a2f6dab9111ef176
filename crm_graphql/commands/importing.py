"""`crm import`: a file into the running server, streamed, safe to break off and to repeat."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.ingestions import (
    details_of,
    first_row_errors,
    mapping_id,
    wait_until_ended,
    watch_received,
)
from crm_graphql.client.uploads import Upload, Watcher, preview_of, upload
from crm_graphql.commands import importing_options as option
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.importing_help import ImportCommand
from crm_graphql.commands.importing_progress import ImportProgress
from crm_graphql.commands.importing_report import Screen, report_ingestion, report_preview, row_error_text
from crm_graphql.commands.importing_source import Source, source_of
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import DataDirOption, server_token, server_url

app = command_app()

ROWS_AT_FAULT = 1
"""The exit code when a row was rejected or failed."""
ROW_ERRORS_SHOWN = 10
TOKEN_TTL = timedelta(hours=12)


class Kind(Enum):
    """What the records are."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    SUPPRESSIONS = "suppressions"


class Target(NamedTuple):
    """Where a file goes, and by what it is known there."""

    api: Api
    kind: Kind
    mapping: str | None
    options: Sequence[tuple[str, str]]
    idempotency_key: str | None
    source: str | None

    async def upload_of(self, source: Source) -> Upload:
        """The upload of this file. Raises ApiRefused for a mapping that is not there."""
        options = list(self.options)
        if self.mapping is not None:
            options.append(("mapping", await mapping_id(self.api, self.kind.value, self.mapping)))
        key = {} if self.idempotency_key is None else {"idempotency_key": self.idempotency_key}
        return Upload(
            self.kind.value,
            source.pieces,
            source.content_type,
            source.is_gzip,
            self.source or source.name,
            source.name,
            options,
            **key,
        )


class Outcome(NamedTuple):
    """What became of a file, and the first of its rows that were at fault."""

    ingestion: dict[str, Any]
    errors: list[dict[str, Any]]


@app.command("import", cls=ImportCommand)
def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the records are.")],
    file: Annotated[
        Path,
        typer.Argument(help="CSV, XLSX, NDJSON or JSON in any form, .gz and .zip too; - is standard input."),
    ],
    columns: option.MapOption = None,
    mapping: option.MappingOption = None,
    preset: option.PresetOption = None,
    sheet: option.SheetOption = None,
    delimiter: option.DelimiterOption = None,
    encoding: option.EncodingOption = None,
    date_order: option.DateOrderOption = None,
    decimal_comma: option.DecimalOption = None,
    time_zone: option.TimeZoneOption = None,
    country: option.CountryOption = None,
    empty: option.EmptyOption = None,
    topic: option.TopicOption = None,
    totals: option.TotalsOption = None,
    dry_run: option.DryRunOption = False,
    preview: option.PreviewOption = False,
    url: option.UrlOption = None,
    token: option.TokenOption = None,
    wait: option.WaitOption = False,
    as_json: option.JsonOption = False,
    idempotency_key: option.KeyOption = None,
    source: option.SourceOption = None,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Import a file of customers, orders or suppressions, in constant memory.

    A lost connection is taken up again by itself and doubles nothing. Exit code 1 when a row was rejected or
    failed, 2 when the file could not be read or was not taken. `docs/importing.md` goes from each shop's
    "Export" to here.
    """
    asked = option.asked_for(
        *(columns, mapping, preset, sheet, delimiter, encoding, date_order, decimal_comma, time_zone),
        *(country, empty, topic, totals, dry_run),
    )
    address = server_url(url, data_dir)
    api = Api(address, server_token(token, address, data_dir, TOKEN_TTL))
    target = Target(api, kind, mapping, asked, idempotency_key, source)
    run = _previewed if preview else _imported
    raise typer.Exit(run(target, file, wait=wait, as_json=as_json))


def _imported(target: Target, file: Path, *, wait: bool, as_json: bool) -> int:
    """Import the file, and tell what became of it; the exit code."""
    with _told(file), source_of(file) as source:
        outcome = asyncio.run(_import(target, source, wait=wait))
    ingestion = outcome.ingestion
    _tell_errors(outcome)
    if as_json:
        _print_json(ingestion)
    else:
        report_ingestion(Screen(), ingestion, target.api.url)
    is_at_fault = ingestion["rejected"] or ingestion["failed"] or ingestion["status"] == "FAILED"
    return ROWS_AT_FAULT if is_at_fault else 0


def _previewed(target: Target, file: Path, *, wait: bool, as_json: bool) -> int:
    """Show what the file is, and what would become of it; the exit code."""
    with _told(file), source_of(file) as source:
        found = asyncio.run(_preview(target, source))
    if as_json:
        _print_json(found)
    else:
        report_preview(Screen(), found)
    return ROWS_AT_FAULT if found["questions"] or found["rowErrors"] or found.get("refusal") else 0


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    """What the server says, as a sentence with the flags to give."""
    try:
        yield
    except ApiAway as away:
        raise CommandFailed(f"{away} Is the server running? `crm dev` starts one here.") from None
    except ApiRefused as refused:
        said = option.with_flags(str(refused), refused.paths)
        raise CommandFailed(f"{file} was not taken: {said}") from None


async def _import(target: Target, source: Source, *, wait: bool) -> Outcome:
    progress = ImportProgress(source.name, source.size)
    async with target.api as api:
        what = await target.upload_of(source)
        with progress:
            async with _rows_told(api, what, progress):
                ingestion = await upload(api, what, Watcher(progress.sent, progress.waiting))
            if wait:
                progress.applying(ingestion)
                ended = await wait_until_ended(api, ingestion["id"], progress.applying)
                # The address of the refused rows may have run out meanwhile.
                ingestion = {**ingestion, **ended, **await details_of(api, ingestion["id"])}
        errors: list[dict[str, Any]] = []
        if ingestion["rejected"] or ingestion["incomplete"] or ingestion["failed"]:
            errors = await first_row_errors(api, ingestion["id"], ROW_ERRORS_SHOWN)
        return Outcome(ingestion, errors)


@contextlib.asynccontextmanager
async def _rows_told(api: Api, what: Upload, progress: ImportProgress) -> AsyncIterator[None]:
    """Meanwhile, where somebody looks, ask how many rows were read."""
    if not progress.is_shown:
        yield
        return
    watching = asyncio.create_task(watch_received(api, what.kind, what.idempotency_key, progress.received))
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _preview(target: Target, source: Source) -> dict[str, Any]:
    async with target.api as api:
        return await preview_of(api, replace(await target.upload_of(source), pieces=source.beginning))


def _tell_errors(outcome: Outcome) -> None:
    ingestion = outcome.ingestion
    for error in outcome.errors:
        typer.echo(row_error_text(error), err=True)
    at_fault = ingestion["rejected"] + ingestion["incomplete"] + ingestion["failed"]
    if at_fault > len(outcome.errors) > 0:
        typer.echo(f"... and {at_fault - len(outcome.errors)} more: query ingestion(id).rowErrors.", err=True)
    if ingestion["failureReason"]:
        typer.echo(f"It failed: {ingestion['failureReason']}", err=True)


def _print_json(found: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
