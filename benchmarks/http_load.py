"""Keep-alive connections that ask the same again and again, on raw transports: cheaper than any server."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Rate:
    """What a run of requests came to."""

    requests: int = 0
    seconds: float = 0.0
    latencies: array[float] = field(default_factory=lambda: array("d"))

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return self.requests / self.seconds

    def milliseconds(self, share: float) -> float:
        """A percentile of the answers' times."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Asker(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last is in."""

    def __init__(self, request: bytes, expected: bytes, rate: Rate, until: float) -> None:
        self._request = request
        self._expected = expected
        self._rate = rate
        self._until = until
        self._answer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Part of an answer; when it is whole, count it and ask again."""
        answer = self._answer = self._answer + data if self._answer else data
        end = answer.find(b"\r\n\r\n")
        if end < 0:
            return
        start = answer.lower().index(b"content-length:", 0, end) + 15
        length = int(answer[start : answer.index(b"\r\n", start)])
        if len(answer) < end + 4 + length:
            return
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")) or self._expected not in answer:
            self._fail(RuntimeError(answer[:1_000].decode(errors="replace")))
            return
        self._answer = b""
        now = time.perf_counter()
        self._rate.requests += 1
        self._rate.latencies.append(now - self._sent)
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """The end, in order unless the server ended it."""
        if not self.done.done():
            if error is None and time.perf_counter() >= self._until:
                self.done.set_result(None)
            else:
                self.done.set_exception(error or ConnectionError("the server closed a connection"))


def post(body: bytes, token: str) -> bytes:
    """The bytes of a GraphQL request."""
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def measure(port: int, requests: Sequence[bytes], expected: bytes, seconds: float) -> Rate:
    """Ask for so long, one connection for each of `requests`, each of which must be answered with 200 and
    hold `expected`. Raises RuntimeError with the answer that does not."""
    loop, rate = asyncio.get_running_loop(), Rate()
    began = time.perf_counter()
    connections = [
        await loop.create_connection(
            lambda request=request: _Asker(request, expected, rate, began + seconds),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        for request in requests
    ]
    await asyncio.gather(*[asker.done for _, asker in connections])
    rate.seconds = time.perf_counter() - began
    return rate
