"""MongoDB's own profiler as a witness of what was read and written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from crm_graphql.resources import Database

PROFILE = "system.profile"
# By itself it would keep the last mebibyte, and say nothing of the commands before.
PROFILE_BYTES = 64 * 1024**2


@asynccontextmanager
async def profiled(database: Database) -> AsyncIterator[list[Mapping[str, Any]]]:
    """The commands that MongoDB serves within the block, there once it has ended."""
    found: list[Mapping[str, Any]] = []
    await database.create_collection(PROFILE, capped=True, size=PROFILE_BYTES)
    await database.command("profile", 2)
    try:
        yield found
        await database.command("profile", 0)
        others = {"ns": {"$ne": f"{database.name}.{PROFILE}"}, "command.profile": {"$exists": False}}
        found += await database[PROFILE].find(others).to_list()
    finally:
        await database.command("profile", 0)
        await database.drop_collection(PROFILE)


def documents_examined(commands: Sequence[Mapping[str, Any]], *, without: str = "") -> dict[str, int]:
    """How many documents the commands looked at, by collection and kind, where it was any."""
    found: dict[str, int] = {}
    for one in commands:
        collection = one["ns"].partition(".")[2]
        if (count := one.get("docsExamined", 0)) and collection != without:
            name = f"{collection} {one['op']}"
            found[name] = found.get(name, 0) + count
    return found
