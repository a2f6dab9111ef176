"""Following of what other processes write: read at each hint of the bus, and now and then without one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from pymongo.errors import PyMongoError

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.tasks import end_tasks

WATCH_AGAIN_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Following:
    """Calls `read` whenever an event of `topic` comes, and after `seconds` without one. The first
    failure in a row is logged, and the next reading made in its turn."""

    def __init__(
        self, bus: Bus, topic: str, read: Callable[[], Awaitable[None]], *, seconds: float, what: str
    ) -> None:
        """`what` is read, for the log: "settings"."""
        self._bus, self._topic, self._read = bus, topic, read
        self._seconds, self._what = seconds, what
        self._hint = asyncio.Event()
        self._is_failing = False
        self._tasks: list[asyncio.Task[None]] = []

    def hint(self) -> None:
        """Read soon."""
        self._hint.set()

    def start(self) -> None:
        """Follow from now on."""
        self._tasks = [
            asyncio.create_task(self._follow(), name=f"reading of {self._what}"),
            asyncio.create_task(self._watch(), name=f"hints of {self._what}"),
        ]

    async def close(self) -> None:
        """Follow no longer."""
        await end_tasks(self._tasks)
        self._tasks = []

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._hint.wait()
            self._hint.clear()
            await self._try_to_read()

    async def _try_to_read(self) -> None:
        try:
            await self._read()
        except (PyMongoError, TimeoutError) as error:
            if not self._is_failing:
                log.warning(f"{self._what} cannot be read", error=str(error)[:300])
            self._is_failing = True
            # A hint that stays must not make a storm of readings.
            await asyncio.sleep(self._seconds)
        except Exception:
            log.exception(f"{self._what} cannot be read")
            await asyncio.sleep(self._seconds)
        else:
            self._is_failing = False

    async def _watch(self) -> None:
        while True:
            try:
                watch = await self._bus.watch()
                try:
                    await watch.bind(self._topic)
                    async for _ in watch:
                        self._hint.set()
                finally:
                    await watch.close()
            except BusError:
                # The regular readings carry on alone.
                log.warning(f"hints of {self._what} cannot be watched")
            except Exception:
                log.exception(f"hints of {self._what} cannot be watched")
            await asyncio.sleep(WATCH_AGAIN_SECONDS)
