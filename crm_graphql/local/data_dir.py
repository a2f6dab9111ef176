"""The folder of one development server: its lock, its secrets, its ports, and who runs on it now."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from crm_graphql.local.mongod import LocalServerError, free_port, is_free

Content = TypeVar("Content", bound=msgspec.Struct)


class Secrets(msgspec.Struct, frozen=True):
    """Generated once and kept, so that tokens stay good over restarts."""

    secret_key: str
    webhook_secret: str


class Ports(msgspec.Struct, frozen=True):
    """The private servers' ports, kept so that addresses stay the same."""

    mongod: int
    simulator: int


class Running(msgspec.Struct, frozen=True):
    """The server that runs on this folder: what other commands need to reach it."""

    pid: int
    url: str
    mongodb_url: str
    bus: str
    simulator_url: str


class DemoDay(msgspec.Struct, frozen=True):
    """Kept so that a demo started again makes the same data, which is there already."""

    day: date


class DataDir:
    """A folder that belongs to one `crm dev` at a time, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def mongod(self) -> Path:
        """The private database."""
        return self.path / "mongod"

    def log(self, name: str) -> Path:
        """Where the process `name` logs."""
        return self.path / "logs" / f"{name}.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Own the folder, made if it is missing, until the end or this process's death.

        Raises LocalServerError when another process owns it or it cannot be written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LocalServerError(
                f"{self.path} cannot be used: {error.strerror}. Choose another folder with --data-dir."
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise LocalServerError(self._owned_message()) from None
        try:
            self._running.unlink(missing_ok=True)
            yield
        finally:
            self._running.unlink(missing_ok=True)
            os.close(handle)

    def secrets(self) -> Secrets:
        """The folder's secrets, made the first time. Call it with the folder locked."""
        if found := self.existing_secrets():
            return found
        made = Secrets(
            secrets.token_urlsafe(48), f"whsec_{base64.b64encode(secrets.token_bytes(36)).decode()}"
        )
        self._write(self._secrets, made)
        return made

    def existing_secrets(self) -> Secrets | None:
        """The folder's secrets, if it has some."""
        return self._read(self._secrets, Secrets)

    def ports(self) -> Ports:
        """Free ports for the private servers: the last time's where they still are. Folder locked."""
        last = self._read(self._ports, Ports)
        if last is None or not (is_free(last.mongod) and is_free(last.simulator)):
            last = Ports(free_port(), free_port())
            self._write(self._ports, last)
        return last

    def demo_day(self) -> date:
        """The day that the demo's data is made for: that of the first time. Folder locked."""
        file = self.path / "demo.json"
        first = self._read(file, DemoDay)
        if first is None:
            first = DemoDay(datetime.now(UTC).date())
            self._write(file, first)
        return first.day

    def announce(self, running: Running) -> None:
        """Tell other commands what runs here. Call it with the folder locked."""
        self._write(self._running, running)

    def running(self) -> Running | None:
        """What runs here now, if anything does."""
        found = self._read(self._running, Running)
        if found is None:
            return None
        # Left by a process that was killed unless somebody holds the lock.
        with contextlib.suppress(OSError), self._lock.open("rb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return found
        return None

    @property
    def _lock(self) -> Path:
        return self.path / "lock"

    @property
    def _secrets(self) -> Path:
        return self.path / "secrets.json"

    @property
    def _ports(self) -> Path:
        return self.path / "ports.json"

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    def _owned_message(self) -> str:
        other = self._read(self._running, Running)
        who = f"process {other.pid}, {other.url}" if other else "it is still starting"
        return (
            f"Another server runs on {self.path} ({who}). Stop it first, or choose another folder with "
            "--data-dir."
        )

    def _read(self, file: Path, kind: type[Content]) -> Content | None:
        try:
            return msgspec.json.decode(file.read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise LocalServerError(
                f"{file} cannot be read: {error}. Remove it, or choose another folder with --data-dir."
            ) from None

    def _write(self, file: Path, content: msgspec.Struct) -> None:
        """Whole or not at all, and readable by its owner only from the first byte on."""
        fresh = file.with_name(f"{file.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(content), indent=2))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
