"""`crm migrate`: prepares the database for this release, before its first process starts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo.asynchronous.database import AsyncDatabase

from crm_graphql import logs
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import DataDirOption, storage_settings
from crm_graphql.migrations.plan import Phase
from crm_graphql.migrations.queries import state_of
from crm_graphql.migrations.runner import connect_documents, migrate_database, steps_to_make
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.resources import connect_mongodb

app = command_app()


@app.command()
def migrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, and do nothing.")
    ] = False,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish", help="Also what processes of the release before would not survive: stop these first."
        ),
    ] = False,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Prepare the database for this release: indexes and changes of data, in numbered steps.

    Run it before the first process of a new release starts; processes of the release before may go on. Once
    none of them runs, run it with --finish. It may be stopped anywhere and run again.
    """
    settings = storage_settings(data_dir).model_copy(update={"log_level": "ERROR", "log_json": False})
    logs.configure(settings)

    async def run() -> None:
        async with connect_mongodb(settings) as mongo:
            database = mongo[settings.mongodb_database]
            await connect_documents(database)
            for line in (
                await _dry_run(database, finish=finish) if dry_run else await _run(database, finish=finish)
            ):
                typer.echo(line)

    try:
        asyncio.run(run())
    except LeaseLost:
        raise CommandFailed(
            "This process was cut off for so long that another may migrate now. Run it again: it does "
            "what is left.",
            exit_code=1,
        ) from None


async def _dry_run(database: AsyncDatabase[dict[str, Any]], *, finish: bool) -> Sequence[str]:
    lines = [
        f"{step.number}: {action.text}"
        for step in await steps_to_make(database, finish=finish)
        for action in await step.plan(database)
    ]
    return [*(lines or ["There is nothing to do."]), *await _waiting(finish=finish)]


async def _run(database: AsyncDatabase[dict[str, Any]], *, finish: bool) -> Sequence[str]:
    await migrate_database(database, finish=finish, say=typer.echo)
    return ["The database is ready for this release.", *await _waiting(finish=finish)]


async def _waiting(*, finish: bool) -> Sequence[str]:
    """What is left for later."""
    if finish:
        return []
    return [
        f"{step.number}: {step.name}: once no process of the release before runs: crm migrate --finish"
        for step in (await state_of()).missing
        if step.phase is Phase.CONTRACT
    ]
