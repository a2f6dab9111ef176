"""Background tasks: repeating a step whatever fails, and ending for certain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NoReturn

AGAIN_SECONDS = 0.05


_log = logging.getLogger(__name__)


async def repeat(
    step: Callable[[], Awaitable[None]], *, name: str, seconds: float, at_once: bool = True
) -> NoReturn:
    """Run `step` again and again, `seconds` after it has ended. What it raises, a bug too, is logged under
    `name`, and the next run comes. Ends only when cancelled."""
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await step()
        except Exception:
            _log.exception("the periodic task %r failed, it goes on", name)
        await asyncio.sleep(seconds)


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
