"""Taking messages from one RabbitMQ queue, over as many sessions as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from crm_graphql.bus.rabbitmq_session import BrokerAway, Session, broker_calls
from crm_graphql.core.tasks import end_tasks


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
