"""The listener for returned mail, LMTP or SMTP: who may be written to, and 250 only for what is durable.

It stands behind the operator's mail server, which queues what is not taken, and tries again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog import get_logger

from crm_graphql.bounces.intake import Intake
from crm_graphql.bounces.mail.reading import Understood, read_mail
from crm_graphql.bus.port import Bus
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings, SettingsError
from crm_graphql.delivery.vendors.smtp.verp import key_of, keys_within
from crm_graphql.delivery.webhooks.port import Notice, Returned, read_key

MAIL_BYTES = 10 * 1024 * 1024
CONNECTIONS = 20
"""At once: each holds a mail in memory. A mail server waits for its turn."""
IDLE_SECONDS = 60.0
CLOSE_SECONDS = 3.0
COMPLAINTS = "complaints"
"""The local part that feedback loops are told. Which message it is stands in the report, by our own MAC."""
_LINE_BYTES = 128 * 1024
"""Mail that is returned keeps to no line length, and is wanted nevertheless."""

_NOBODY = "550 5.1.1 There is no such address here"
_ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
_BUSY = b"421 4.3.2 Too many connections, come again\r\n"
_TAKEN = "250 2.0.0 Taken"
_AWAY = "451 4.3.0 Not taken, come again"
_log = get_logger(__name__)


class ReturnedMail:
    """What aiosmtpd asks about each mail: may it come to this address, and was it taken."""

    def __init__(self, *, settings: Settings, bus: Bus, clock: Clock, intake: Intake) -> None:
        self._settings = settings
        self._intake = intake
        self._bus = bus
        self._clock = clock
        # Reading is work for the processor: never on the loop, and never on all of its threads.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="returned mail")
        self._in_hand = 0
        self.is_idle = asyncio.Event()
        self.is_idle.set()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take addresses that we made, before anything else of the mail is taken."""
        if envelope.rcpt_tos:
            # LMTP answers for each recipient by itself; this way there is one answer to give.
            return _ONE_AT_A_TIME
        if key_of(address, self._settings) is None and address.lower() != self._complaints:
            return _NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Read it, and answer once what it says is durable."""
        self._in_hand += 1
        self.is_idle.clear()
        try:
            return await self._taken(envelope.original_content or b"", envelope.rcpt_tos[0])
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self.is_idle.set()

    async def _taken(self, raw: bytes, address: str) -> str:
        loop = asyncio.get_running_loop()
        understood = await loop.run_in_executor(self._threads, read_mail, raw)
        notice = None if understood is None else self._notice(understood, address)
        if notice is None:
            _log.info("a mail came that says nothing of a message", bytes=len(raw))
            return _TAKEN
        try:
            await self._intake.take([notice], settings=self._settings, bus=self._bus, clock=self._clock)
        except Exception as error:
            _log.warning("returned mail not taken", error=f"{type(error).__name__}: {str(error)[:200]}")
            return _AWAY
        return _TAKEN

    async def handle_exception(self, error: Exception) -> str:
        """What nobody foresaw: the mail server keeps the mail."""
        _log.error("returned mail failed", exc_info=error)
        return _AWAY

    def close(self) -> None:
        """End the reading."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def _complaints(self) -> str:
        return f"{COMPLAINTS}@{self._settings.bounces_domain}"

    def _notice(self, understood: Understood, address: str) -> Notice | None:
        key = key_of(address, self._settings)
        if key is None and understood.kind is Returned.COMPLAINT:
            key = next(iter(keys_within(understood.mentions, self._settings)), None)
        if key is None:
            return None
        return Notice.came_back(
            understood.kind,
            read_key(key),
            text=understood.text,
            code=understood.code,
            channel=Channel.EMAIL,
            occurred_at=self._clock.now(),
        )


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_BUSY)
        transport.close()


class BounceListener:
    """The listening of one process. Several on one machine share the address."""

    def __init__(self, *, settings: Settings, bus: Bus, clock: Clock, intake: Intake) -> None:
        """By `settings.bounces_listen`, lmtp:// or smtp://."""
        parts = urlsplit(settings.bounces_listen)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._handler = ReturnedMail(settings=settings, bus=bus, clock=clock, intake=intake)
        self._open: set[SMTP] = set()
        self._protocol = _counted(LMTP if parts.scheme == "lmtp" else SMTP, self._open)
        self._server: asyncio.Server | None = None
        # A line for each command that comes in is no news to anybody, nor where a mail that is broken stops a
        # reader which the others go on after.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

    async def start(self) -> None:
        """Listen. Raises SettingsError for an address that cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connected, self._host, self._port, reuse_port=True)
        except OSError as error:
            raise SettingsError(f"CRM_BOUNCES_LISTEN: {error}") from None
        _log.info("taking returned mail", host=self._host, port=self.port)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        address: tuple[Any, ...] = self._server.sockets[0].getsockname()
        return int(address[1])

    async def close(self) -> None:
        """Take no more; mails in hand have some seconds, the others come again."""
        if self._server is None:
            return
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._handler.is_idle.wait()
        for one in list(self._open):
            if isinstance(one.transport, asyncio.Transport):
                # What was answered is still written.
                one.transport.close()
        self._handler.close()

    def _connected(self) -> asyncio.Protocol:
        if len(self._open) >= CONNECTIONS:
            return _Busy()
        return self._protocol(
            self._handler,
            data_size_limit=MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="returned mail",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )


def _counted(kind: type[SMTP], connections: set[SMTP]) -> type[SMTP]:
    """The same protocol, which is among the open connections while it is."""

    class Counted(kind):  # type: ignore[valid-type, misc]
        line_length_limit = _LINE_BYTES

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connections.add(self)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            connections.discard(self)
            super().connection_lost(error)

    return Counted
