"""Slices: long calculations in an event loop, cut so that everything else there gets its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

SLICE_SECONDS = 0.01


class Slices:
    """The calculations of one process, one at a time: the loop waits for a slice and one item, however many
    callers there are."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def each(self, items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
        """`work` of each item, in order. Raises what `work` raises."""
        results: list[Result] = []
        async with self._lock:
            begun = time.perf_counter()
            try:
                for item in items:
                    if time.perf_counter() - begun >= SLICE_SECONDS:
                        await _give_way()
                        begun = time.perf_counter()
                    results.append(work(item))
            finally:
                # Before the lock is free: else the next caller would go on in the same turn.
                await _give_way()
        return results


async def _give_way() -> None:
    # Whom a timer or a socket wakes in the first turn runs in the second.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
