"""`crm replay`: feed an ingestion's kept records again, to see what they would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_graphql.commands.shell import command_app
from crm_graphql.commands.storage import OPERATOR, key_of, on_storage
from crm_graphql.commands.target import DataDirOption
from crm_graphql.ingestion.documents import Counters
from crm_graphql.ingestion.replay import replay_ingestion
from crm_graphql.resources import Resources

app = command_app()

FAILED = 1
"""The exit code when a record could not be applied."""


@app.command()
def replay(
    ingestion: Annotated[str, typer.Argument(help="Its id, as the API gives it.")],
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Apply an ingestion's records again, with their old versions: with unchanged data, changes nothing.

    A debugging aid. Records are kept for CRM_CHUNK_RETENTION_DAYS.
    """

    key = key_of("Ingestion", ingestion)

    async def feed(resources: Resources) -> Counters:
        return await replay_ingestion(
            OPERATOR,
            key,
            transact=resources.in_transaction,
            bus=resources.bus,
        )

    counters = on_storage(data_dir, feed)
    typer.echo(", ".join(f"{name} {count:,}" for name, count in counters.model_dump().items()))
    if counters.failed:
        raise typer.Exit(FAILED)
