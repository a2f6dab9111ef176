"""A private RabbitMQ node, real and on 127.0.0.1 only, for the tests of one process."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_graphql.local.mongod import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 90


class RabbitNode:
    """One broker with an epmd of its own. `start` after `stop` or `kill` goes on with the same data and port.

    A queue declared less than about a second before its node is killed never comes back: wait two.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._dist_port = free_port()
        self._epmd_port = free_port()
        self._name = f"crm-test-{self.port}@localhost"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect, with credentials."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int | None:
        """The broker's process, while it runs."""
        return self._process.pid if self._process else None

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": folder,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # The script then becomes the broker, so that our child is the process to signal.
            "RUNNING_UNDER_SYSTEMD": "1",
        }

    def start(self) -> None:
        """Start and return when clients can connect. Raises RuntimeError with the end of its log."""
        if not SERVER.exists():
            raise RuntimeError(f"{SERVER} is missing: apt-get install rabbitmq-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "enabled_plugins").write_text("[].\n")
        # The default of quorum queues' log would take 512 MB of memory for a small node.
        (self.folder / "rabbitmq.conf").write_text(
            "raft.wal_max_size_bytes = 33554432\nvm_memory_high_watermark.absolute = 1GB\n"
            "disk_free_limit.absolute = 50MB\n"
        )
        output = (self.folder / "output.log").open("ab")
        with output:
            if self._epmd is None:
                self._epmd = self._spawn(
                    [shutil.which("epmd") or "epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)],
                    output.fileno(),
                )
                self._wait_for(self._epmd_port, self._epmd)
            self._process = self._spawn([str(SERVER)], output.fileno())
        self._wait_for(self.port, self._process)

    def _spawn(self, command: list[str], output: int) -> subprocess.Popen[bytes]:
        # The kernel ends it when this process dies without having closed it.
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        return subprocess.Popen(
            [*guard, *command],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _wait_for(self, port: int, process: subprocess.Popen[bytes]) -> None:
        """Until `process` listens and, for the broker, answers the protocol's greeting."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
                if port != self.port:
                    return
                probe.settimeout(2)
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if probe.recv(1):
                    return
            time.sleep(0.1)
        self.kill()
        log = self.folder / "output.log"
        raise RuntimeError(f"RabbitMQ does not start: {log.read_text(errors='replace')[-2000:]}")

    def stop(self, *, timeout_seconds: float = 30.0) -> None:
        """End the broker in an orderly way; after the timeout by force."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End the broker at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End everything that was started."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """One broker for this test process, started by the first test that asks for it (10-20 s). Under xdist
    each worker has its own, for some tests kill it. Use a queue prefix of your own."""
    node = RabbitNode(tmp_path_factory.mktemp("rabbitmq"))
    try:
        node.start()
        yield node
    finally:
        node.close()
