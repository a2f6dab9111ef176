"""Connection to a relay: opened with its login, and one message after another over it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Sequence
from typing import NamedTuple

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from crm_graphql.core.settings.smtp import SmtpSecurity
from crm_graphql.delivery.vendors.mail.building import Mail
from crm_graphql.delivery.vendors.smtp.outcomes import Phase, words_of
from crm_graphql.delivery.vendors.smtp.relay import Relay
from crm_graphql.delivery.vendors.smtp.unusable import unusable

# RFC 5321, section 4.5.3.2: what a client has to wait for at least.
_MAIL_SECONDS = 300.0
_RCPT_SECONDS = 300.0
_DATA_SECONDS = 600.0
# Nothing is lost with these.
_OPEN_SECONDS = 60.0
_RESET_SECONDS = 30.0
_QUIT_SECONDS = 2.0


class Answer(NamedTuple):
    """What the relay said at last, and how far the message was: 250 in the phase DATA is its yes."""

    phase: Phase
    code: int
    text: str


class Lost(Exception):
    """The connection failed before the message itself was sent: surely nothing was taken."""


class Uncertain(Exception):
    """The connection failed while the message was sent, or its answer was waited for: it may have been
    taken."""


class Unfit(Exception):
    """The relay cannot take this message, and was not asked to; others it can."""


class Deadline:
    """A moment, and how much of the time until it is for what comes before the message itself: half, so that
    the relay has the time to answer which it must have once it has all of it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._begin_data = time.monotonic() + seconds / 2

    def before_data(self, at_most: float) -> float:
        """Seconds for a step before the message itself. Raises Lost when there are none."""
        return self._left(self._begin_data, at_most)

    def data(self) -> float:
        """Seconds for the message itself. Raises Lost where it is too late to begin."""
        self._left(self._begin_data, _DATA_SECONDS)
        return self._left(self._end, _DATA_SECONDS)

    @staticmethod
    def _left(moment: float, at_most: float) -> float:
        seconds = moment - time.monotonic()
        if seconds <= 0:
            raise Lost("the relay is too slow")
        return min(seconds, at_most)


