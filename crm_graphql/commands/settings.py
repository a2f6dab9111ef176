"""`crm settings`: every setting, its default and why one would change it."""

from __future__ import annotations

import sys
from enum import Enum

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table

from crm_graphql.commands.shell import command_app
from crm_graphql.core.settings import Settings, sections

app = command_app()


@app.command()
def settings() -> None:
    """Explain every setting: environment variables, or lines of a file .env in the current folder."""
    print_settings()


def print_settings() -> None:
    """A table of all variables, their defaults and their meaning."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for heading in ("Setting", "Default", "Meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "Setting")
    for _, names in sections():
        for name in names:
            field = Settings.model_fields[name]
            table.add_row(f"CRM_{name.upper()}", default_text(field), field.description or "")
        table.add_row()
    # Wide enough for a file or a pipe, where nobody says how wide it is.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140, markup=False).print(table)


def default_text(field: FieldInfo) -> str:
    """The default as one would write it in a `.env` file."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, list):
        value = ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else "(none)"
