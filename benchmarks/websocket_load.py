"""Thousands of graphql-transport-ws subscribers in one process, cheap enough to measure a server with.

No library: each socket is a raw transport, its frames are parsed where they arrive, and of their JSON only
the few bytes that are measured are looked at. It runs in a process of its own, steered through a pipe.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from array import array
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any, cast

import psutil
import uvloop

CONNECTING_AT_ONCE = 100
CONNECT_SECONDS = 60.0
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_AT = b'"at":"'
_REVISION = b'"revision":'


@dataclass(frozen=True)
class Load:
    """What the subscribers do."""

    port: int
    sockets: int
    tokens: Sequence[str]
    """Shared out over the sockets: several dashboards belong to one person."""
    query: str
    variables: dict[str, Any]


@dataclass
class Seen:
    """What they saw, from `measure` to the end."""

    frames: int = 0
    seconds: float = 0.0
    cpu_percent: float = 0.0
    """Of one core, by this process: near 100 it would be the client that is measured."""
    lost_sockets: int = 0
    since_server: array[float] = field(default_factory=lambda: array("d"))
    """Seconds from the server's timestamp in the frame to its arrival, for each frame."""
    first_seen: dict[int, float] = field(default_factory=dict)
    """When the first socket had each revision."""
    last_seen: dict[int, float] = field(default_factory=dict)
    """When the last socket had each revision."""
    final: dict[int, int] = field(default_factory=dict)
    """How many sockets ended at which revision."""


class Tally:
    """The figures of all sockets; they share one parse of each distinct timestamp."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._times: dict[bytes, float] = {}

    def count(self, frame: bytes, now: float) -> int:
        """Note a `next` frame; its revision."""
        seen = self.seen
        start = frame.index(_AT) + 6
        text = frame[start : frame.index(b'"', start)]
        at = self._times.get(text)
        if at is None:
            at = self._times[text] = datetime.fromisoformat(text.decode()).timestamp()
        start = frame.index(_REVISION) + 11
        end = start
        while 48 <= frame[end] <= 57:
            end += 1
        revision = int(frame[start:end])
        seen.frames += 1
        seen.since_server.append(now - at)
        if revision not in seen.first_seen:
            seen.first_seen[revision] = now
        seen.last_seen[revision] = now
        return revision


class Subscriber(asyncio.Protocol):
    """One socket: handshake, `connection_init`, `subscribe`, then it counts what comes."""

    def __init__(self, load: Load, number: int, tally: Tally, started: asyncio.Future[None]) -> None:
        self._load = load
        self._token = load.tokens[number % len(load.tokens)]
        self._tally = tally
        self._started = started
        self._rest = b""
        self._refusal = b""
        self._is_open = False
        self.transport: asyncio.Transport
        self.revision = -1
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        # uvloop's transport is one in all but its class.
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
            b"Sec-WebSocket-Key: " + b64encode(os.urandom(16)) + b"\r\n\r\n"
        )

    def connection_lost(self, error: Exception | None) -> None:
        """Lost, unless the run is over."""
        self.lost = True
        if not self._started.done():
            self._started.set_exception(
                ConnectionError(f"a socket was refused: {self._refusal[:500]!r} {error or ''}")
            )

    def data_received(self, data: bytes) -> None:
        """Bytes of one frame, of several, or of a part of one."""
        if self._rest:
            data = self._rest + data
        if not self._is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._refuse(head)
                return
            self._is_open = True
            self._say({"type": "connection_init", "payload": {"Authorization": f"Bearer {self._token}"}})
        now, position, length = time.time(), 0, len(data)
        while length - position >= 2:
            size, start = data[position + 1], position + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[position + 2 : start])
            elif size == 127:
                start += 8
                size = int.from_bytes(data[position + 2 : start])
            if length < start + size:
                break
            self._take(data[position] & 0x0F, data[start : start + size], now)
            position = start + size
        self._rest = data[position:]

    def _take(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == TEXT:
            if _AT in payload:
                self.revision = self._tally.count(payload, now)
                if not self._started.done():
                    self._started.set_result(None)
            elif b'"connection_ack"' in payload:
                request = {"query": self._load.query, "variables": self._load.variables}
                self._say({"id": "1", "type": "subscribe", "payload": request})
            elif b'"ping"' in payload:
                self._say({"type": "pong"})
            else:
                self._refuse(payload)
        elif opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._refuse(payload)

    def _refuse(self, said: bytes) -> None:
        self._refusal = self._refusal or said
        self.transport.close()

    def _say(self, message: object) -> None:
        self._send(TEXT, json.dumps(message, separators=(",", ":")).encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        # A mask of zeros is a mask like any other, and leaves the bytes as they are.
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
        self.transport.write(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload)


async def _connect(load: Load, tally: Tally) -> list[Subscriber]:
    """All sockets, each with its first frame."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def one(number: int) -> Subscriber:
        async with gate:
            started: asyncio.Future[None] = loop.create_future()
            _, subscriber = await loop.create_connection(
                lambda: Subscriber(load, number, tally, started), "127.0.0.1", load.port
            )
            await started
            return subscriber

    async with asyncio.timeout(CONNECT_SECONDS):
        return list(await asyncio.gather(*[one(number) for number in range(load.sockets)]))


async def _watch(load: Load, pipe: Connection) -> None:
    loop, tally = asyncio.get_running_loop(), Tally()
    subscribers = await _connect(load, tally)
    pipe.send("connected")
    await loop.run_in_executor(None, pipe.recv)
    seen = tally.seen = Seen()
    me = psutil.Process()
    began, cpu = time.perf_counter(), me.cpu_times()
    final_revision, deadline = await loop.run_in_executor(None, pipe.recv)
    seen.seconds = time.perf_counter() - began
    spent = me.cpu_times()
    seen.cpu_percent = (spent.user + spent.system - cpu.user - cpu.system) / seen.seconds * 100
    while time.time() < deadline and any(one.revision < final_revision for one in subscribers):
        await asyncio.sleep(0.05)
    for subscriber in subscribers:
        seen.final[subscriber.revision] = seen.final.get(subscriber.revision, 0) + 1
        seen.lost_sockets += subscriber.lost
        subscriber.transport.abort()
    pipe.send(seen)


def run(load: Load, pipe: Connection) -> None:
    """The process: says `connected`, starts to count at the next message, and ends at (revision, until when)
    once every socket has that revision or the time is over; then sends what it saw."""
    raise_file_limit()
    uvloop.run(_watch(load, pipe))


def raise_file_limit() -> None:
    """As many open sockets as this process may have; its children inherit that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
