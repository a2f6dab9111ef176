"""`crm key`: API keys for machines, for operators without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_graphql.accounts.api_keys import create_api_key
from crm_graphql.audit.service import record
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.storage import OPERATOR, on_storage
from crm_graphql.commands.target import DataDirOption
from crm_graphql.commands.token import parse_ttl
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources

app = command_app(no_args_is_help=True, help="API keys, for machines.")


@app.callback()
def keys() -> None:
    """API keys, for machines."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who uses it.")],
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What it may do.")] = Role.INGESTOR,
    ttl: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Its lifetime, e.g. 90d; without, it does not end.")
    ] = None,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Make an API key and print its secret, which is shown here and never again, and nothing else.

    Use it as a header: Authorization: Bearer SECRET
    """
    lifetime = parse_ttl(ttl) if ttl else None

    async def make(resources: Resources) -> str:
        now = resources.clock.now()
        row, secret = await create_api_key(
            OPERATOR,
            name=name,
            role=role,
            expires_at=now + lifetime if lifetime else None,
            clock=resources.clock,
        )
        await record(
            OPERATOR,
            "apiKeyCreate",
            subject_id=encode_id("ApiKey", row["_id"]),
            succeeded=True,
            settings=resources.settings,
            clock=resources.clock,
        )
        return secret

    typer.echo(on_storage(data_dir, make))
