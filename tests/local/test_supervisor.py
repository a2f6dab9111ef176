"""The supervisor over small real processes: restarts, ends, and no orphans."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from crm_graphql.local import supervisor as supervision
from crm_graphql.local.mongod import LocalServerError
from crm_graphql.local.processes import Child
from crm_graphql.local.supervisor import Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}"


def _child(folder: Path, code: str, *, name: str = "child", stop_seconds: float = 5.0) -> Child:
    log = folder / f"{name}.log"
    return Child(name, [sys.executable, "-c", code], dict(os.environ), log, stop_seconds=stop_seconds)


@asynccontextmanager
async def _watched(*children: Child, ready: bool = True) -> AsyncIterator[list[str]]:
    said: list[str] = []
    supervisor = Supervisor(children, said.append)
    await supervisor.start()
    supervisor.was_ready = ready
    watching = asyncio.create_task(supervisor.watch())
    try:
        yield said
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError, LocalServerError):
            await watching
        await supervisor.stop()
        assert not any(child.is_running for child in children)


def _is_up(child: Child) -> bool:
    return "up" in child.last_line()


async def _eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_child_that_dies_is_started_again_and_the_person_is_told(tmp_path: Path) -> None:
    child = _child(tmp_path, SLEEP)
    async with _watched(child) as said:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await _eventually(lambda: not child.is_running)
        await _eventually(lambda: child.is_running)
    assert "child ended with code -9" in said[0]
    assert "started again in 0.2 s" in said[0]


async def test_one_that_never_comes_up_is_given_up_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACKOFF_SECONDS", (0.01,))
    supervisor = Supervisor([_child(tmp_path, "raise SystemExit('no such thing')")], lambda _text: None)
    await supervisor.start()
    with pytest.raises(LocalServerError, match=r"code 1.*no such thing"):
        await asyncio.wait_for(supervisor.watch(), 20)
    await supervisor.stop()


async def test_one_that_does_not_end_is_killed_in_its_time(tmp_path: Path) -> None:
    child = _child(tmp_path, STUBBORN, stop_seconds=0.5)
    async with _watched(child) as said:
        await _eventually(partial(_is_up, child))
        begin = time.monotonic()
    assert time.monotonic() - begin < 3
    assert said == ["child did not end within 0.5 s and was killed."]


async def test_they_end_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(ends)!r}, 'a').write('%s ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    children = [_child(tmp_path, code % name, name=name) for name in ("first", "second")]
    async with _watched(*children):
        for child in children:
            await _eventually(partial(_is_up, child))
    assert ends.read_text().split() == ["second", "first"]


@pytest.mark.parametrize("moment", ["running", "at once"])
def test_no_child_outlives_a_killed_supervisor(tmp_path: Path, moment: str) -> None:
    program = (
        "import os, pathlib, sys, time\n"
        "from crm_graphql.local.processes import Child\n"
        "for number in range(3):\n"
        "    child = Child(f'c{number}', [sys.executable, '-c', sys.argv[2]], dict(os.environ),\n"
        "                  pathlib.Path(sys.argv[1]) / f'c{number}.log', stop_seconds=1)\n"
        "    child.spawn()\n"
        "print('spawned', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), STUBBORN], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "spawned\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) == 3
        if moment == "running":
            while not all((tmp_path / f"c{number}.log").stat().st_size for number in range(3)):
                time.sleep(0.02)
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
