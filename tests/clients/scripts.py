"""Runs a script of this folder with Node: options in, JSON lines both ways, its result at the end."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
LINE_SECONDS = 120.0
LINE_BYTES = 2**24


@functools.cache
def _what_is_missing() -> str | None:
    node = shutil.which("node")
    if node is None:
        return "Node is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < 20:
        return f"Node {version} is too old"
    if not (FOLDER / "node_modules" / ".installed-from").is_file():
        return "the JavaScript clients are not installed"
    return None


def need_node() -> None:
    """Skip the test where Node or the clients are missing; in CI (by the variable CI) it fails instead."""
    if missing := _what_is_missing():
        sentence = f"{missing}: install Node 20 or later and run scripts/install_test_clients.sh"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


class Script:
    """A running script."""

    def __init__(self, process: asyncio.subprocess.Process, token: Callable[[], str]) -> None:
        self._process = process
        self._token = token
        self._heard: list[dict[str, Any]] = []

    async def say(self, event: object) -> None:
        """A line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(event).encode() + b"\n")
        await self._process.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        """Its next line that is no question for a token; that is answered on the way."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        while True:
            line = await asyncio.wait_for(self._process.stdout.readline(), LINE_SECONDS)
            if not line:
                raise AssertionError(f"the script failed: {(await self._process.stderr.read()).decode()}")
            event: dict[str, Any] = json.loads(line)
            if event.get("ask") != "token":
                self._heard.append(event)
                return event
            await self.say({"token": self._token()})

    async def until(self, **wanted: object) -> None:
        """Return once it has said this; at once if it has already."""
        while not any(wanted.items() <= event.items() for event in self._heard):
            event = await self.hear()
            assert "result" not in event, f"it ended before it said {wanted}: {event}"

    async def result(self) -> Any:
        """Its result, which ends it."""
        while "result" not in (event := await self.hear()):
            pass
        return event["result"]


@asynccontextmanager
async def running(
    name: str, options: dict[str, Any], *, token: Callable[[], str] = str
) -> AsyncIterator[Script]:
    """Start `name`; `token` makes the tokens that it asks for. It is ended with the block."""
    need_node()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node",
        "--import",
        str(FOLDER / "packages.mjs"),
        str(FOLDER / name),
        json.dumps(options),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        limit=LINE_BYTES,
    )
    try:
        yield Script(process, token)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
