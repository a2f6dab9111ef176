"""`crm dead`: records that could not be applied, and sending them again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crm_graphql.commands.shell import command_app
from crm_graphql.commands.storage import OPERATOR, key_of, on_storage
from crm_graphql.commands.target import DataDirOption
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import PageRequest
from crm_graphql.ingestion.dead_letters import Retried, retry_dead_letters
from crm_graphql.ingestion.queries import DeadLetterView, list_dead_letters, show_dead_letter
from crm_graphql.resources import Resources

app = command_app(
    no_args_is_help=True,
    help="Records that could not be applied for a reason in their data: list, show, send again.",
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As `crm dead list` prints them.")]
STILL_DEAD = 1
"""The exit code when one of those sent again failed again."""


@app.command("list")
def list_letters(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """List dead letters, newest first."""

    async def read(_resources: Resources) -> tuple[list[DeadLetterView], bool]:
        page = await list_dead_letters(OPERATOR, PageRequest.of(first=limit))
        return list(page.rows), page.has_next

    letters, more = on_storage(data_dir, read)
    for letter in letters:
        if as_json:
            print_json(letter)
        else:
            typer.echo(f"{letter.id}  {letter.kind.value.lower()}  row {letter.row}  {letter.error[:160]}")
    if more:
        typer.echo(f"There are more than {limit}.", err=True)
    if not letters:
        typer.echo("There are no dead letters.", err=True)


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="As `crm dead list` prints it.")],
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Show one dead letter with its record, as JSON."""

    key = key_of("DeadLetter", id)

    async def read(_resources: Resources) -> DeadLetterView:
        return await show_dead_letter(OPERATOR, key)

    print_json(on_storage(data_dir, read))


@app.command()
def retry(
    ids: Ids = None,
    every: Annotated[bool, typer.Option("--all", help="All that there are.")] = False,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Apply dead letters again, with their old version; those that go through disappear.

    Exit code 1 when one failed again.
    """
    if every == bool(ids):
        raise InvalidInput("Name the dead letters to send again, or give --all.")

    keys = None if every else [key_of("DeadLetter", id) for id in ids or ()]

    async def send(resources: Resources) -> list[Retried]:
        return await retry_dead_letters(OPERATOR, keys, transact=resources.in_transaction, bus=resources.bus)

    results = on_storage(data_dir, send)
    for result in results:
        typer.echo(f"{result.id}  {'applied' if result.error is None else f'failed again: {result.error}'}")
    typer.echo(f"{sum(result.error is None for result in results)} of {len(results)} applied.", err=True)
    if any(result.error is not None for result in results):
        raise typer.Exit(STILL_DEAD)


def print_json(letter: DeadLetterView) -> None:
    """One line on standard output."""
    fields: dict[str, Any] = {
        "id": str(letter.id),
        "ingestionId": encode_id("Ingestion", letter.ingestion_id),
        "kind": letter.kind,
        "row": letter.row,
        "record": dict(letter.record),
        "error": letter.error,
        "createdAt": letter.created_at,
    }
    sys.stdout.write(msgspec.json.encode(fields, enc_hook=str).decode() + "\n")
