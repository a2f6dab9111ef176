"""Notices a connection that is dead and consumers that hang, before the heartbeat or never would."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.bus.rabbitmq.consuming import Consumption
from crm_graphql.bus.rabbitmq.session import BrokerAway, Session
from crm_graphql.bus.rabbitmq.topology import Topology


class Watchdog:
    """Watches one session; ends it when something is wrong with it."""

    def __init__(self, topology: Topology, session: Session) -> None:
        self._topology = topology
        self._session = session
        self._suspects: dict[Consumption, int] = {}

    async def look(self, consumers: Sequence[Consumption]) -> None:
        """Ask once. A consumer that has nothing to do while messages wait, twice in a row, hangs."""
        session, idle = self._session, dict[Consumption, int]()
        try:
            await session.ping()
            for consumer in consumers:
                if not consumer.is_idle or consumer.session is not session:
                    continue
                waiting = await self._topology.count_waiting(session, consumer.queue)
                if waiting and consumer.is_idle:
                    idle[consumer] = consumer.deliveries
                    if self._suspects.get(consumer) == consumer.deliveries:
                        session.lose(f"the consumer of {consumer.queue} gets nothing though {waiting} wait")
        except BrokerAway as error:
            session.lose(f"a queue cannot be asked: {error}")
        self._suspects = idle
