"""`crm schema`: the SDL."""

from __future__ import annotations

import typer

from crm_graphql.commands.shell import command_app
from crm_graphql.schema import schema as graphql_schema

app = command_app()


@app.command()
def schema() -> None:
    """Print the GraphQL schema (SDL)."""
    typer.echo(graphql_schema.as_str().rstrip())
