"""The vendor simulator as a real process: started, killed and started again on the same port and data."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from crm_graphql.local.mongod import free_port


class SimulatorProcess:
    """One simulator. `start` after `stop` or `kill` goes on with the same data on the same port."""

    def __init__(self, folder: Path, *, callback_url: str, secret: str, **options: float) -> None:
        """`options` are its flags: `failed_share=0.1`, `receipt_delay_ms=0`, `seed=7`."""
        self.folder = folder
        self.port = free_port()
        self._command = [
            *(sys.executable, "-m", "crm_graphql.simulator", "--port", str(self.port)),
            *("--data-file", str(folder / "simulator.db"), "--callback-url", callback_url),
            *(part for name, value in options.items() for part in (_flag(name), str(value))),
        ]
        self._environment = {**os.environ, "CRM_WEBHOOK_SECRET": secret}
        self._process: subprocess.Popen[str] | None = None
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self._first_behaviour: dict[str, Any] | None = None

    @property
    def url(self) -> str:
        """What `CRM_VENDOR_URL` is set to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None, "the simulator is not running"
        return self._process.pid

    def start(self) -> None:
        """Start and return when it answers."""
        with (self.folder / "simulator.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
                cwd=self.folder,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if line != f"ready {self.url}":
            self.kill()
            log_text = (self.folder / "simulator.log").read_text(errors="replace")
            raise AssertionError(f"the simulator said {line!r} instead of being ready: {log_text[-2000:]}")
        if self._first_behaviour is None:
            self._first_behaviour = self._json("GET", "/v1/control")

    def kill(self) -> None:
        """End it as kill -9 does."""
        self._end(by_force=True)

    def stop(self) -> int:
        """End it in an orderly way; its exit code."""
        return self._end(by_force=False)

    def close(self) -> None:
        """For the end of a fixture: end it, and the client."""
        self.kill()
        self._client.close()

    def stats(self, tag: str | None = None) -> dict[str, Any]:
        """Its figures, over everything or over one campaign."""
        return self._json("GET", "/v1/stats", params={} if tag is None else {"tag": tag})

    def control(self, **changes: object) -> dict[str, Any]:
        """Change how it behaves; the behaviour that it has then."""
        return self._json("POST", "/v1/control", json=changes)

    def messages(self) -> list[dict[str, Any]]:
        """Everything that was handed over to it, in order."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = self._json("GET", "/v1/messages", params={"after": after, "limit": 10_000})
            found += page["messages"]
            after = page["next"]
        return found

    def forget(self) -> None:
        """Empty it; receipts that are still owed never come."""
        self._client.delete("/v1/messages").raise_for_status()

    def reset(self) -> None:
        """Running, empty, and behaving as at its first start: for a process that many tests share."""
        if self._process is None:
            self.start()
        self.control(**(self._first_behaviour or {}))
        self.forget()

    def wait_until_receipts_are_out(self, timeout_seconds: float = 30.0) -> None:
        """Return when no receipt is owed any more."""
        deadline = time.monotonic() + timeout_seconds
        while owed := self.stats()["receipts_owed"]:
            assert time.monotonic() < deadline, f"{owed} receipts are still owed"
            time.sleep(0.05)

    def _json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._client.request(method, path, **arguments)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def _end(self, *, by_force: bool) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if by_force:
            process.kill()
        else:
            process.terminate()
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            if process.stdout is not None:
                with contextlib.suppress(OSError):
                    process.stdout.close()


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
