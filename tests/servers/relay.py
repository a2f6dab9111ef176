"""A mail server as relays are, with every fault that they have: aiosmtpd in the test's own loop.

It stands for what RFC 5321 (SMTP), 2034 (enhanced codes), 3207 (STARTTLS), 3461 (DSN), 4954 (AUTH) and 6531
(SMTPUTF8) say, by https://aiosmtpd.aio-libs.org; the faults are those that relays are known for: answers by
address, connections cut at each step, slowness, answers that are none.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CUT = "CUT"
"""In place of an answer: the connection is closed."""


@dataclass
class Received:
    """A message that the relay has taken, or may be thought to have."""

    sender: str
    recipient: str
    content: bytes
    mail_options: list[str]
    rcpt_options: list[str]


@dataclass
class Faults:
    """What is answered in place of a yes, by step. By recipient, from RCPT on; each stays until taken out.

    An answer may be CUT; `seconds` go by before it. `dot_late`: the message is taken, and then it is answered
    so.
    """

    greeting: str | None = None
    hello: str | None = None
    mail: str | None = None
    mails: list[str] = field(default_factory=list)
    """For the next MAIL commands, one each."""
    rcpt: dict[str, str | bytes] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    """In place of 354."""
    dot: dict[str, str] = field(default_factory=dict)
    dot_late: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """By step or by recipient, for the dot."""


class Relay:
    """One server. What it announces and what it does wrong can be changed while it runs."""

    def __init__(self) -> None:
        self.port = 0
        self.faults = Faults()
        self.received: list[Received] = []
        self.keeps = True
        """False: what it takes is forgotten, for many messages."""
        self.login: tuple[str, str] | None = None
        self.auth_answer: str | None = None
        """In place of a look at the login."""
        self.announces: tuple[str, ...] = ("ENHANCEDSTATUSCODES", "DSN")
        self.hides: tuple[str, ...] = ()
        """What it does not announce though it knows it."""
        self.size_limit = 33_554_432
        self.utf8 = True
        self.tls: ssl.SSLContext | None = None
        self.connections = 0
        self.logins = 0
        self.commands: list[str] = []
        self.open: set[_Session] = set()
        self.server: asyncio.Server | None = None
        self.most_open = 0

    @property
    def recipients(self) -> Counter[str]:
        """Whom messages were taken for, and how many."""
        return Counter(one.recipient for one in self.received)

    async def stop(self) -> None:
        """Listen no more, and close every connection."""
        assert self.server is not None
        self.server.close()
        self.cut_all()
        while self.open:
            await asyncio.sleep(0.005)

    def cut_all(self) -> None:
        """Close every connection."""
        for one in list(self.open):
            one.cut()


class _Session(SMTP):
    """One connection."""

    def __init__(self, relay: Relay, **options: Any) -> None:
        super().__init__(
            _Hooks(relay),
            hostname="relay.example",
            data_size_limit=relay.size_limit,
            enable_SMTPUTF8=relay.utf8,
            tls_context=relay.tls,
            auth_require_tls=False,
            authenticator=self._look_at_login,
            **options,
        )
        self._relay = relay

    def cut(self) -> None:
        """Close it."""
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects, or has gone over to TLS."""
        if self._original_transport is None:
            self._relay.connections += 1
            self._relay.open.add(self)
            self._relay.most_open = max(self._relay.most_open, len(self._relay.open))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._relay.open.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        """Answer."""
        if status == CUT:
            self.cut()
            return
        if isinstance(status, str) and status.startswith("220 ") and "TLS" not in status:
            status = self._relay.faults.greeting or status
            if status == CUT:
                self.cut()
                return
        await super().push(status)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Take the parameters of RFC 3461, which the library does not know, and answer as told."""
        self._relay.commands.append(f"MAIL {arg}")
        answer = self._relay.faults.mails.pop(0) if self._relay.faults.mails else self._relay.faults.mail
        await asyncio.sleep(self._relay.faults.seconds.get("mail", 0))
        if answer is not None:
            await self.push(answer)
            return
        await super().smtp_MAIL(self._without_dsn(arg, "RET=", "ENVID="))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """The same."""
        self._relay.commands.append(f"RCPT {arg}")
        await super().smtp_RCPT(self._without_dsn(arg, "NOTIFY=", "ORCPT="))

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Answer as told in place of 354."""
        self._relay.commands.append("DATA")
        recipients = self.envelope.rcpt_tos if self.envelope else []
        answer = next(
            (self._relay.faults.data[one] for one in recipients if one in self._relay.faults.data), None
        )
        if answer is not None:
            await self.push(answer)
            return
        await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        """Noted."""
        self._relay.commands.append("RSET")
        await super().smtp_RSET(arg)

    def _without_dsn(self, arg: str | None, *known: str) -> str | None:
        if arg is None or "DSN" not in self._relay.announces:
            return arg
        return " ".join(part for part in arg.split(" ") if not part.upper().startswith(known))

    def _look_at_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        relay = self._relay
        if relay.auth_answer is not None:
            return AuthResult(success=False, handled=False, message=relay.auth_answer)
        good = relay.login is not None and (data.login.decode(), data.password.decode()) == relay.login
        relay.logins += good
        return AuthResult(success=good, handled=False)


class _Hooks:
    """What aiosmtpd asks at each step."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """What it knows."""
        session.host_name = hostname
        relay = self._relay
        if relay.faults.hello is not None:
            return [relay.faults.hello]
        hidden = (*relay.hides, *(() if relay.login else ("AUTH",)))
        shown = (
            [one for one in responses[:-1] if not one[4:].startswith(hidden)] if hidden else responses[:-1]
        )
        return [*shown, *(f"250-{one}" for one in relay.announces), "250 HELP"]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Without a login it takes nothing where it wants one."""
        if self._relay.login is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str | bytes:
        """By address."""
        answer = self._relay.faults.rcpt.get(address)
        await asyncio.sleep(self._relay.faults.seconds.get("rcpt", 0))
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """By address too."""
        faults, recipient = self._relay.faults, envelope.rcpt_tos[0]
        assert len(envelope.rcpt_tos) == 1
        if (answer := faults.dot.get(recipient)) is not None:
            return answer
        content = envelope.original_content
        assert content is not None
        if not self._relay.keeps:
            return "250 2.0.0 Ok"
        self._relay.received.append(
            Received(
                envelope.mail_from or "", recipient, content, envelope.mail_options, envelope.rcpt_options
            )
        )
        await asyncio.sleep(faults.seconds.get(recipient, faults.seconds.get("dot", 0)))
        return faults.dot_late.get(recipient, f"250 2.0.0 Ok: queued as {len(self._relay.received):010X}")


@asynccontextmanager
async def running_relay(
    *, tls: ssl.SSLContext | None = None, tls_from_the_first_byte: bool = False
) -> AsyncIterator[Relay]:
    """A relay on a free port of this machine, with STARTTLS where it has a certificate."""
    relay = Relay()
    relay.tls = None if tls_from_the_first_byte else tls
    loop = asyncio.get_running_loop()
    relay.server = await loop.create_server(
        lambda: _Session(relay, loop=loop), "127.0.0.1", 0, ssl=tls if tls_from_the_first_byte else None
    )
    relay.port = relay.server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        await relay.stop()
