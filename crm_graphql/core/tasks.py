"""Ending background tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.05


def cancel_surely(task: asyncio.Task[Any]) -> None:
    """Cancel now, and again until the task has ended, without waiting for it: see `end_tasks` for why."""
    if not task.done():
        task.cancel()
        task.get_loop().call_later(AGAIN_SECONDS, cancel_surely, task)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended. Once is not enough: pymongo, and `asyncio.wait_for` before Python 3.12,
    lose a cancellation that comes in the same moment as the result they wait for, and a loop then goes on."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
