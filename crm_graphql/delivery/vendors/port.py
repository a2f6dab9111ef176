"""A vendor as the sender sees it: one batch call, its outcomes, and what the vendor promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import DeliveryReason


class VendorError(Exception):
    """A call as a whole failed; which subclass says whether the messages may have been taken."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        """`message` is safe for a log; `retry_after_seconds` is the vendor's own wish, where it has one."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class VendorUnavailable(VendorError):
    """Surely nothing was taken (connection refused, 429, 503): send again later, under the same keys."""


class VendorUncertain(VendorError):
    """Some or all of it may have been taken (time-out, connection cut, 500): look it up, or send it again
    under the same keys where the vendor dedupes."""


class VendorAccountFault(VendorUnavailable):
    """Surely nothing was taken, and nothing will be until people mend the account: a key that is no longer
    good, a sender that is blocked, a bill. The message says what to mend; it is shown to those who sent."""


class Fault(Enum):
    """Whose fault it is that a message was not taken: what is done about it depends on that alone."""

    PERSON = "PERSON"
    """This address, for good: it does not exist, or wants nothing."""
    CONTENT = "CONTENT"
    """This message, for good: too long, or not what the vendor takes. Another may go to the same address."""
    TEMPLATE = "TEMPLATE"
    """What the vendor holds of the message's text: missing, not approved, or of other values."""
    ACCOUNT = "ACCOUNT"
    """Ours. Nobody else's message will be taken either: the campaign pauses, and loses none of its people."""
    TRANSIENT = "TRANSIENT"
    """Nobody's: a full mailbox, a grey list, a limit. It is tried again later, by itself."""


class OutcomeStatus(Enum):
    """What became of one message of a call."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    """For good: sending the same again changes nothing. The fault is PERSON, CONTENT or TEMPLATE."""
    DEFERRED = "DEFERRED"
    """Surely not taken, and not for good: the fault is TRANSIENT, or ACCOUNT."""
    UNKNOWN = "UNKNOWN"
    """The answer did not say; treat it like VendorUncertain, for this message alone."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message: the same object for everybody who gets it."""

    media_id: str
    filename: str
    content_type: str
    content: bytes
    sha256: str = ""
    """Of the content, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class WhatsappTemplate:
    """A template that the vendor has approved, with this person's values by the names of its parameters."""

    name: str
    language: str
    parameters: Sequence[tuple[str, str]] = ()
    header: Attachment | None = None
    """A picture, film or document in its head."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One rendered message. `key` is `<delivery id>-<attempt>`; the vendor sends a key once.

    The same key is always the same message: what is derived from the moment is derived from `created_at`.
    """

    key: str
    channel: Channel
    address: str
    subject: str | None
    body: str
    tag: str | None = None
    """The campaign's id, for the vendor's own figures."""
    html: str | None = None
    """Beside `body`, for who can show it. E-mail only."""
    from_name: str | None = None
    """Where the sender's name is not the deployment's."""
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    """Where one request without any more questions opts this person out (RFC 8058); None for what people
    cannot opt out of."""
    attachments: Sequence[Attachment] = ()
    whatsapp: WhatsappTemplate | None = None
    """In place of `body`, which WhatsApp takes only within 24 hours of the person's last message."""
    send_before: datetime | None = None
    """After this nobody wants it any more: for vendors who keep messages."""
    created_at: datetime | None = None
    """When the message was put into the ledger."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the vendor said about the message `key`. What follows its id only where it was not taken.

    `reason_text` is the vendor's own words, `retry_after_seconds` its wish where it deferred the message.
    """

    key: str
    status: OutcomeStatus
    vendor_message_id: str | None = None
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    fault: Fault | None = None
    retry_after_seconds: float | None = None


class Vendor(Protocol):
    """Sends messages, and declares what may be relied on after a crash."""

    @property
    def name(self) -> str:
        """For logs and settings."""

    @property
    def dedupes_for(self) -> timedelta | None:
        """How long the same key is sent once only, counted from its first call; None: not at all."""

    @property
    def can_look_up(self) -> bool:
        """Whether `look_up` tells what became of a key."""

    @property
    def sends_receipts(self) -> bool:
        """Whether receipts follow. Without them, accepting is delivering."""

    @property
    def batch_limit(self) -> int:
        """The most messages of one `send`, and keys of one `look_up`."""

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Hand over at most `batch_limit` messages; one outcome each, in their order.

        Returns or raises within `deadline_seconds`. Raises VendorUnavailable when surely nothing was taken,
        VendorUncertain when something may have been.
        """

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """What the vendor knows of `keys`; a key that is not in the answer never reached it.

        Raises VendorUnavailable when it cannot be asked. Only where `can_look_up`.
        """
