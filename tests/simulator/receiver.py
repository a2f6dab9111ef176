"""A callback on a real port: verifies signatures, keeps what came, and fails when told to."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Receiver:
    """What a callback got. `status` is what it answers; only what it answers 2xx to is kept."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        self.status = 200
        self.receipts: list[dict[str, Any]] = []
        self.batches: list[int] = []
        self.ids: list[str] = []
        self.calls = 0
        self.arrived_at: list[float] = []

    async def take(self, request: Request) -> Response:
        """POST: verify as the product does, and keep."""
        document = self._webhook.verify(await request.body(), dict(request.headers))
        self.calls += 1
        self.ids.append(request.headers["webhook-id"])
        if self.status == 200:
            self.receipts += document["receipts"]
            self.batches.append(len(document["receipts"]))
            self.arrived_at.append(time.time())
        return Response(status_code=self.status)

    def keys(self, status: str | None = None) -> Counter[str]:
        """How many receipts, of one status or of any, came for each key."""
        return Counter(one["key"] for one in list(self.receipts) if status in (None, one["status"]))

    def wait(self, condition: Callable[[], bool], timeout_seconds: float = 20.0) -> None:
        """Return when `condition` holds."""
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            assert time.monotonic() < deadline, (
                f"in vain; {len(self.receipts)} receipts in {self.calls} calls"
            )
            time.sleep(0.01)


@contextlib.contextmanager
def listening(receiver: Receiver, port: int = 0) -> Iterator[str]:
    """Serve `receiver` on a port of 127.0.0.1; its URL."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        app = Starlette(routes=[Route("/webhooks/receipts", receiver.take, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/receipts"
        finally:
            server.should_exit = True
            thread.join(10)
