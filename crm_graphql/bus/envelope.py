"""The envelope of a message on the wire, and the call of a handler with one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

import msgspec
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from crm_graphql.bus.port import Handler, Message

UNDECODABLE_QUEUE = "undecodable"

# Seconds before the same message is handled again, by the number of times it has failed; the last one stays.
RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Undecodable(Exception):
    """No consumer of this version can read the message; the text says why."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The wire form. `request_id` is that of the request that led to the message."""

    kind: str
    version: int
    id: str
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"{}")


_envelopes = msgspec.json.Decoder(Envelope)


def retry_delay_seconds(attempts: int) -> float:
    """How long to wait before handling again what has failed `attempts` times (1 or more)."""
    return RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]


def encode(message: Message) -> tuple[str, bytes]:
    """The new message's id and its wire form."""
    message_id = uuid.uuid4().hex
    request_id = get_contextvars().get("request_id")
    envelope = Envelope(
        kind=message.kind,
        version=message.version,
        id=message_id,
        request_id=None if request_id is None else str(request_id),
        body=msgspec.Raw(msgspec.json.encode(message)),
    )
    return message_id, msgspec.json.encode(envelope)


class Reader:
    """Decodes the kinds that one consumer understands."""

    def __init__(self, kinds: Sequence[type[Message]]) -> None:
        self._kinds = {kind.kind: (kind.version, msgspec.json.Decoder(kind)) for kind in kinds}

    def read(self, raw: bytes) -> tuple[Envelope, Message]:
        """The envelope and its message. Raises Undecodable for another kind, a newer version or bad bytes."""
        try:
            envelope = _envelopes.decode(raw)
        except msgspec.DecodeError as error:
            raise Undecodable(f"it is no message: {error}") from None
        known = self._kinds.get(envelope.kind)
        if known is None:
            raise Undecodable(f"its kind {envelope.kind!r} is not known here")
        version, decoder = known
        if envelope.version > version:
            raise Undecodable(
                f"{envelope.kind} has version {envelope.version}, this release knows {version}; "
                "upgrade the consumers, then move it back"
            )
        try:
            return envelope, decoder.decode(envelope.body)
        except msgspec.DecodeError as error:
            raise Undecodable(f"the body of {envelope.kind} is wrong: {error}") from None


class HandlerInterrupted(Exception):
    """Something that the handler waited for was cancelled, though the handler itself was not."""


async def call_handler(handler: Handler, envelope: Envelope, message: Message) -> None:
    """Handle under the request id of the request that led to the message. Run it in a task of its own:
    the log context is replaced. A cancellation that only came from within is raised as HandlerInterrupted."""
    clear_contextvars()
    bind_contextvars(message_id=envelope.id)
    if envelope.request_id is not None:
        bind_contextvars(request_id=envelope.request_id)
    try:
        await handler(message)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise HandlerInterrupted("what the handler waited for was cancelled") from None
