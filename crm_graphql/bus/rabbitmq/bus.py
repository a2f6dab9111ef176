"""The bus on RabbitMQ: quorum queues, gathered confirms, and a connection that comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Sequence

import msgspec
import structlog
from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage

from crm_graphql.bus.envelope import UNDECODABLE_QUEUE, encode
from crm_graphql.bus.port import BusError, Event, Handler, Message, Queue, UndeclaredQueue
from crm_graphql.bus.rabbitmq.consuming import Consumption, RabbitConsumer
from crm_graphql.bus.rabbitmq.retry import RETRY_QUEUES, Returner, put_aside
from crm_graphql.bus.rabbitmq.session import BrokerAway, Refused, Session, broker_calls, unfit
from crm_graphql.bus.rabbitmq.topology import Topology, noting_silence
from crm_graphql.bus.rabbitmq.watch import RabbitWatch
from crm_graphql.bus.rabbitmq.watchdog import Watchdog
from crm_graphql.core.tasks import end_tasks

OPEN_SECONDS = 2.0
RECONNECT_SECONDS = (0.2, 3.0)
WATCHDOG_SECONDS = 10.0
BROKEN_SECONDS = (3.0, 60.0)
BROADCAST_SECONDS = 0.5
STEADY_SECONDS = 5.0

log = structlog.get_logger(__name__)


class RabbitBus:
    """`Bus` on RabbitMQ 3.10 or later. All names on the broker begin with `prefix` and a dot."""

    def __init__(self, url: str, *, prefix: str, publish_deadline_seconds: float) -> None:
        self._url = url
        self._prefix = prefix
        self._deadline = publish_deadline_seconds
        self._topology = Topology(prefix)
        self._session: Session | None = None
        self._is_up = asyncio.Event()
        self._unfit: str | None = None
        self._consumers: set[Consumption] = set()
        self._has_returners = False
        self._watches: set[RabbitWatch] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; when the broker is away return after two seconds and go on in the background.

        Raises BusError for a broker that cannot do what the product needs.
        """
        for library in ("aiormq", "aio_pika"):
            # They log an error and a trace for each attempt; this module logs once what matters.
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._topology.add([UNDECODABLE_QUEUE])
        self._keeper = asyncio.create_task(self._keep_connected())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OPEN_SECONDS):
                await self._is_up.wait()
        if self._unfit is not None:
            await self.close()
            raise BusError(self._unfit)

    async def close(self) -> None:
        """Stop all consumers and watches, then the connection."""
        await asyncio.gather(*(consumer.stop() for consumer in list(self._consumers)))
        await asyncio.gather(*(watch.close() for watch in list(self._watches)))
        if self._keeper is not None:
            await end_tasks([self._keeper])
            self._keeper = None

    async def _keep_connected(self) -> None:
        """Make a session, hold it until it is lost, make the next one."""
        failures = 0
        while True:
            session: Session | None = None
            try:
                session = await Session.open(self._url, exchange=self._topology.events)
                await self._restore(session)
                if failures:
                    log.info("connected to RabbitMQ", attempts=failures + 1)
                began = time.monotonic()
                await self._hold(session)
                log.warning("lost RabbitMQ", reason=session.reason)
                # One that is lost at once again and again must not become a storm of connections.
                failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            except BrokerAway as error:
                failures += 1
                if cannot := unfit(error):
                    self._unfit = str(cannot)
                    # Whoever opens shall hear it at once.
                    self._is_up.set()
                if failures in (1, 10, 100):
                    log.warning("RabbitMQ is away", error=str(error), attempts=failures)
            except Exception:
                failures += 1
                log.exception("the connection to RabbitMQ failed in an unknown way")
            finally:
                self._session = None
                self._is_up.clear()
                if session is not None:
                    await session.close()
            low, high = RECONNECT_SECONDS
            await asyncio.sleep(min(high, low * 2 ** min(failures, 10)) * random.uniform(0.8, 1.2))

    async def _restore(self, session: Session) -> None:
        """Make everything on a new session. What is added meanwhile is made too: nothing waits between the
        last look and the session being taken into use."""
        while True:
            consumers = [
                each
                for each in self._consumers
                if each.session is not session and each.queue not in session.broken
            ]
            watches = [each for each in self._watches if each.session is not session]
            if not (self._topology.missing(session) or consumers or watches):
                break
            await self._topology.declare(session)
            for consumer in consumers:
                async with noting_silence(session, consumer.queue):
                    await consumer.attach(session)
            for watch in watches:
                await watch.attach(session)
            if session.lost.is_set():
                raise BrokerAway(session.reason)
        self._session = session
        self._unfit = None
        self._is_up.set()

    async def _hold(self, session: Session) -> None:
        """Return when the session is lost, the broker no longer answers, or a consumer turns out to hang."""
        watchdog = Watchdog(self._topology, session)
        patience, last = BROKEN_SECONDS
        while not session.lost.is_set():
            try:
                async with asyncio.timeout(patience if session.broken else WATCHDOG_SECONDS):
                    await session.lost.wait()
            except TimeoutError:
                await watchdog.look(list(self._consumers))
                if session.broken and not session.lost.is_set():
                    session.broken.clear()
                    await self._restore(session)
                    patience = min(2 * patience, last)

    async def declare(self, queues: Sequence[str]) -> None:
        """Make the queues now, or when the broker comes back. Raises BusError when the broker refuses."""
        added = self._topology.add(queues)
        session = self._session
        if session is None:
            return
        try:
            await self._topology.declare(session)
        except Refused as error:
            self._topology.remove(added)
            raise BusError(f"RabbitMQ refuses the queues {', '.join(queues)}: {error}") from error
        except BrokerAway as error:
            session.lose(f"queues could not be declared: {error}")

    async def publish(self, queue: Queue, *messages: Message) -> None:
        """Send all, then wait for all confirms, within one deadline."""
        if not self._topology.knows(queue):
            raise UndeclaredQueue(f"There is no queue {queue!r}: name it in the `messages` of its domain.")
        if messages:
            await self._confirm(queue, [_persistent(*encode(message)) for message in messages])

    async def _confirm(self, queue: str, messages: Sequence[AmqpMessage]) -> None:
        session = self._session
        if session is None or session.lost.is_set():
            raise BusError("RabbitMQ is away. Nothing was published; it is connected to in the background.")
        if queue in session.broken:
            raise BusError(f"The queue {queue} on RabbitMQ does not answer. Nothing was published.")
        key = self._topology.queue(queue)
        try:
            async with asyncio.timeout(self._deadline):
                target = (await session.publisher(key)).default_exchange
                results = await asyncio.gather(
                    *(target.publish(message, routing_key=key) for message in messages),
                    return_exceptions=True,
                )
        except TimeoutError:
            raise BusError(
                f"RabbitMQ did not confirm {len(messages)} messages within {self._deadline:g} s."
            ) from None
        except BrokerAway as error:
            raise BusError(f"RabbitMQ is away: {error}. Nothing was published.") from error
        failed = next((result for result in results if isinstance(result, BaseException)), None)
        if failed is not None:
            reason = str(failed) or type(failed).__name__
            raise BusError(f"RabbitMQ did not take the messages for {queue}: {reason}") from failed

    async def consume(
        self,
        queue: str,
        handler: Handler,
        *,
        prefetch: int = 1,
        kinds: Sequence[type[Message]],
        retry_in_place: bool = False,
    ) -> RabbitConsumer:
        """Begin now, or when the broker comes back. Makes the queue if it is missing."""
        await self.declare([queue])
        if not retry_in_place:
            await self._start_returners()
        consumer = RabbitConsumer(
            queue,
            handler,
            prefetch=prefetch,
            kinds=kinds,
            retry_in_place=retry_in_place,
            source=self._topology.queue(queue),
            put_aside=self._put_aside,
            park=self._park,
            on_stopped=self._consumers.discard,
        )
        await self._start(consumer)
        return consumer

    async def _start(self, consumer: Consumption) -> None:
        """Attach it now if there is a session; every later session does."""
        self._consumers.add(consumer)
        session = self._session
        if session is not None and consumer.queue not in session.broken:
            try:
                async with noting_silence(session, consumer.queue):
                    await consumer.attach(session)
            except BrokerAway as error:
                session.lose(f"{consumer.queue} could not be consumed: {error}")

    async def _start_returners(self) -> None:
        """Once for each delay; from now on messages can be put aside."""
        if self._has_returners:
            return
        self._has_returners = True
        await self.declare(list(RETRY_QUEUES))
        for queue in RETRY_QUEUES:
            source = self._topology.queue(queue)
            await self._start(
                Returner(queue, source=source, confirm=self._return, on_stopped=self._consumers.discard)
            )

    async def _return(self, queue: str, message: AmqpMessage) -> None:
        await self._confirm(queue, [message])

    async def _put_aside(self, queue: str, incoming: AbstractIncomingMessage, attempts: int) -> None:
        await put_aside(self._return, queue, incoming, attempts)

    async def _park(self, message: AmqpMessage) -> None:
        await self._confirm(UNDECODABLE_QUEUE, [message])

    async def broadcast(self, event: Event) -> None:
        """Send without confirmation; while the broker is away the event is lost."""
        session = self._session
        if session is None or session.lost.is_set():
            return
        message = AmqpMessage(msgspec.json.encode(event), delivery_mode=DeliveryMode.NOT_PERSISTENT)
        with contextlib.suppress(BrokerAway):
            async with broker_calls(BROADCAST_SECONDS):
                await session.exchange.publish(message, routing_key=event.topic, mandatory=False)

    async def watch(self) -> RabbitWatch:
        """A new watch; it begins when the broker comes back if it is away."""
        watch = RabbitWatch(prefix=self._prefix, on_closed=self._watches.discard)
        self._watches.add(watch)
        session = self._session
        if session is not None:
            try:
                await watch.attach(session)
            except BrokerAway as error:
                session.lose(f"a watch could not be made: {error}")
        return watch

    async def depth(self, queue: str) -> int:
        """Messages that are ready in `queue`; those put aside for a retry are not counted."""
        session = self._session
        if session is None:
            raise BusError("RabbitMQ is away.")
        try:
            return await self._topology.count_waiting(session, queue)
        except BrokerAway as error:
            raise BusError(f"RabbitMQ does not tell the depth of {queue}: {error}") from error

    async def is_ready(self) -> bool:
        """Whether a session stands."""
        return self._session is not None and not self._session.lost.is_set()


def _persistent(message_id: str, body: bytes) -> AmqpMessage:
    return AmqpMessage(
        body, message_id=message_id, content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT
    )
