"""SMTP as a vendor: a relay takes a message or refuses it, never hears of it twice, and cannot be asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from bson import ObjectId
from structlog import get_logger

from crm_graphql.core.mailboxes import NoMailbox
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.vendors.mail.building import Mail, MailSender, Unbuildable, build
from crm_graphql.delivery.vendors.mail.signing import DkimSigner
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorAccountFault,
    VendorUnavailable,
)
from crm_graphql.delivery.vendors.smtp.connection import Answer, Deadline, Lost, Uncertain, Unfit
from crm_graphql.delivery.vendors.smtp.outcomes import is_hard_bounce, verdict_of, words_of
from crm_graphql.delivery.vendors.smtp.patience import Patience
from crm_graphql.delivery.vendors.smtp.pool import Pool
from crm_graphql.delivery.vendors.smtp.unusable import refuses_sender

EnvelopeSender = Callable[[str], str]
"""By a message's key the address that it returns to."""

_QUEUED_AS = re.compile(r"\b(?:queued as\s+|ok:?\s+<?(?=[\w.@+\-]{16}))([\w.@+\-]{4,120})", re.IGNORECASE)
"""How Postfix and others call what they took, and how Amazon SES does."""
_LOST_RETRY_SECONDS = 5.0
_CHECK_SECONDS = 8.0
_NO_MESSAGE = f"{'0' * 24}-1"
"""The key of none, for an envelope's sender that is looked at."""
_WAITING = frozenset({Fault.TRANSIENT, Fault.ACCOUNT})
_log = get_logger(__name__)


