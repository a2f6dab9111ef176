"""Handler of exports: the next part of a file."""

from __future__ import annotations

from consumers.work import Work
from crm_graphql.exports.messages import ExportWork


async def handle_export(work: Work, message: ExportWork) -> None:
    """Write the next part of the export's file."""
    await work.exports.take_turn(message)
