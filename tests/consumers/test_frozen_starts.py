"""Each kind of process freezes its start for the garbage collector, once it is ready."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest

import consumers.__main__
import consumers.embedded
import crm_graphql.app
from crm_graphql.core.settings import Settings
from crm_graphql.resources import Resources


def note_freezing(resources: Resources, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> list[str]:
    """The modules that freeze, as they do it. What a process opens is open already: it would be every
    document's own."""

    @asynccontextmanager
    async def opened(_settings: Settings) -> AsyncIterator[Resources]:
        yield resources

    for module in (crm_graphql.app, consumers.__main__):
        monkeypatch.setattr(module, "open_resources", opened)
    found: list[str] = []
    for module in modules:
        name = module.__name__
        monkeypatch.setattr(module, "freeze_what_is_started", lambda name=name: found.append(name))
    return found


async def test_an_api_process_freezes_its_start(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = note_freezing(resources, monkeypatch, crm_graphql.app)
    app = crm_graphql.app.create_app(resources.settings)
    assert not found
    async with app.router.lifespan_context(app):
        assert found == ["crm_graphql.app"]


async def test_an_api_within_another_process_freezes_nothing_of_it(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = note_freezing(resources, monkeypatch, crm_graphql.app)
    app = crm_graphql.app.create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        assert not found


async def test_one_process_for_all_freezes_its_consumers_too(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = note_freezing(resources, monkeypatch, crm_graphql.app, consumers.embedded)
    app = consumers.embedded.create_app(resources.settings)
    async with app.router.lifespan_context(app):
        assert found == ["crm_graphql.app", "consumers.embedded"]


async def test_a_consumer_process_freezes_its_start_before_it_is_ready(
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[Any],
) -> None:
    found = note_freezing(resources, monkeypatch, consumers.__main__)
    running = asyncio.create_task(consumers.__main__.run(resources.settings))
    while "ready" not in capsys.readouterr().out:
        assert not running.done()
        await asyncio.sleep(0.02)
    # In order: a process that is cut off in its stop would share in the partitions of the tests that follow.
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)
    assert found == ["consumers.__main__"]