class Connection:
    """One connection, for one message at a time. Closed at any surprise, so that no answer is ever taken for
    that to another message."""

    def __init__(self, smtp: SMTP) -> None:
        """`smtp` is connected."""
        self._smtp = smtp
        self.messages = 0
        self.idle_since = time.monotonic()
        self._holds_a_message = False

    @property
    def is_usable(self) -> bool:
        """Whether it seems to be open."""
        return self._smtp.is_connected

    async def hand_over(self, mail: Mail, sender: str, key: str, deadline: Deadline) -> Answer:
        """One transaction with one recipient; the answer that ended it. Raises Lost, Uncertain and Unfit."""
        if mail.recipient.needs_utf8 and not self._smtp.supports_extension("smtputf8"):
            raise Unfit("The relay takes no address with such signs (SMTPUTF8).")
        self.messages += 1
        await self._forget(deadline)
        phase = Phase.MAIL
        encoding = "utf-8" if mail.recipient.needs_utf8 else "ascii"
        try:
            await self._smtp.mail(
                sender,
                options=self._mail_options(mail, key),
                encoding=encoding,
                timeout=deadline.before_data(_MAIL_SECONDS),
            )
            phase = Phase.RCPT
            await self._smtp.rcpt(
                mail.recipient.address,
                options=self._rcpt_options(mail),
                encoding=encoding,
                timeout=deadline.before_data(_RCPT_SECONDS),
            )
            seconds = deadline.data()
            phase = Phase.DATA
            answer = await self._smtp.data(mail.content, timeout=seconds)
        except SMTPResponseException as refusal:
            return self._refused(phase, refusal)
        except (SMTPException, OSError, ValueError) as error:
            self.close()
            raise _broken(phase, type(error).__name__) from None
        except BaseException:
            # Cancelled, or out of time: a late answer would be taken for that to the next command.
            self.close()
            raise
        self.idle_since = time.monotonic()
        return Answer(phase, answer.code, answer.message)

    async def refusal_of(self, sender: str, seconds: float) -> Answer | None:
        """What it says against mail from this sender; None for a yes. Sends nothing. Raises Lost."""
        try:
            await self._smtp.mail(sender, encoding="ascii", timeout=seconds)
            await self._smtp.rset(timeout=seconds)
        except SMTPResponseException as refusal:
            return self._refused(Phase.MAIL, refusal)
        except (SMTPException, OSError, ValueError) as error:
            self.close()
            raise Lost(type(error).__name__) from None
        return None

    async def quit(self) -> None:
        """Say goodbye, and close."""
        with contextlib.suppress(SMTPException, OSError):
            await self._smtp.quit(timeout=_QUIT_SECONDS)
        self.close()

    def close(self) -> None:
        """Close without a word."""
        self._smtp.close()

    async def _forget(self, deadline: Deadline) -> None:
        """Have the relay forget a message that it refused: else it would take this one as more of that."""
        if not self._holds_a_message:
            return
        try:
            await self._smtp.rset(timeout=deadline.before_data(_RESET_SECONDS))
        except (SMTPException, OSError) as error:
            self.close()
            raise Lost(type(error).__name__) from None
        except BaseException:
            self.close()
            raise
        self._holds_a_message = False

    def _refused(self, phase: Phase, refusal: SMTPResponseException) -> Answer:
        if not 400 <= refusal.code < 600:
            self.close()
            raise _broken(phase, f"an answer that is none: {words_of(refusal.code, refusal.message)}")
        self._holds_a_message = True
        self.idle_since = time.monotonic()
        return Answer(phase, refusal.code, refusal.message)

    def _mail_options(self, mail: Mail, key: str) -> Sequence[str]:
        options = []
        if self._smtp.supports_extension("size"):
            options.append(f"SIZE={len(mail.content)}")
        if mail.recipient.needs_utf8:
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        if self._smtp.supports_extension("dsn"):
            options += ["RET=HDRS", f"ENVID={key}"]
        return options

    def _rcpt_options(self, mail: Mail) -> Sequence[str]:
        if not self._smtp.supports_extension("dsn") or mail.recipient.needs_utf8:
            return ()
        return ("NOTIFY=FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(mail.recipient.address)}")


async def open_connection(relay: Relay, context: ssl.SSLContext | None, seconds: float) -> Connection:
    """Connect, protect and log in. Raises VendorUnavailable, and VendorAccountFault for a login that is not
    good."""
    smtp = SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.username or None,
        password=relay.password or None,
        local_hostname=relay.hello_name,
        use_tls=relay.security is SmtpSecurity.TLS,
        # Never "if it is offered": whoever sits in between would leave the offer out, and read the password.
        start_tls=relay.security is SmtpSecurity.STARTTLS,
        tls_context=context,
        timeout=min(seconds, _OPEN_SECONDS),
    )
    try:
        async with asyncio.timeout(seconds):
            await smtp.connect()
            # Known before the first message: what the relay can take.
            if smtp.is_ehlo_or_helo_needed:
                await _say_hello(smtp)
    except (TimeoutError, SMTPException, OSError, UnicodeError) as error:
        smtp.close()
        raise unusable(relay, error) from None
    except BaseException:
        smtp.close()
        raise
    return Connection(smtp)


async def _say_hello(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        if not smtp.is_connected:
            raise
        await smtp.helo()


def _broken(phase: Phase, what: str) -> Exception:
    return Uncertain(what) if phase is Phase.DATA else Lost(what)


def _xtext(address: str) -> str:
    """RFC 3461, section 4."""
    return "".join(
        sign if "!" <= sign <= "~" and sign not in "+=" else f"+{ord(sign):02X}" for sign in address
    )
