"""Row errors by cause, counted while a body is read, in bounded memory."""

from __future__ import annotations

import re
from typing import Any

from crm_graphql.imports.rows import RowProblem

CAUSES_SHOWN = 50
CAUSES_COUNTED = 2_000
"""Further ones are counted together: a file has few kinds of faults, however many rows have them."""
FURTHER = "Further causes, each of a few rows."
_QUOTED = re.compile(r'"[^"]*"|(?<!\w)\'[^\']*\'(?!\w)|\[\d+\]')
_PLACE = re.compile(r"0x[0-9A-Fa-f]+|(?<![\w-])\d+")
_LEAST_VALUE = 3
"""A shorter value is a word of the message itself as often as not."""


def cause_of(problem: RowProblem) -> str:
    """The problem's message without what is peculiar to its row: line numbers, and the value that stood
    there."""
    message = _QUOTED.sub("…", problem.message)
    if message.startswith("Line "):
        first, dot, rest = message.partition(". ")
        message = _PLACE.sub("…", first) + dot + rest
    value = problem.value
    if value is not None and len(value) >= _LEAST_VALUE and value in message:
        message = message.replace(value, "…")
    return message


class ErrorCounts:
    """Counts row errors by column, code and message."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str | None, str, str], list[int]] = {}

    def add(self, problem: RowProblem, *, column: str | None, place: int) -> None:
        """Count one more. `place` is its line in the file, its row where there is no file."""
        key = (column, problem.code.value, cause_of(problem))
        found = self._causes.get(key)
        if found is None:
            if len(self._causes) >= CAUSES_COUNTED:
                key = (None, problem.code.value, FURTHER)
            found = self._causes.setdefault(key, [0, place])
        found[0] += 1

    def most(self) -> list[dict[str, Any]]:
        """The most frequent causes, most first; of equally frequent ones the first."""
        by_count = sorted(self._causes.items(), key=lambda cause: (-cause[1][0], cause[1][1]))
        return [
            {"column": column, "code": code, "message": message, "count": count, "first": first}
            for (column, code, message), (count, first) in by_count[:CAUSES_SHOWN]
        ]
