"""`crm dev` (or `demo`) as a real process: its lines as they come, its children, its end."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Self

import psutil

from tests.cli.running import CRM, environment


class DevProcess:
    """One server on a free port; a context manager that leaves no process behind."""

    def __init__(
        self, folder: Path, *arguments: str, command: str = "dev", port: int = 0, **variables: str
    ) -> None:
        """`folder` is the current folder of the command; its data lies in `.crm` there."""
        self.folder = folder
        self.lines: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            [CRM, command, "--port", str(port), *arguments],
            cwd=folder,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._fresh.put(line.rstrip("\n"))
        self._fresh.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        children = self.children()
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(children, timeout=10)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def line_with(self, text: str, timeout: float = 60) -> str:
        """The next line that holds `text`. Fails when the output ends before, or after the timeout."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self._fresh.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {text!r} within {timeout} s: {self.lines}") from None
            assert line is not None, f"it ended without {text!r}: {self.lines}"
            self.lines.append(line)
            if text in line:
                return line

    def ready(self) -> str:
        """The address, once the first request will succeed."""
        line = self.line_with("ready http")
        assert line.startswith("ready http://127.0.0.1:")
        return line.removeprefix("ready ")

    def children(self) -> list[psutil.Process]:
        """Every process below it."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def child(self, part_of_command: str) -> psutil.Process:
        """The child whose command line holds the text."""
        (found,) = [process for process in self.children() if part_of_command in " ".join(process.cmdline())]
        return found

    def cpu_seconds(self) -> float:
        """What all its processes have used."""
        times = [process.cpu_times() for process in [psutil.Process(self.process.pid), *self.children()]]
        return sum(time_of.user + time_of.system for time_of in times)

    def rest(self) -> str:
        """All that it prints until it ends."""
        while (line := self._fresh.get(timeout=30)) is not None:
            self.lines.append(line)
        return "\n".join(self.lines)
