"""The whole product as its users run it: API, consumers and simulator as processes over real servers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.client.api import Api
from crm_graphql.client.ingestions import wait_until_ended
from crm_graphql.client.uploads import Upload, upload
from crm_graphql.commands.importing_source import source_of
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from crm_graphql.local.mongod import Mongod, free_port
from tests.servers.rabbitmq import RabbitNode
from tests.servers.simulator import SimulatorProcess

SECRET = "deployment-only-9Wm4kXc7Tz2QvL8pRb3N"
WEBHOOK_SECRET = "whsec_ZGVwbG95bWVudC1vbmx5LTlXbTRrWGM3VHoyUXZMOHBSYjNO"
START_SECONDS = 60


class Process:
    """One of the product's processes; `start` after `kill` is a new one with the same settings."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._command = command
        self._environment = {**os.environ, **environment}
        self._log = folder / f"{name}.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None, f"{self.name} is not running"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; readiness is another matter."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, timeout_seconds: float = 20.0) -> int:
        """End it in an orderly way; its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(timeout_seconds)
        self._process = None
        return code

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""


class Deployment:
    """Processes over one MongoDB database and, unless embedded, one RabbitMQ prefix of their own."""

    def __init__(
        self,
        folder: Path,
        mongod: Mongod,
        rabbitmq: RabbitNode | None,
        *,
        consumers: int = 2,
        apis: int = 1,
        simulator_options: Mapping[str, float] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """`settings` are further CRM_* settings by their names in the class; no `rabbitmq` is embedded."""
        name = f"crm_{uuid.uuid4().hex[:12]}"
        self.folder = folder
        self.ports = [free_port() for _ in range(apis)]
        self.simulator = SimulatorProcess(
            folder,
            callback_url=f"{self.url}/webhooks/receipts",
            secret=WEBHOOK_SECRET,
            **(simulator_options or {"receipt_delay_ms": 20, "seed": 1}),
        )
        self.environment = {
            "CRM_MONGODB_URL": mongod.url,
            "CRM_MONGODB_DATABASE": name,
            "CRM_BUS": "rabbitmq" if rabbitmq else "embedded",
            "CRM_AMQP_URL": rabbitmq.url if rabbitmq else "",
            "CRM_QUEUE_PREFIX": name,
            "CRM_SECRET_KEY": SECRET,
            "CRM_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "CRM_VENDOR_URL": self.simulator.url,
            "CRM_LOG_LEVEL": "INFO",
            "CRM_RECONCILE_INTERVAL_SECONDS": "1",
            "CRM_LEASE_SECONDS": "6",
            "CRM_VENDOR_DEADLINE_SECONDS": "4",
            "CRM_CONSUMER_LEASE_SECONDS": "3",
            **{f"CRM_{key.upper()}": str(value) for key, value in (settings or {}).items()},
        }
        if rabbitmq is None:
            del self.environment["CRM_AMQP_URL"]
        embedded = [sys.executable, "-m", "consumers.embedded"]
        serve = [sys.executable, "-m", "crm_graphql", "serve"]
        self.apis = [
            self._process(f"api-{number}", serve if rabbitmq else embedded, CRM_PORT=str(port))
            for number, port in enumerate(self.ports)
        ]
        self.consumers = [
            self._process(f"consumer-{number}", [sys.executable, "-m", "consumers"])
            for number in range(consumers if rabbitmq else 0)
        ]
        self.http = httpx.AsyncClient(base_url=self.url, timeout=120, trust_env=False)
        self.token = self.mint(Role.ADMIN)

    def _process(self, name: str, command: list[str], **environment: str) -> Process:
        return Process(name, command, {**self.environment, **environment}, self.folder)

    @property
    def url(self) -> str:
        """The first API process."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def processes(self) -> list[Process]:
        """Everything but the simulator."""
        return [*self.apis, *self.consumers]

    def mint(self, role: Role, subject: str = "operator") -> str:
        """A token of this deployment."""
        settings = load_settings(_env_file=None, secret_key=SECRET)
        return mint_token(settings, role, timedelta(hours=1), subject)

    async def start(self) -> None:
        """Start everything and return when all APIs are ready."""
        async with asyncio.TaskGroup() as starting:
            starting.create_task(asyncio.to_thread(self.simulator.start))
            starting.create_task(asyncio.to_thread(self.migrate))
        for process in self.processes:
            process.start()
        for number in range(len(self.apis)):
            await self.wait_until_ready(number)

    def migrate(self) -> None:
        """Prepare the database, as an operator does before the first process starts."""
        subprocess.run(
            [sys.executable, "-m", "crm_graphql", "migrate"],
            env={**os.environ, **self.environment},
            cwd=self.folder,
            check=True,
            capture_output=True,
        )

    async def wait_until_ready(self, api: int = 0) -> None:
        """Return when an API process says that it is ready."""
        deadline = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.ports[api]}/health/ready", timeout=5)
                    if answer.status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < deadline, f"not ready: {self.apis[api].log()[-3000:]}"
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        """End everything at once."""
        await self.http.aclose()
        for process in self.processes:
            process.kill()
        self.simulator.close()

    async def graphql(
        self, document: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """The `data` of an operation that must not have top-level errors."""
        answer = await self.http.post(
            "/graphql",
            json={"query": document, "variables": variables or {}},
            headers={"authorization": f"Bearer {token or self.token}"},
        )
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def mutate(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of the one mutation in `document`, which must have no errors."""
        data = await self.graphql(document, variables)
        (payload,) = data.values()
        assert payload["errors"] == [], payload["errors"]
        return dict(payload)

    @asynccontextmanager
    async def socket(self, api: int = 0, *, token: str | None = None) -> AsyncIterator[ClientConnection]:
        """A graphql-transport-ws connection that was acknowledged."""
        async with connect(
            f"ws://127.0.0.1:{self.ports[api]}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            max_size=None,
            proxy=None,
        ) as socket:
            payload = {"Authorization": f"Bearer {token or self.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    async def subscribe(
        self, document: str, variables: Mapping[str, Any], api: int = 0
    ) -> AsyncIterator[dict[str, Any]]:
        """The `data` of each event, until the server completes."""
        async with self.socket(api) as socket:
            payload = {"query": document, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "complete":
                    return
                assert message["type"] == "next", message
                assert "errors" not in message["payload"], message
                yield message["payload"]["data"]

    def crm(self, *arguments: str, timeout_seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a `crm` command with this deployment's settings."""
        return subprocess.run(
            [sys.executable, "-m", "crm_graphql", *arguments],
            env={**os.environ, **self.environment, "CRM_PORT": str(self.ports[0])},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    async def import_file(self, kind: str, file: Path) -> dict[str, Any]:
        """Import as `crm import --wait` does, without a process of its own; the ingestion's counters."""
        with source_of(file) as source:
            what = Upload(
                kind, source.pieces, source.content_type, source.is_gzip, source=source.name, name=source.name
            )
            async with Api(self.url, self.token) as api:
                taken = await upload(api, what)
                return await wait_until_ended(api, taken["id"], lambda _: None)


async def eventually(
    check: Callable[[], Awaitable[bool]], *, within_seconds: float = 30.0, what: str = "the condition"
) -> None:
    """Return when `check` is true; fail after the time."""
    deadline = time.monotonic() + within_seconds
    while not await check():
        assert time.monotonic() < deadline, f"{what} did not come true within {within_seconds} s"
        await asyncio.sleep(0.1)
