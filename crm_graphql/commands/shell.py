"""The shell of all subcommands: what they have in common on the command line."""

from __future__ import annotations

from typing import Any

import typer


def command_app(**options: Any) -> typer.Typer:
    """An app for one subcommand, or a group of them: help in markdown, no extra options, no traces."""
    return typer.Typer(
        add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False, **options
    )
