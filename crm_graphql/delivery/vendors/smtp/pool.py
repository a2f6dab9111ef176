"""Pool of connections to one relay: so many at the most, used again, opened anew before they are stale."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from crm_graphql.core.tasks import end_tasks
from crm_graphql.delivery.vendors.port import VendorAccountFault
from crm_graphql.delivery.vendors.smtp.connection import Connection, Deadline, Lost, open_connection
from crm_graphql.delivery.vendors.smtp.relay import Relay

_OPEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections; after how many messages one is opened anew, and after how long without any."""

    connections: int
    messages_per_connection: int
    idle_seconds: float


class Pool:
    """Connections of one process. Safe for concurrent use."""

    def __init__(self, relay: Relay, limits: PoolLimits) -> None:
        self._relay = relay
        self._limits = limits
        self._free = asyncio.Semaphore(limits.connections)
        self._idle: list[Connection] = []
        self._context: ssl.SSLContext | None = None
        self._knows_context = False
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def relay(self) -> Relay:
        """Where they lead."""
        return self._relay

    @asynccontextmanager
    async def connection(self, deadline: Deadline, *, fresh: bool = False) -> AsyncIterator[Connection]:
        """One for one message. `fresh`: not one that was used before. Raises Lost where none is free in time,
        VendorUnavailable, and VendorAccountFault."""
        try:
            await asyncio.wait_for(self._free.acquire(), deadline.before_data(float("inf")))
        except TimeoutError:
            raise Lost("no connection was free in time") from None
        try:
            connection = None if fresh else self._take_idle()
            if connection is None:
                connection = await self.open(deadline.before_data(_OPEN_SECONDS))
            try:
                yield connection
            finally:
                self._put_back(connection)
        finally:
            self._free.release()

    async def open(self, seconds: float) -> Connection:
        """A new one, which is the caller's. Raises VendorUnavailable and VendorAccountFault."""
        if not self._knows_context:
            # Reads all certificates of the machine: milliseconds, once.
            try:
                self._context = await asyncio.to_thread(self._relay.context)
            except OSError:
                # Nobody was asked: no message may count as one that was perhaps taken.
                raise VendorAccountFault("CRM_SMTP_CA_FILE holds no certificates that can be read.") from None
            self._knows_context = True
        return await open_connection(self._relay, self._context, seconds)

    async def close(self) -> None:
        """Close all; those in use when they are put back."""
        self._is_closed = True
        while self._idle:
            self._say_goodbye(self._idle.pop())
        if self._timer is not None:
            self._timer.cancel()
        if self._goodbyes:
            await asyncio.wait(self._goodbyes, timeout=2.5)
        await end_tasks(self._goodbyes)

    def _take_idle(self) -> Connection | None:
        """The one that was used last: the others grow old, and are closed."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable and not self._is_stale(connection):
                return connection
            connection.close()
        return None

    def _put_back(self, connection: Connection) -> None:
        if not connection.is_usable:
            connection.close()
        elif self._is_closed or connection.messages >= self._limits.messages_per_connection:
            self._say_goodbye(connection)
        else:
            self._idle.append(connection)
            if self._timer is None:
                self._look_in(self._limits.idle_seconds)

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._close_stale)

    def _close_stale(self) -> None:
        stale = [one for one in self._idle if self._is_stale(one)]
        self._idle = [one for one in self._idle if one not in stale]
        for connection in stale:
            self._say_goodbye(connection)
        self._timer = None
        if self._idle:
            self._look_in(self._limits.idle_seconds / 2)

    def _is_stale(self, connection: Connection) -> bool:
        return time.monotonic() - connection.idle_since >= self._limits.idle_seconds

    def _say_goodbye(self, connection: Connection) -> None:
        task = asyncio.create_task(connection.quit(), name="goodbye to a relay")
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)
