"""The plan of a step: what is to be done, made from what the database holds now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

Database = AsyncDatabase[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be done. `text` says it in words; `do` bears being stopped anywhere and done again."""

    text: str
    do: Callable[[], Awaitable[object]]


class Phase(Enum):
    """When a step may be made, beside processes of the release before."""

    EXPAND = "EXPAND"
    """At any time: the former release goes on, and does not mind what was made."""
    CONTRACT = "CONTRACT"
    """Only once no process of the former release runs, and none can start any more."""


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered change of the database.

    `plan` looks at the database and returns what is left to do. So a step that was killed is continued by
    planning it again, and one that another process has made plans nothing. A step is made once for each
    `version` that it has had.
    """

    number: int
    name: str
    phase: Phase
    plan: Callable[[Database], Awaitable[Sequence[Action]]]
    version: Callable[[], str] = lambda: "1"
