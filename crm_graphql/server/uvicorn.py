"""uvicorn's protocol classes and options, with a way straight to each connection's transport."""

from __future__ import annotations

import asyncio
import socket
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from crm_graphql.core.settings import Settings
from crm_graphql.server.streams.wires import DIRECT, ENDLESS

WRITE_BUFFER_BYTES = 32 * 1024
"""A socket's transport takes no more once this much waits in it."""
KERNEL_BUFFER_BYTES = 64 * 1024
"""What the kernel may hold for a websocket's reader; it would grow to megabytes for one that stalls."""
KEEP_ALIVE_SECONDS = 75
"""How long an idle HTTP connection stays open."""
ABORT_SECONDS = 5.0
"""How long a closed websocket may take to hand over what waits, before it is cut."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket, which also is a `crm_graphql.server.streams.wires.DirectConnection`.

    A frame of the server is the same bytes for every client (RFC 6455, section 5.2: it is not masked), so a
    message that is text already needs no encoder, no queue and no task: its header and its bytes go to the
    transport. That holds without permessage-deflate, which `options` switches off.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resumed: Callable[[], None] | None = None
        self._paused = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound what waits for the peer, here and in the kernel."""
        super().connection_made(transport)
        bound(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone: nothing is called any more."""
        self._resumed = None
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        """Offer this connection to the application."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][DIRECT] = self

    def pause_writing(self) -> None:
        """The transport is full."""
        self._paused = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self._paused = False
        super().resume_writing()
        if self._resumed is not None:
            self._resumed()

    @property
    def takes_more(self) -> bool:
        """Whether the transport takes more."""
        return not self._paused

    def on_writable(self, call: Callable[[], None]) -> None:
        """Call this each time that the transport takes more again."""
        self._resumed = call

    def write_text(self, text: bytes) -> None:
        """Send a text message in one frame."""
        if not self._is_open():
            return
        size = len(text)
        if size < 126:
            header = bytes((0x81, size))
        elif size < 65536:
            header = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            header = b"\x81\x7f" + size.to_bytes(8, "big")
        self.transport.write(header + text)

    def close_with(self, code: int, reason: str) -> None:
        """Send a close frame, whether the peer reads or not, and cut the connection soon after."""
        if not self._is_open():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(ABORT_SECONDS, self.transport.abort)

    def _is_open(self) -> bool:
        # A transport that broke in a write says so before the protocol hears of it; uvloop's raises then.
        lost = self.close_sent or self.disconnected or self.transport.is_closing()
        return not lost and self.conn.state is State.OPEN


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with what an answer needs that goes on for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_shutdown: Callable[[], None] | None = None

    def on_headers_complete(self) -> None:
        """Offer this connection to the application."""
        self._on_shutdown = None
        offered: dict[str, Any] = {ENDLESS: self._endless}
        self.scope["extensions"] = offered
        super().on_headers_complete()

    def shutdown(self) -> None:
        """The server stops: an answer without an end is told, others finish."""
        super().shutdown()
        if self._on_shutdown is not None:
            self._on_shutdown()

    def _endless(self, on_shutdown: Callable[[], None]) -> Callable[[], None]:
        self._on_shutdown = on_shutdown
        bound(self.transport)
        return self.transport.abort


def bound(transport: asyncio.Transport) -> None:
    """Bound what waits for a live reader, in the transport and in the kernel."""
    transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)


def options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is started with, in every process that serves the API."""
    return {
        "loop": "uvloop",
        "http": HttpProtocol,
        "ws": SocketProtocol,
        # One compressor a socket costs memory and makes each frame another; payloads are small.
        "ws_per_message_deflate": False,
        "ws_max_size": settings.request_bytes,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        # Longer than clients and proxies keep an idle connection: who lets go first must not be the one that
        # does not know whether a request is on its way.
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "proxy_headers": True,
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": max(1, int(settings.shutdown_grace_seconds)),
    }
