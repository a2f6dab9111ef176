"""A development server's life: from its banner over the ready line to its stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import typer

from crm_graphql.core.settings import Settings
from crm_graphql.local.data_dir import DataDir
from crm_graphql.local.server import DevServer
from crm_graphql.local.supervisor import Supervisor

PATIENCE_SECONDS = 10.0
"""Each time this long passes before it is ready, it says what it waits for."""

Story = Callable[[DevServer], Awaitable[None]]
"""What happens on a server once it is ready."""


def run(settings: Settings, data_dir: DataDir, port: int, story: Story | None = None) -> None:
    """Run a development server until it is told to stop. Raises LocalServerError when it cannot start."""
    with data_dir.locked():
        server = DevServer.plan(settings, data_dir, port)
        typer.echo(server.banner())
        asyncio.run(_live(server, story))


async def _live(server: DevServer, story: Story | None) -> None:
    supervisor = Supervisor(server.services(), _say)
    async with _told_to_stop(supervisor) as told:
        try:
            await _until(told, _start(server, supervisor))
            if not told.is_set():
                await _until(told, supervisor.watch(), _be_ready(server, supervisor, story))
        finally:
            await supervisor.stop()


async def _start(server: DevServer, supervisor: Supervisor) -> None:
    await supervisor.start()
    server.data_dir.announce(server.running())


async def _be_ready(server: DevServer, supervisor: Supervisor, story: Story | None) -> None:
    """Say it when the first request will succeed, and then tell the story."""
    loop = asyncio.get_running_loop()
    impatient = loop.time() + PATIENCE_SECONDS
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        while missing := await _missing(http, f"{server.url}/health/ready"):
            if loop.time() > impatient:
                impatient = loop.time() + PATIENCE_SECONDS
                _say(f"Not ready yet: {missing}. Its log: {server.data_dir.log('api')}")
            await asyncio.sleep(0.05)
    supervisor.was_ready = True
    typer.echo(f"ready {server.url}")
    sys.stdout.flush()
    if story is not None:
        await story(server)
    await asyncio.Event().wait()


async def _missing(http: httpx.AsyncClient, url: str) -> str | None:
    """What keeps the server from being ready; None when nothing does."""
    try:
        answer = await http.get(url)
        if answer.status_code == 200:
            return None
        return ", ".join(f"{name} is {state}" for name, state in answer.json().items() if name != "status")
    except (httpx.HTTPError, ValueError, AttributeError):
        return "the API does not answer"


async def _until(told: asyncio.Event, *works: Awaitable[None]) -> None:
    """Do `works` together until the first ends or it is told to stop; a failure of one ends all."""
    tasks = [asyncio.ensure_future(work) for work in works]
    stop = asyncio.create_task(told.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stop], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, stop):
            task.cancel()
        await asyncio.gather(*tasks, stop, return_exceptions=True)
    for task in done:
        await task


@asynccontextmanager
async def _told_to_stop(supervisor: Supervisor) -> AsyncIterator[asyncio.Event]:
    """Set by the first Ctrl-C, SIGTERM or hang-up; a second one ends everything at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if told.is_set():
            supervisor.kill()
            os._exit(130)
        _say("Stopping. Ctrl-C again stops at once.")
        told.set()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield told
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _say(text: str) -> None:
    # The terminal may be gone; that must not keep the children alive.
    with contextlib.suppress(OSError):
        typer.echo(text, err=True)
