"""`crm import`: a file into the running server, streamed, safe to break off and to repeat."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.ingestions import first_row_errors, wait_until_ended
from crm_graphql.client.uploads import Upload, Watcher, upload
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.importing_progress import ImportProgress
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import DataDirOption, server_token, server_url

app = command_app()

ROWS_AT_FAULT = 1
"""The exit code when a row was rejected or failed."""
ROW_ERRORS_SHOWN = 10
PIECE_BYTES = 256 * 1024
TOKEN_TTL = timedelta(hours=12)
GZIP_MAGIC = b"\x1f\x8b"
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
}


class Kind(Enum):
    """What the records are."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    SUPPRESSIONS = "suppressions"


@app.command("import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the records are.")],
    file: Annotated[
        Path, typer.Argument(help="CSV with a header, NDJSON or a JSON array; .gz is sent as it is.")
    ],
    url: Annotated[
        str | None,
        typer.Option(envvar="CRM_URL", help="The server; by default the `crm dev` here, or CRM_PUBLIC_URL."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="CRM_TOKEN", help="By default one is made with CRM_SECRET_KEY or the data dir."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all is persisted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the counters.")] = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(help="The same key with the same file ingests nothing twice; by default a new one."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where the records come from; by default the file.")
    ] = None,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Import a file of customers, orders or suppressions, in constant memory.

    A lost connection is taken up again by itself and doubles nothing. Exit code 1 when a row was rejected or
    failed, 2 when the file could not be read or was not taken.
    """
    what = describe_file(kind, file, idempotency_key, source or file.name)
    address = server_url(url, data_dir)
    api_token = server_token(token, address, data_dir, TOKEN_TTL)
    progress = ImportProgress(file.name, file.stat().st_size)
    try:
        ingestion, errors = asyncio.run(_import(Api(address, api_token), what, progress, wait=wait))
    except ApiAway as away:
        raise CommandFailed(f"{away} Is the server running? `crm dev` starts one here.") from None
    except ApiRefused as refused:
        raise CommandFailed(f"{file} was not taken: {refused}") from None
    _report(ingestion, errors, as_json=as_json)
    if ingestion["rejected"] or ingestion["failed"] or ingestion["status"] == "FAILED":
        raise typer.Exit(ROWS_AT_FAULT)


def describe_file(kind: Kind, file: Path, idempotency_key: str | None, source: str) -> Upload:
    """How `file` is sent, by its name and its first bytes. Raises CommandFailed for what cannot be sent."""
    if not file.is_file():
        raise CommandFailed(f"{file} is no file." if file.exists() else f"{file} does not exist.")
    content_type = CONTENT_TYPES.get(Path(file.name.removesuffix(".gz")).suffix.lower())
    if content_type is None:
        raise CommandFailed(
            f"{file}: what it is written in cannot be told. Its name must end in .csv, .ndjson, .jsonl or "
            ".json, with .gz or without."
        )
    try:
        with file.open("rb") as beginning:
            gzip = beginning.read(2) == GZIP_MAGIC
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from None
    key = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
    return Upload(kind.value, lambda: read_pieces(file), content_type, gzip, source, **key)


def read_pieces(file: Path) -> Iterator[bytes]:
    """The bytes of `file`. Raises CommandFailed when it cannot be read to its end."""
    try:
        with file.open("rb") as bytes_of:
            while piece := bytes_of.read(PIECE_BYTES):
                yield piece
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from None


async def _import(
    api: Api, what: Upload, progress: ImportProgress, *, wait: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async with api:
        with progress:
            ingestion = await upload(api, what, Watcher(progress.sent, progress.waiting))
            if wait:
                progress.applying(ingestion)
                ingestion = await wait_until_ended(api, ingestion["id"], progress.applying)
        errors: list[dict[str, Any]] = []
        if ingestion["rejected"] or ingestion["incomplete"] or ingestion["failed"]:
            errors = await first_row_errors(api, ingestion["id"], ROW_ERRORS_SHOWN)
        return ingestion, errors


def _report(ingestion: dict[str, Any], errors: list[dict[str, Any]], *, as_json: bool) -> None:
    for error in errors:
        typer.echo(row_error_text(error), err=True)
    at_fault = ingestion["rejected"] + ingestion["incomplete"] + ingestion["failed"]
    if at_fault > len(errors) > 0:
        typer.echo(f"... and {at_fault - len(errors)} more: query ingestion(id).rowErrors.", err=True)
    if ingestion["failureReason"]:
        typer.echo(f"It failed: {ingestion['failureReason']}", err=True)
    if as_json:
        sys.stdout.write(msgspec.json.encode(ingestion).decode() + "\n")
        return
    counts = ", ".join(
        f"{name} {ingestion[name]:,}"
        for name in (
            "received",
            "accepted",
            "rejected",
            "incomplete",
            "created",
            "updated",
            "unchanged",
            "failed",
        )
    )
    typer.echo(f"{ingestion['status']} {ingestion['id']}: {counts}")


def row_error_text(error: dict[str, Any]) -> str:
    """One row error as a line: which row, which field, what stood there, why."""
    where = f"row {error['row']}"
    if error["externalId"]:
        where += f" ({error['externalId']})"
    if error["field"]:
        where += f", {error['field']}"
    if error["value"] is not None:
        where += f" = {error['value']!r}"
    return f"{where}: {error['message']}"
