"""`crm demo`: everything on one machine, with data and a campaign that delivers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from crm_graphql.commands.dev import FolderOption, PortOption
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import folder_of
from crm_graphql.core.settings import load_settings
from crm_graphql.local import demo as story
from crm_graphql.local import dev as life

app = command_app()


@app.command()
def demo(
    port: Annotated[int | None, PortOption] = None, data_dir: Annotated[Path | None, FolderOption] = None
) -> None:
    """Run everything here, as `crm dev` does, and show it at work.

    Loads 20,000 made-up customers and 100,000 orders, cuts an audience, launches a campaign, shows it being
    delivered, and stays up. No message leaves this machine.
    """
    settings = load_settings()
    life.run(settings, folder_of(settings, data_dir), settings.port if port is None else port, story.tell)
