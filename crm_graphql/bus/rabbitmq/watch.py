"""A watch on RabbitMQ: an exclusive, bounded queue for each session, bound to the watched topics."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable

import msgspec
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from crm_graphql.bus.port import Event
from crm_graphql.bus.rabbitmq.session import BrokerAway, Session, broker_calls
from crm_graphql.bus.watching import WATCH_EVENTS, EventBuffer

_events = msgspec.json.Decoder(Event)


class RabbitWatch:
    """Its owner attaches it to each new session, and then every topic gives one event of its own: what was
    broadcast while there was no connection is lost, so each topic may have changed."""

    def __init__(self, *, prefix: str, on_closed: Callable[[RabbitWatch], None]) -> None:
        self.session: Session | None = None
        self._prefix = prefix
        self._on_closed = on_closed
        self._topics: set[str] = set()
        self._queue: AbstractQueue | None = None
        self._tag = ""
        self._buffer = EventBuffer()
        self._was_attached = False
        self._is_closed = False
        self._attaching = asyncio.Lock()

    async def attach(self, session: Session) -> None:
        """Make the queue and bind all topics on this session, once. Raises BrokerAway."""
        async with self._attaching:
            if self.session is not session:
                await self._attach(session)

    async def _attach(self, session: Session) -> None:
        async with broker_calls():
            # A new name each time: the broker may still hold the queue of the connection that was lost.
            queue = await session.events.declare_queue(
                f"{self._prefix}.watch.{uuid.uuid4().hex}",
                exclusive=True,
                auto_delete=True,
                arguments={"x-max-length": WATCH_EVENTS, "x-overflow": "drop-head"},
            )
            tag = await queue.consume(self._receive, no_ack=True)
            bound: set[str] = set()
            while missing := self._topics - bound:
                for topic in missing:
                    await queue.bind(session.exchange, topic)
                    bound.add(topic)
        if self._is_closed:
            with contextlib.suppress(BrokerAway):
                async with broker_calls():
                    await queue.cancel(tag)
            return
        self.session, self._queue, self._tag = session, queue, tag
        if self._was_attached:
            for topic in self._topics:
                self._buffer.put(Event(topic=topic))
        self._was_attached = True

    async def _receive(self, incoming: AbstractIncomingMessage) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            event = _events.decode(incoming.body)
            # One more may be on its way after an unbind.
            if event.topic in self._topics:
                self._buffer.put(event)

    async def bind(self, topic: str) -> None:
        """Also receive events of `topic`; while the broker is away it is remembered."""
        if topic in self._topics:
            return
        self._topics.add(topic)
        session, queue = self.session, self._queue
        if session is not None and queue is not None and not session.lost.is_set():
            try:
                async with broker_calls():
                    await queue.bind(session.exchange, topic)
            except BrokerAway as error:
                session.lose(f"a topic could not be bound: {error}")

    async def unbind(self, topic: str) -> None:
        """No longer receive events of `topic`."""
        if topic not in self._topics:
            return
        self._topics.discard(topic)
        session, queue = self.session, self._queue
        if session is not None and queue is not None and not session.lost.is_set():
            try:
                async with broker_calls():
                    await queue.unbind(session.exchange, topic)
            except BrokerAway as error:
                session.lose(f"a topic could not be unbound: {error}")

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._buffer.iterate()

    async def close(self) -> None:
        """End the iteration; the broker deletes the queue with its only consumer."""
        if self._is_closed:
            return
        self._is_closed = True
        self._on_closed(self)
        self._buffer.close()
        session, queue = self.session, self._queue
        if session is not None and queue is not None and not session.lost.is_set():
            with contextlib.suppress(BrokerAway):
                async with broker_calls():
                    await queue.cancel(self._tag)
