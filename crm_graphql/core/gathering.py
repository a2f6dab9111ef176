"""Gathering of work on one subject: what comes while some is under way goes together into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from crm_graphql.core.tasks import end_tasks

Key = TypeVar("Key")
Item = TypeVar("Item")


class Gathering(Generic[Key, Item]):
    """Does `work` on the items of one key after another's, in the order in which they were submitted; keys
    go on beside each other."""

    def __init__(
        self, work: Callable[[Key, Sequence[Item]], Awaitable[None]], *, at_once: int, name: str
    ) -> None:
        """`at_once`: about so many items one piece of work takes; one submission is never cut. `name` is for
        the tasks."""
        self._work = work
        self._at_once = at_once
        self._name = name
        self._waiting: dict[Key, list[tuple[Sequence[Item], asyncio.Future[None]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, key: Key, items: Sequence[Item]) -> None:
        """Return once the work on the items is done. Raises what it raised, as to all whose items it took."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if (waiting := self._waiting.get(key)) is not None:
            waiting.append((items, done))
        else:
            self._waiting[key] = [(items, done)]
            task = asyncio.create_task(self._drain(key), name=f"{self._name} of {key}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await done

    async def close(self, *, grace_seconds: float = 5.0) -> None:
        """Let the work under way end, for so long. Call it when nobody submits any more."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        await end_tasks(self._tasks)

    async def _drain(self, key: Key) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                await self._settle(key, self._take(waiting))
        finally:
            del self._waiting[key]
            for _, done in waiting:
                done.cancel()

    async def _settle(self, key: Key, batch: Sequence[tuple[Sequence[Item], asyncio.Future[None]]]) -> None:
        try:
            await self._work(key, [item for items, _ in batch for item in items])
        except Exception as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        else:
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    def _take(
        self, waiting: list[tuple[Sequence[Item], asyncio.Future[None]]]
    ) -> list[tuple[Sequence[Item], asyncio.Future[None]]]:
        """Remove about a piece's worth from the front, at least one submission."""
        size = count = 0
        while count < len(waiting) and (count == 0 or size + len(waiting[count][0]) <= self._at_once):
            size += len(waiting[count][0])
            count += 1
        batch = waiting[:count]
        del waiting[:count]
        return batch
