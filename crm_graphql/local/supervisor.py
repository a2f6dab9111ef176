"""The supervisor of a development server's processes: starts them in order, again when they die, ends all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from crm_graphql.local.log_warnings import LogWarnings
from crm_graphql.local.mongod import LocalServerError
from crm_graphql.local.processes import Service

LOOK_SECONDS = 0.2
BACKOFF_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before starting again what has died so many times in a row; the last one stays."""
STEADY_SECONDS = 60.0
"""What has run this long did not die in a row."""
DEATHS_BEFORE_READY = 3
"""A process that dies so often before the server was ever ready will not come up by itself."""


class Supervisor:
    """Runs services. None of them outlives it: each is bound to this process by the kernel."""

    def __init__(self, services: Sequence[Service], say: Callable[[str], None]) -> None:
        """`services` in the order of their start; they end in the reverse. `say` tells the person."""
        self._services = services
        self._say = say
        self._deaths = dict.fromkeys((service.name for service in services), 0)
        self._started = dict.fromkeys((service.name for service in services), 0.0)
        self._warnings = [LogWarnings(service.name, service.log) for service in services]
        self.was_ready = False

    async def start(self) -> None:
        """Start each when the one before is ready. Raises LocalServerError."""
        for service in self._services:
            await self._start(service)

    async def watch(self) -> None:
        """Start again what dies, and pass on its warnings, until cancelled.

        Raises LocalServerError when something dies again and again before the server was ever ready.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for service in self._services:
                    tasks.create_task(self._keep(service))
                tasks.create_task(self._pass_warnings_on())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def stop(self) -> None:
        """End all in an orderly way, each within its time, then by force."""
        for service in reversed(self._services):
            service.terminate()
            await asyncio.to_thread(service.wait, service.stop_seconds)
            if service.is_running:
                self._say(f"{service.name} did not end within {service.stop_seconds:g} s and was killed.")
            service.kill()

    def kill(self) -> None:
        """End all at once."""
        for service in reversed(self._services):
            service.kill()

    async def _start(self, service: Service) -> None:
        # From this thread, the main one: the kernel ends the child when its thread ends.
        service.spawn()
        self._started[service.name] = time.monotonic()
        await asyncio.to_thread(service.wait_until_ready)

    async def _keep(self, service: Service) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if service.is_running:
                continue
            if time.monotonic() - self._started[service.name] > STEADY_SECONDS:
                self._deaths[service.name] = 0
            self._deaths[service.name] += 1
            deaths = self._deaths[service.name]
            end = f"{service.name} ended with code {service.exit_code()} (its log: {service.log})"
            if not self.was_ready and deaths >= DEATHS_BEFORE_READY:
                raise LocalServerError(f"{end}. Its last words: {service.last_line()}")
            seconds = BACKOFF_SECONDS[min(deaths, len(BACKOFF_SECONDS)) - 1]
            self._say(f"{end}; it is started again in {seconds:g} s.")
            await asyncio.sleep(seconds)
            try:
                await self._start(service)
            except LocalServerError as error:
                self._say(str(error))

    async def _pass_warnings_on(self) -> None:
        while True:
            for warnings in self._warnings:
                for line in warnings.fresh():
                    self._say(line)
            await asyncio.sleep(LOOK_SECONDS)
