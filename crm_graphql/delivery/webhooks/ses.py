"""The door of Amazon SES, whose notices come by SNS: in two dialects, of one message to one or many people.

Identities write `notificationType`, configuration sets `eventType` (Amazon's developer guide, "Contents of
event data"). A message's key is found in its tag, in its envelope sender (VERP), or in a header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from crm_graphql.core.channels import Channel
from crm_graphql.core.times import parse_moment
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.vendors.smtp.verp import key_of
from crm_graphql.delivery.webhooks.codes import find_code, is_vague, kind_of
from crm_graphql.delivery.webhooks.port import (
    Call,
    DoorTools,
    Entrance,
    EntryProblem,
    Notice,
    Parsed,
    Returned,
    read_key,
)
from crm_graphql.delivery.webhooks.sns import (
    NOTIFICATION,
    SUBSCRIPTION,
    SnsMessage,
    check_message,
    confirm_subscription,
    read_message,
)

KEY_TAG = "crm-key"
"""The tag, and with X- before it the header, in which senders by SES put the message's key."""
_KEY_HEADER = f"x-{KEY_TAG}"
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure", "virus"})
_SES_SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})
_AWAY = "General"
"""A Transient of this subtype may be a machine that answers for somebody who is away."""


class _Recipient(msgspec.Struct, rename="camel"):
    email_address: str = ""
    status: str | None = None
    diagnostic_code: str | None = None


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str = ""
    bounce_sub_type: str = ""
    bounced_recipients: list[_Recipient] = []
    timestamp: str | None = None


class _Complaint(msgspec.Struct, rename="camel"):
    complained_recipients: list[_Recipient] = []
    complaint_feedback_type: str | None = None
    timestamp: str | None = None


class _Reject(msgspec.Struct):
    reason: str = ""


class _Delivered(msgspec.Struct):
    timestamp: str | None = None


class _Mail(msgspec.Struct, rename="camel"):
    message_id: str = ""
    timestamp: str | None = None
    source: str = ""
    destination: list[str] = []
    tags: dict[str, list[str]] = {}
    headers: list[dict[str, Any]] = []


class _Event(msgspec.Struct, rename="camel"):
    """What a notice says. What else it holds is ignored."""

    mail: _Mail
    notification_type: str | None = None
    event_type: str | None = None
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivered | None = None
    reject: _Reject | None = None

    @property
    def kind(self) -> str:
        return self.event_type or self.notification_type or ""


_event = msgspec.json.Decoder(_Event)


@dataclass(frozen=True, slots=True)
class SesDoor:
    """Takes the notices of the topics that the settings name."""

    tools: DoorTools

    async def verify(self, call: Call) -> None:
        """Raise Forbidden unless SNS signed it, lately, for one of our topics."""
        settings = self.tools.settings
        await check_message(
            read_message(call.body),
            topics=settings.ses_topic_arns,
            takes_sha1=settings.ses_old_signatures,
            http=self.tools.http,
            now=self.tools.clock.now(),
        )

    async def parse(self, call: Call) -> Parsed:
        """The notices of each recipient; a request to subscribe to one of our topics is confirmed."""
        message = read_message(call.body)
        if message.type == SUBSCRIPTION:

            async def confirm() -> None:
                await confirm_subscription(message, self.tools.http)

            return Parsed(then=confirm)
        if message.type != NOTIFICATION:
            return Parsed()
        return self._parsed(message)

    def _parsed(self, message: SnsMessage) -> Parsed:
        try:
            event = _event.decode(message.message)
        except msgspec.DecodeError as error:
            # The first message of a topic says in a sentence that all is well.
            return Parsed(problems=[EntryProblem(0, f"This is no notice of Amazon SES: {error}")])
        return Parsed(list(self._notices(event)))

    def _notices(self, event: _Event) -> Iterator[Notice]:
        key = self._key(event.mail)
        if event.kind == "Bounce" and event.bounce:
            yield from _bounces(event.bounce, event.mail, key)
        elif event.kind == "Complaint" and event.complaint:
            yield from _complaints(event.complaint, event.mail, key)
        elif event.kind == "Reject" and key:
            reason = event.reject.reason if event.reject else None
            notice = Notice.came_back(Returned.CONTENT, key, text=reason)
            yield replace(notice, reason=DeliveryReason.BOUNCED, channel=Channel.EMAIL)
        elif event.kind in ("Send", "Delivery") and key:
            # Send proves that a message was taken whose answer was lost: accepting is delivering, by mail.
            at = event.delivery.timestamp if event.delivery else event.mail.timestamp
            yield Notice(
                *key,
                status=ReceiptStatus.DELIVERED,
                occurred_at=_moment(at),
                vendor_message_id=event.mail.message_id or None,
                channel=Channel.EMAIL,
            )

    def _key(self, mail: _Mail) -> tuple[str, int] | None:
        """The message that it is about, by what we gave it on its way."""
        tags = mail.tags.get(KEY_TAG) or ()
        headers = [
            str(one.get("value", ""))
            for one in mail.headers
            if str(one.get("name", "")).lower() == _KEY_HEADER
        ]
        for text in (*tags, key_of(mail.source, self.tools.settings) or "", *headers):
            if (key := read_key(text)) is not None:
                return key
        return None


