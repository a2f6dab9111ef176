"""`crm dev`: everything on one machine, for development."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import folder_of
from crm_graphql.core.settings import load_settings
from crm_graphql.local import dev as life

app = command_app()

PortOption = typer.Option(
    min=0, max=65535, envvar="CRM_PORT", show_default="8000", help="Where the API listens; 0: a free one."
)
FolderOption = typer.Option(envvar="CRM_DATA_DIR", show_default=".crm", help="Where all its data lies.")


@app.command()
def dev(
    port: Annotated[int | None, PortOption] = None, data_dir: Annotated[Path | None, FolderOption] = None
) -> None:
    """Run everything here: a private MongoDB, the API, the consumers and a vendor that sends nothing.

    CRM_MONGODB_URL and CRM_AMQP_URL, where they are set, are used instead of the private servers.
    """
    settings = load_settings()
    life.run(settings, folder_of(settings, data_dir), settings.port if port is None else port)
