"""Consuming one RabbitMQ queue: decode, handle, retry in place or put aside."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage

from crm_graphql.bus.envelope import Envelope, Reader, Undecodable, call_handler, retry_delay_seconds
from crm_graphql.bus.port import BusError, Handler, Message
from crm_graphql.bus.rabbitmq_consumption import Consumption
from crm_graphql.bus.rabbitmq_session import Session

ATTEMPTS_HEADER = "x-crm-attempts"
ORIGIN_HEADER = "x-crm-queue"
REASON_HEADER = "x-crm-reason"

log = structlog.get_logger(__name__)

# Puts a message aside for `retry_delay_seconds(attempts)`; raises BusError.
PutAside = Callable[[str, AbstractIncomingMessage, int], Awaitable[None]]
# Leaves a message in the queue of undecodable ones; raises BusError.
Park = Callable[[AmqpMessage], Awaitable[None]]


class RabbitConsumer(Consumption):
    """A running consumption of one queue of the product."""

    def __init__(
        self,
        queue: str,
        handler: Handler,
        *,
        source: str,
        prefetch: int,
        kinds: Sequence[type[Message]],
        retry_in_place: bool,
        put_aside: PutAside,
        park: Park,
        on_stopped: Callable[[Consumption], None],
    ) -> None:
        super().__init__(queue, source=source, prefetch=prefetch, on_stopped=on_stopped)
        self._handler = handler
        self._reader = Reader(kinds)
        self._in_place = retry_in_place
        self._put_aside = put_aside
        self._park = park

    async def _handle(self, session: Session, incoming: AbstractIncomingMessage) -> bool:
        try:
            envelope, message = self._reader.read(incoming.body)
        except Undecodable as error:
            return await self._set_apart(session, incoming, error)
        return await self._handle_known(session, incoming, envelope, message)

    async def _handle_known(
        self, session: Session, incoming: AbstractIncomingMessage, envelope: Envelope, message: Message
    ) -> bool:
        """Call the handler until it succeeds or the message is put aside; False to give it back."""
        attempts = attempts_of(incoming)
        while True:
            try:
                await call_handler(self._handler, envelope, message)
                return True
            except Exception as error:
                attempts += 1
                log.warning(
                    "message failed, will be tried again",
                    queue=self.queue,
                    kind=envelope.kind,
                    attempts=attempts,
                    delay_seconds=retry_delay_seconds(attempts),
                    error=f"{type(error).__name__}: {error}",
                    exc_info=attempts == 1,
                )
            if not self._in_place:
                with contextlib.suppress(BusError):
                    await self._put_aside(self.queue, incoming, attempts)
                    return True
            if await self._pause(session, retry_delay_seconds(attempts)):
                return False

    async def _set_apart(
        self, session: Session, incoming: AbstractIncomingMessage, error: Undecodable
    ) -> bool:
        """Leave it in the queue of undecodable messages; False to give it back."""
        log.error("message cannot be decoded", queue=self.queue, reason=str(error))
        copy = copy_of(incoming, {ORIGIN_HEADER: self.queue, REASON_HEADER: str(error)[:500]})
        attempts = 0
        while True:
            try:
                await self._park(copy)
                return True
            except BusError:
                attempts += 1
            if await self._pause(session, retry_delay_seconds(attempts)):
                return False


def attempts_of(incoming: AbstractIncomingMessage) -> int:
    """How often the message has failed before."""
    value = incoming.headers.get(ATTEMPTS_HEADER, 0)
    return value if isinstance(value, int) else 0


def copy_of(incoming: AbstractIncomingMessage, headers: dict[str, str | int]) -> AmqpMessage:
    """The same message to be published again, with other headers."""
    return AmqpMessage(
        incoming.body,
        headers={**headers},
        message_id=incoming.message_id,
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
    )
