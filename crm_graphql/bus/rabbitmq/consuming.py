"""Consuming one RabbitMQ queue over many sessions: decode, handle, retry in place or put aside."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from crm_graphql.bus.envelope import Envelope, Reader, Undecodable, call_handler, retry_delay_seconds
from crm_graphql.bus.port import BusError, Handler, Message
from crm_graphql.bus.rabbitmq.session import BrokerAway, Session, broker_calls
from crm_graphql.core.tasks import end_tasks

ATTEMPTS_HEADER = "x-crm-attempts"
ORIGIN_HEADER = "x-crm-queue"
REASON_HEADER = "x-crm-reason"

log = structlog.get_logger(__name__)

# Puts a message aside for `retry_delay_seconds(attempts)`; raises BusError.
PutAside = Callable[[str, AbstractIncomingMessage, int], Awaitable[None]]
# Leaves a message in the queue of undecodable ones; raises BusError.
Park = Callable[[AmqpMessage], Awaitable[None]]


class Consumption(ABC):
    """A running consumption; a subclass says what to do with a message. Its owner attaches it to each new
    session and gives it the queue's name on the broker as `source`."""

    def __init__(
        self, queue: str, *, source: str, prefetch: int, on_stopped: Callable[[Consumption], None]
    ) -> None:
        self.queue = queue
        self.session: Session | None = None
        self.deliveries = 0
        self._source = source
        self._prefetch = prefetch
        self._on_stopped = on_stopped
        self._channel: AbstractChannel | None = None
        self._tag = ""
        # Spans sessions: messages that come again after a reconnect wait for the handlers of the old session.
        self._slots = asyncio.Semaphore(prefetch)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._attaching = asyncio.Lock()

    @abstractmethod
    async def _handle(self, session: Session, incoming: AbstractIncomingMessage) -> bool:
        """Deal with one message: True to acknowledge it, False to give it back."""

    @property
    def is_idle(self) -> bool:
        """Whether no message is in its hands."""
        return not self._tasks

    async def attach(self, session: Session) -> None:
        """Begin to consume on this session, once. Raises BrokerAway."""
        async with self._attaching:
            if self.session is not session:
                await self._attach(session)

    async def _attach(self, session: Session) -> None:
        async def take(incoming: AbstractIncomingMessage) -> None:
            self._take(session, incoming)

        async with broker_calls():
            channel = await session.channel(publisher_confirms=False)
        try:
            async with broker_calls():
                await channel.set_qos(prefetch_count=self._prefetch)
                queue = await channel.get_queue(self._source, ensure=False)
                tag = await queue.consume(take)
        except BrokerAway:
            await session.release(channel)
            raise
        if self._stopping.is_set():
            await session.release(channel)
            return
        self.session, self._channel, self._tag = session, channel, tag

    def _take(self, session: Session, incoming: AbstractIncomingMessage) -> None:
        """Handle in a task of our own: the library cancels its tasks when the connection breaks."""
        if not self._stopping.is_set():
            self.deliveries += 1
            task = asyncio.create_task(self._work(session, incoming))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, session: Session, incoming: AbstractIncomingMessage) -> None:
        async with self._slots:
            if self._is_over(session):
                return
            finished = await self._handle(session, incoming)
            if finished and not session.lost.is_set():
                try:
                    async with broker_calls():
                        await incoming.ack()
                except BrokerAway:
                    # Not acknowledged: the broker delivers it again.
                    session.lose("an acknowledgement could not be sent")

    def _is_over(self, session: Session) -> bool:
        return self._stopping.is_set() or session.lost.is_set()

    async def _pause(self, session: Session, seconds: float) -> bool:
        """Wait; True as soon as the message must be given back instead."""
        waits = [asyncio.create_task(event.wait()) for event in (self._stopping, session.lost)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return self._is_over(session)

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no new message, let those under way finish for so long, give the others back."""
        self._stopping.set()
        self._on_stopped(self)
        session, channel = self.session, self._channel
        if session is not None and channel is not None and not session.lost.is_set():
            with contextlib.suppress(BrokerAway):
                async with broker_calls():
                    underlay = await channel.get_underlay_channel()
                    await underlay.basic_cancel(self._tag)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        await end_tasks(self._tasks)
        if session is not None and channel is not None and not session.lost.is_set():
            await session.release(channel)


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
