"""Help of `crm import`: below its options the fields that a file's columns may bring, with their headings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperCommand

from crm_graphql.imports.fields import FIELDS
from crm_graphql.imports.kinds import IngestionKind

FIELD_CHARACTERS = 20
LINE_CHARACTERS = 100


class ImportCommand(TyperCommand):
    """The command with that table in its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the options, then the fields."""
        super().format_help(ctx, formatter)
        for kind in IngestionKind:
            typer.echo(
                f" Fields of {kind.value.lower()}, for headings in any case and spacing, and for --map:\n"
            )
            for line in field_lines(kind):
                typer.echo(line)
            typer.echo()


def field_lines(kind: IngestionKind) -> Iterator[str]:
    """A paragraph for each field: its name, what it is, and the other headings that bring it."""
    for field in FIELDS[kind]:
        text = f"{field.description}{' Required.' if field.is_required else ''}"
        if field.aliases:
            text += f" Also: {', '.join(field.aliases)}."
        yield from textwrap.wrap(
            text,
            LINE_CHARACTERS,
            initial_indent=f"   {field.field:<{FIELD_CHARACTERS}}",
            subsequent_indent=" " * (FIELD_CHARACTERS + 3),
        )
