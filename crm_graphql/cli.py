"""The `crm` command: finds the subcommand, and turns its failure into a sentence and an exit code."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from crm_graphql import __version__
from crm_graphql.commands.failing import sentence_of, wants_traces
from crm_graphql.commands.settings import print_settings
from crm_graphql.commands.shell import command_app
from crm_graphql.core.garbage import uncollected_imports

# Loaded one by one: `crm token` must not wait for a GraphQL schema to be built.
COMMANDS = {
    "dev": "crm_graphql.commands.dev",
    "demo": "crm_graphql.commands.demo",
    "migrate": "crm_graphql.commands.migrate",
    "serve": "crm_graphql.commands.serve",
    "token": "crm_graphql.commands.token",
    "user": "crm_graphql.commands.user",
    "key": "crm_graphql.commands.key",
    "import": "crm_graphql.commands.importing",
    "export": "crm_graphql.commands.exporting",
    "schema": "crm_graphql.commands.schema",
    "dead": "crm_graphql.commands.dead",
    "replay": "crm_graphql.commands.replay",
    "vendors": "crm_graphql.commands.vendors",
    "simulator": "crm_graphql.commands.simulator",
    "settings": "crm_graphql.commands.settings",
}


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        with uncollected_imports():
            command = get_command(import_module(module).app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        typer.echo("\n Settings: environment variables, or lines of a file .env in the current folder.\n")
        print_settings()

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise  # usage errors, orderly ends and a reader that went away: Typer knows what to say
        except Exception as error:
            if wants_traces():
                raise
            sentence, code = sentence_of(error)
            typer.echo(sentence, err=True)
            raise typer.Exit(code) from None


app = command_app(cls=_Commands, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A CRM and campaign engine: customers, orders, audiences, campaigns, live delivery.

    `crm demo` shows it all on this machine in two minutes; `crm dev` is the same without data.
    """