class SmtpVendor:
    """Client of one relay. Safe for concurrent calls, which share its connections."""

    name: ClassVar[str] = "smtp"
    dedupes_for: ClassVar[timedelta | None] = None
    can_look_up: ClassVar[bool] = False
    # Bad news comes by mail, good news never.
    sends_receipts: ClassVar[bool] = False

    def __init__(
        self,
        pool: Pool,
        sender: MailSender,
        envelope_sender: EnvelopeSender,
        *,
        batch_limit: int,
        signer: DkimSigner | None = None,
    ) -> None:
        """`batch_limit`: how many messages may be under way when this process dies, for then nobody knows of
        any of them."""
        self._pool = pool
        self._sender = sender
        self._envelope_sender = envelope_sender
        self._batch_limit = batch_limit
        self._signer = signer
        self._patience = Patience()
        self._building = asyncio.Lock()

    @property
    def batch_limit(self) -> int:
        """The most messages of one `send`."""
        return self._batch_limit

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Hand over the messages, each in a transaction of its own; as the port says."""
        if seconds := self._patience.seconds_left:
            raise VendorUnavailable("the relay wants less for a while", retry_after_seconds=seconds)
        found = await asyncio.gather(
            *(self._send(message, deadline_seconds) for message in messages), return_exceptions=True
        )
        if away := [one for one in found if isinstance(one, VendorUnavailable)]:
            # Nothing of any was taken. What is wrong with the account goes first.
            worst = next((one for one in away if isinstance(one, VendorAccountFault)), away[0])
            if len(away) == len(messages):
                raise worst
        return [_outcome(message.key, one) for message, one in zip(messages, found, strict=True)]

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Never called: no server of mail can be asked what became of a message."""
        raise VendorUnavailable("a relay cannot be asked")

    async def check(self) -> str | None:
        """Whether it takes our login, and mail from us. Sends nothing."""
        sender = self._envelope_sender(_NO_MESSAGE)
        try:
            connection = await self._pool.open(_CHECK_SECONDS)
        except VendorUnavailable as error:
            return str(error)
        try:
            answer = await connection.refusal_of(sender, _CHECK_SECONDS)
            await connection.quit()
        except Lost as error:
            return f"The connection broke: {error}."
        finally:
            connection.close()
        if answer is None or answer.code < 500:
            # Busy now: messages wait.
            return None
        return refuses_sender(self._pool.relay, sender, answer.code, answer.text)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _send(self, message: OutgoingMessage, seconds: float) -> Outcome:
        """Raises VendorUnavailable: then surely nothing was taken."""
        deadline = Deadline(seconds)
        try:
            # One after another, so that what else this process does has its turns in between.
            async with self._building:
                mail = self._build(message)
            async with asyncio.timeout(seconds):
                answer = await self._hand_over(message.key, mail, deadline)
        except NoMailbox as error:
            return _rejected(message.key, Fault.PERSON, str(error))
        except Unbuildable as error:
            return _rejected(message.key, Fault.CONTENT, str(error), DeliveryReason.TEMPLATE_ERROR)
        except Unfit as error:
            return _rejected(message.key, Fault.CONTENT, str(error))
        except Lost as error:
            return _deferred(message.key, f"The connection broke: {error}.", _LOST_RETRY_SECONDS)
        except (Uncertain, TimeoutError) as error:
            _log.warning("a relay's answer is missing", key=message.key, error=str(error))
            return Outcome(message.key, OutcomeStatus.UNKNOWN)
        return self._judged(message.key, answer)

    def _build(self, message: OutgoingMessage) -> Mail:
        mail = build(message, self._sender)
        if self._signer is None:
            return mail
        moment = message.created_at or ObjectId(message.key.partition("-")[0]).generation_time
        return replace(mail, content=self._signer.signed(mail.content, moment))

    async def _hand_over(self, key: str, mail: Mail, deadline: Deadline) -> Answer:
        """Over a connection that was used before where there is one; where that turns out to be gone before
        the message was sent, over a new one. Raises Lost, Uncertain, Unfit and VendorUnavailable."""
        sender = self._envelope_sender(key)
        was_used = False
        try:
            async with self._pool.connection(deadline) as connection:
                was_used = connection.messages > 0
                return await connection.hand_over(mail, sender, key, deadline)
        except Lost:
            if not was_used:
                raise
        async with self._pool.connection(deadline, fresh=True) as connection:
            return await connection.hand_over(mail, sender, key, deadline)

    def _judged(self, key: str, answer: Answer) -> Outcome:
        if answer.code == 250:
            self._patience.took()
            queued = _QUEUED_AS.search(answer.text)
            return Outcome(key, OutcomeStatus.ACCEPTED, queued[1] if queued else None)
        verdict = verdict_of(answer.phase, answer.code, answer.text)
        assert verdict is not None
        verdict = self._patience.refused(verdict)
        words = words_of(answer.code, answer.text)
        if verdict.fault not in _WAITING:
            is_hard = verdict.fault is Fault.PERSON and is_hard_bounce(answer.code, answer.text)
            return _rejected(key, verdict.fault, words, DeliveryReason.BOUNCED if is_hard else None)
        return _deferred(key, words, verdict.retry_after_seconds, verdict.fault)


def _outcome(key: str, found: Outcome | BaseException) -> Outcome:
    match found:
        case Outcome():
            return found
        case VendorAccountFault():
            return _deferred(key, str(found), None, Fault.ACCOUNT)
        case VendorUnavailable():
            return _deferred(key, str(found), found.retry_after_seconds or _LOST_RETRY_SECONDS)
        case Exception():
            _log.error("a message could not be handed over", key=key, exc_info=found)
            return Outcome(key, OutcomeStatus.UNKNOWN)
    raise found


def _rejected(key: str, fault: Fault, text: str, reason: DeliveryReason | None = None) -> Outcome:
    return Outcome(key, OutcomeStatus.REJECTED, reason=reason, reason_text=text, fault=fault)


def _deferred(key: str, text: str, seconds: float | None, fault: Fault = Fault.TRANSIENT) -> Outcome:
    return Outcome(key, OutcomeStatus.DEFERRED, reason_text=text, fault=fault, retry_after_seconds=seconds)
