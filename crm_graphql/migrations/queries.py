"""Migrations as they are read: what this release still needs, and whether it may go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_graphql.migrations.documents import Migration
from crm_graphql.migrations.plan import Phase, Step
from crm_graphql.migrations.steps import STEPS


class NotMigrated(Exception):
    """The database is not as this release needs it; the message says what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """How the database stands to this release."""

    missing: Sequence[Step]
    """Not made yet, in their order."""
    unknown: Sequence[str]
    """Steps of a later release, after which this one cannot go on."""

    @property
    def required(self) -> Sequence[Step]:
        """What is missing before a process of this release may start."""
        return [step for step in self.missing if step.phase is Phase.EXPAND]


async def state_of(steps: Sequence[Step] = STEPS) -> State:
    """Read what was made. Costs one query."""
    made = {row["_id"]: row async for row in Migration.get_pymongo_collection().find()}
    known = {step.number for step in steps}
    return State(
        missing=[
            step
            for step in steps
            if step.number not in made or step.version() not in made[step.number]["versions"]
        ],
        unknown=[
            f"{number} ({row['name']})"
            for number, row in sorted(made.items())
            if number not in known and row["ends_former_releases"]
        ],
    )


def check_known(state: State) -> None:
    """Raise NotMigrated where a later release has made the database its own."""
    if state.unknown:
        raise NotMigrated(
            f"The database was migrated by a later release, step {', '.join(state.unknown)}, after which "
            "this release cannot go on. Start the later release."
        )
