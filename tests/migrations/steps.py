"""Steps made up for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from crm_graphql.migrations.plan import Action, Database, Phase, Step

NOTES = ("first", "second", "third")


async def _nothing(_note: str) -> None:
    """What most notes do before they are written."""


def three_notes(
    before: Callable[[str], Awaitable[None]] = _nothing, *, number: int = 1, phase: Phase = Phase.EXPAND
) -> Step:
    """A step of three actions, each of which writes a document; `before` is called in each of them."""

    async def write(database: Database, note: str) -> None:
        await before(note)
        await database["notes"].update_one({"_id": note}, {"$inc": {"times": 1}}, upsert=True)

    async def plan(database: Database) -> Sequence[Action]:
        there = {row["_id"] async for row in database["notes"].find()}
        return [
            Action(f"write {note}", partial(write, database, note)) for note in NOTES if note not in there
        ]

    return Step(number, "three notes", phase, plan)
