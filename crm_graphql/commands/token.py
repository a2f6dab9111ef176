"""`crm token`: a bearer token for the API, and nothing else on standard output."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import DataDirOption, signing_settings
from crm_graphql.core.actor import Role

app = command_app()

LONGEST = timedelta(days=366)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_ttl(text: str) -> timedelta:
    """`90s`, `30m`, `1h`, `7d`: above zero, at most 366 days. Raises typer.BadParameter."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    if not found:
        raise typer.BadParameter(f'"{text}" is not a duration like 90s, 30m, 1h or 7d.', param_hint="--ttl")
    ttl = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta(0) < ttl <= LONGEST:
        raise typer.BadParameter(
            "A token is good for a second at least and 366 days at most.", param_hint="--ttl"
        )
    return ttl


@app.command()
def token(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What the token allows.")] = Role.ADMIN,
    ttl: Annotated[str, typer.Option(metavar="DURATION", help="Its lifetime: 90s, 30m, 1h, 7d.")] = "1h",
    subject: Annotated[
        str, typer.Option(help="Whom records name as the one who did it.", show_default=True)
    ] = "operator",
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Print a bearer token of the server with the same settings, or the same data dir.

    Use it as a header: Authorization: Bearer TOKEN
    """
    lifetime = parse_ttl(ttl)
    typer.echo(mint_token(signing_settings(data_dir), role, lifetime, subject))
