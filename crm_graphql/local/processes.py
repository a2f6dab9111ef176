"""Processes that this one supervises: their start, their end, their log files."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

LAUNCHER = Path(__file__).with_name("launcher.py")
LOG_LIMIT_BYTES = 64 * 1024**2
"""A log that has grown beyond this is set aside as `<name>.log.1`, replacing the one there."""


class Service(Protocol):
    """What the supervisor needs to know of a process."""

    name: str
    stop_seconds: float
    """How long it may take to end in an orderly way."""

    def spawn(self) -> None:
        """Start it, again after its end; from the main thread."""

    def wait_until_ready(self) -> None:
        """Return when others can use it; called from a thread. Raises LocalServerError."""

    @property
    def log(self) -> Path:
        """What it logs."""

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""

    def exit_code(self) -> int | None:
        """How it ended; None while it runs or when it was never started."""

    def last_line(self) -> str:
        """The last line of its log, to show to people."""

    def terminate(self) -> None:
        """Ask it to end."""

    def wait(self, timeout_seconds: float) -> None:
        """Return when it has ended, or after the timeout."""

    def kill(self) -> None:
        """End it at once and wait until it has."""


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: int = subprocess.DEVNULL,
    bound_to_parent: bool = True,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own: Ctrl-C in the terminal reaches only the supervisor.

    Bound to its parent it dies with this process, however this one ends; then call it from the main thread.
    """
    guard = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())] if bound_to_parent else []
    return subprocess.Popen(
        [*guard, *command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def last_line(log: Path) -> str:
    """The last line of a file, at most 300 characters; nothing when there is none."""
    with contextlib.suppress(OSError), log.open("rb") as lines:
        lines.seek(max(0, log.stat().st_size - 4096))
        text = lines.read().decode(errors="replace").strip()
        return text.rsplit("\n", 1)[-1][:300]
    return ""


class Spawned(ABC):
    """The end of a process that a subclass starts as `_process`, and what is known of it meanwhile."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def log(self) -> Path:
        """What it logs."""

    @property
    def pid(self) -> int | None:
        """The process that was started last."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """How it ended; None while it runs or when it was never started."""
        return None if self._process is None else self._process.poll()

    def last_line(self) -> str:
        """The last line of its log, at most 300 characters."""
        return last_line(self.log)

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, timeout_seconds: float) -> None:
        """Return when it has ended, or after the timeout."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_seconds)

    def kill(self) -> None:
        """End it at once and wait until it has."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Child(Spawned):
    """A process that appends what it prints to its log file and dies with this one."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        stop_seconds: float,
    ) -> None:
        """`environment` is all that it sees; `stop_seconds` is how long it may take to end."""
        super().__init__()
        self.name = name
        self.stop_seconds = stop_seconds
        self._log = log
        self._command = list(command)
        self._environment = dict(environment)

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._log

    def spawn(self) -> None:
        """Start it; from the main thread."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        trim_log(self.log)
        with self.log.open("ab") as output:
            self._process = spawn(self._command, environment=self._environment, output=output.fileno())

    def wait_until_ready(self) -> None:
        """Nothing to wait for: whoever needs it asks it."""


def trim_log(log: Path) -> None:
    """Set a log aside that has grown too large; who appends to it goes on in the emptied file."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT_BYTES:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