def _bounces(bounce: _Bounce, mail: _Mail, key: tuple[str, int] | None) -> Iterator[Notice]:
    for recipient in bounce.bounced_recipients:
        words = recipient.diagnostic_code or ""
        code = find_code(recipient.status or "") or find_code(words)
        kind = _bounce_kind(bounce, code, words)
        if kind is not None:
            yield _of(recipient, kind, mail, key, at=bounce.timestamp, code=code)


def _bounce_kind(bounce: _Bounce, code: str | None, words: str) -> Returned | None:
    """None for what may be no bounce at all."""
    subtype = bounce.bounce_sub_type
    if bounce.bounce_type == "Permanent":
        if subtype in _SES_SUPPRESSED or subtype == "NoEmail":
            return Returned.HARD
        # General: what the server said decides; where that says nothing, Amazon's word counts.
        kind, of_address = kind_of(code, words), code is None or code.startswith(("5.0.0", "5.1."))
        return Returned.HARD if kind is Returned.SOFT and of_address and is_vague(code) else kind
    if subtype in ("MessageTooLarge", "ContentRejected", "AttachmentRejected"):
        return Returned.CONTENT
    if subtype == _AWAY and code is None:
        return None
    kind = kind_of(code, words)
    return Returned.SOFT if kind is Returned.HARD else kind


def _complaints(complaint: _Complaint, mail: _Mail, key: tuple[str, int] | None) -> Iterator[Notice]:
    if complaint.complaint_feedback_type in _NO_COMPLAINTS:
        return
    people = complaint.complained_recipients
    if key is None and len(people) != 1:
        # Amazon guesses who of them it was, and we cannot.
        return
    for recipient in people[:1] or (_Recipient(),):
        yield _of(recipient, Returned.COMPLAINT, mail, key, at=complaint.timestamp, code=None)


def _of(
    recipient: _Recipient,
    kind: Returned,
    mail: _Mail,
    key: tuple[str, int] | None,
    *,
    at: str | None,
    code: str | None,
) -> Notice:
    return Notice.came_back(
        kind,
        key,
        text=recipient.diagnostic_code,
        code=code,
        occurred_at=_moment(at),
        vendor_message_id=mail.message_id or None,
        channel=Channel.EMAIL,
        address=_address(recipient.email_address),
    )


def _address(text: str) -> str | None:
    """The address alone: Amazon copies it as the header had it."""
    bare = text.rpartition("<")[2].partition(">")[0].strip()
    return bare if "@" in bare else None


def _moment(text: str | None) -> datetime | None:
    try:
        return parse_moment(text) if text else None
    except ValueError:
        return None


def ses_door(tools: DoorTools) -> Entrance | None:
    """Open where the settings name a topic."""
    return Entrance(SesDoor(tools)) if tools.settings.ses_topic_arns else None
