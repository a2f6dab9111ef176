"""`crm vendors`: who carries each channel, and whether they would take messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import typer

from crm_graphql import logs
from crm_graphql.commands.shell import command_app
from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.delivery.vendors.choose import choose_vendors
from crm_graphql.delivery.vendors.setups import ChannelSetup, VendorChecks, setups_of

app = command_app(no_args_is_help=True, help="The vendors that carry messages.")

PROBLEM = 1
"""The exit code when a vendor would not take messages."""


@app.callback()
def vendors() -> None:
    """The vendors that carry messages."""


@app.command()
def check() -> None:
    """Ask each channel's vendor whether it would take messages. Logs in where it can; sends nothing.

    A line for each channel: its vendor, who messages are from, and what is wrong. Exit code 1 when something
    is.
    """
    settings = load_settings()
    logs.configure(settings.model_copy(update={"log_level": "ERROR", "log_json": False}))
    found = asyncio.run(_check(settings))
    for one in found:
        sender = f" as {one.sender}" if one.sender else ""
        typer.echo(f"{one.channel.value.lower()}  {one.vendor}{sender}  {one.problem or 'ok'}")
    if any(one.problem for one in found):
        raise typer.Exit(PROBLEM)


async def _check(settings: Settings) -> Sequence[ChannelSetup]:
    async with httpx.AsyncClient(timeout=settings.vendor_deadline_seconds) as http:
        return await setups_of(choose_vendors(settings, http), VendorChecks())
