"""One connection to RabbitMQ with its channels: made as a whole, lost as a whole."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.connection import Connection, make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.exceptions import AMQPChannelError

LEAST_VERSION = (3, 10)
CONNECT_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
# An operation that gets no answer for so long means that the connection is of no use.
ANSWER_SECONDS = 5.0


class BrokerAway(Exception):
    """The broker did not do what it was asked to: away, restarting, or the connection is gone."""


class BrokerUnfit(BrokerAway):
    """The broker answers, and cannot do what the product needs; the message says what to do."""


class Refused(BrokerAway):
    """The broker said no: no such queue, or one that was made in another way."""


@contextlib.asynccontextmanager
async def broker_calls(seconds: float = ANSWER_SECONDS) -> AsyncIterator[None]:
    """Turn all the ways in which the client library fails into BrokerAway, after `seconds` at most.

    A connection that closes makes calls under way raise CancelledError in tasks that nobody cancelled.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BrokerAway("the connection was closed") from None
    except AMQPChannelError as error:
        raise Refused(str(error)) from error
    except TimeoutError:
        raise BrokerAway(f"no answer within {seconds:g} s") from None
    except CONNECTION_EXCEPTIONS as error:
        raise BrokerAway(str(error) or type(error).__name__) from error


def unfit(error: BrokerAway) -> BrokerUnfit | None:
    """The same error where it means that the broker cannot do what is needed, however long one waits."""
    if isinstance(error, BrokerUnfit):
        return error
    # So it answers the declaration of a quorum queue, and closes the connection.
    if "feature flag is disabled" in str(error):
        return BrokerUnfit(
            "RabbitMQ has quorum queues switched off. Switch them on: rabbitmqctl enable_feature_flag all"
        )
    return None


class Session:
    """A connection, the channels that all of this process share, and the exchange of events.

    Whatever breaks (the connection, a channel, a consumer that the broker cancels) sets `lost`: its owner
    then makes a new session and everything on it from the start, so that no state is ever half restored.
    """

    events: AbstractChannel
    exchange: AbstractExchange

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.lost = asyncio.Event()
        self.reason = ""
        self.declared: set[str] = set()
        # Queues that exist and do not answer; the rest of the product goes on without them.
        self.broken: set[str] = set()
        self._publishers: dict[str, AbstractChannel] = {}
        self._publishers_lock = asyncio.Lock()
        self._control: AbstractChannel | None = None
        self._control_lock = asyncio.Lock()

    @property
    def broker_version(self) -> tuple[int, int]:
        """The broker's major and minor version; the least that is needed where it does not say."""
        transport = self.connection.transport
        told = transport.connection.server_properties.get("version", "") if transport else ""
        found = re.match(r"(\d+)\.(\d+)", str(told))
        return (int(found[1]), int(found[2])) if found else LEAST_VERSION

    @classmethod
    async def open(cls, url: str, *, exchange: str) -> Session:
        """Connect and make the channels. Raises BrokerAway, BrokerUnfit."""
        connection = Connection(make_url(url, heartbeat=HEARTBEAT_SECONDS))
        session = cls(connection)
        try:
            async with broker_calls(CONNECT_SECONDS):
                await connection.connect()
                connection.close_callbacks.add(session._on_close)
                session._check_version()
                session.events = await session.channel(publisher_confirms=False)
                session.exchange = await session.events.declare_exchange(
                    exchange, ExchangeType.TOPIC, durable=True
                )
        except BaseException:
            await session.close()
            raise
        return session

    def _check_version(self) -> None:
        if self.broker_version < LEAST_VERSION:
            found, needed = (".".join(map(str, one)) for one in (self.broker_version, LEAST_VERSION))
            raise BrokerUnfit(f"RabbitMQ {found} is too old: {needed} or later is needed.")

    async def channel(
        self, *, publisher_confirms: bool = True, on_return_raises: bool = False
    ) -> AbstractChannel:
        """A channel whose end means the end of the session, until `release` is called with it."""
        channel = self.connection.channel(
            publisher_confirms=publisher_confirms, on_return_raises=on_return_raises
        )
        await channel.initialize()
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._on_consumer_cancelled)
        channel.close_callbacks.add(self._on_close)
        return channel

    async def publisher(self, target: str) -> AbstractChannel:
        """The confirming channel of one queue. Raises BrokerAway.

        Each has its own, for the broker stops a channel while a queue that it publishes to has no leader.
        """
        async with self._publishers_lock:
            channel = self._publishers.get(target)
            if channel is None:
                async with broker_calls():
                    channel = await self.channel(on_return_raises=True)
                self._publishers[target] = channel
        return channel

    async def release(self, channel: AbstractChannel) -> None:
        """Close one channel on purpose; what it had not acknowledged goes back to its queue."""
        channel.close_callbacks.discard(self._on_close)
        with contextlib.suppress(BrokerAway):
            async with broker_calls():
                await channel.close()

    @contextlib.asynccontextmanager
    async def control(self) -> AsyncIterator[AbstractChannel]:
        """The channel for questions that the broker may refuse, which closes it. Raises BrokerAway."""
        async with self._control_lock:
            try:
                async with broker_calls():
                    if self._control is None or self._control.is_closed:
                        self._control = self.connection.channel(publisher_confirms=False)
                        await self._control.initialize()
                    yield self._control
            except BrokerAway:
                # A question that got no answer leaves a channel that cannot even be closed.
                self._control = None
                raise

    async def ping(self) -> None:
        """Ask the broker something that always has an answer. Raises BrokerAway."""
        async with broker_calls():
            await self.events.set_qos(prefetch_count=0)

    def _on_close(self, _sender: Any, error: BaseException | None) -> None:
        self.lose(str(error) or type(error).__name__)

    def _on_consumer_cancelled(self, _frame: object) -> None:
        self.lose("the broker cancelled a consumer")

    def lose(self, reason: str) -> None:
        """Say that this session is of no use any more; the first reason stands."""
        if not self.lost.is_set():
            self.reason = reason
            self.lost.set()

    async def close(self) -> None:
        """Let go of the connection, whatever its state. Never raises for a broker that is away."""
        self.lose("closed")
        with contextlib.suppress(BrokerAway):
            async with broker_calls():
                await self.connection.close()
