"""The wire: requests, answers and receipts over HTTP, in the vendor's own words."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

BATCH_LIMIT = 1000
"""The most messages of one call, and keys of one look-up."""

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class IncomingFile(msgspec.Struct, frozen=True):
    """A file of a message, told instead of sent: its bytes stay where they are."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str


class IncomingTemplate(msgspec.Struct, frozen=True):
    """An approved template with its values, in place of a body."""

    name: str
    language: str
    parameters: dict[str, str] = {}
    header: IncomingFile | None = None


class IncomingMessage(msgspec.Struct, frozen=True):
    """One message to send. The same `key` is sent once, however often it comes."""

    key: Key
    to: Annotated[str, msgspec.Meta(max_length=1000)]
    channel: Literal["EMAIL", "SMS", "WHATSAPP"]
    body: str
    subject: str | None = None
    tag: str | None = None
    html: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    attachments: list[IncomingFile] = []
    template: IncomingTemplate | None = None


class SendRequest(msgspec.Struct, frozen=True):
    """POST /v1/messages. Receipts go to `callback_url`, else to where the simulator was told at its start."""

    messages: Annotated[list[IncomingMessage], msgspec.Meta(max_length=BATCH_LIMIT)]
    callback_url: Annotated[str, msgspec.Meta(pattern=r"^https?://")] | None = None


class LookUpRequest(msgspec.Struct, frozen=True):
    """POST /v1/look-up."""

    keys: Annotated[list[Key], msgspec.Meta(max_length=BATCH_LIMIT)]


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one message."""

    key: str
    id: str
    status: Literal["accepted", "rejected", "deferred"]
    reason: str | None = None
    retry_after_ms: float | None = None


class Results(msgspec.Struct, frozen=True):
    """The answer to a send (in the order of the messages) and to a look-up (known keys only)."""

    results: list[Result]


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One receipt, as the callback gets it. `delivery_id` and `attempt` are the two halves of the key."""

    delivery_id: str
    key: str
    attempt: int
    status: Literal["SENT", "DELIVERED", "FAILED"]
    occurred_at: str
    reason: str | None = None
    reason_text: str | None = None


class Receipts(msgspec.Struct, frozen=True):
    """The body of a callback."""

    receipts: list[Receipt]


def split_key(key: str) -> tuple[str, int]:
    """The delivery's id and the attempt in `<delivery id>-<attempt>`; a key of another form is attempt 1."""
    delivery_id, _, attempt = key.rpartition("-")
    if delivery_id and attempt.isascii() and attempt.isdigit() and len(attempt) < 10:
        return delivery_id, int(attempt)
    return key, 1
