"""The names on the broker, and how its queues are made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog

from crm_graphql.bus.rabbitmq.session import BrokerAway, Refused, Session

log = structlog.get_logger(__name__)

QUORUM: dict[str, str | int] = {"x-queue-type": "quorum"}


def _quorum_arguments(session: Session) -> dict[str, str | int]:
    """RabbitMQ 3 has no delivery limit unless it is set, and then drops silently; 4 drops after 20."""
    return {**QUORUM, "x-delivery-limit": 1_000_000} if session.broker_version >= (4, 0) else QUORUM


@contextlib.asynccontextmanager
async def noting_silence(session: Session, name: str) -> AsyncIterator[None]:
    """Take a queue that does not answer, on a connection that does, out of this session.

    A quorum queue that was made less than about a second before its node was killed stays like that.
    """
    try:
        yield
    except Refused:
        raise
    except BrokerAway as error:
        if session.lost.is_set():
            raise
        await session.ping()
        session.broken.add(name)
        log.error(
            "a queue on RabbitMQ does not answer, all else goes on; if this stays, delete the queue",
            queue=name,
            error=str(error),
        )


class Topology:
    """The queues of one deployment. They are quorum queues whose messages may come again without end."""

    def __init__(self, prefix: str) -> None:
        self.events = f"{prefix}.events"
        self._prefix = prefix
        self._queues: set[str] = set()
        self._lock = asyncio.Lock()

    def queue(self, name: str) -> str:
        """The broker's name of a queue."""
        return f"{self._prefix}.{name}"

    def add(self, names: Sequence[str]) -> list[str]:
        """Remember queues for this session and those to come; returns the new ones."""
        new = [name for name in dict.fromkeys(names) if name not in self._queues]
        self._queues.update(new)
        return new

    def knows(self, name: str) -> bool:
        """Whether the queue was declared here, on the broker or to be."""
        return name in self._queues

    def remove(self, names: Sequence[str]) -> None:
        """Forget queues that the broker refused."""
        self._queues.difference_update(names)

    def missing(self, session: Session) -> set[str]:
        """Queues that were not yet declared on this session."""
        return self._queues - session.declared - session.broken

    async def declare(self, session: Session) -> None:
        """Make what is missing, and note in `session.broken` what does not answer. Raises BrokerAway,
        Refused."""
        async with self._lock:
            arguments = _quorum_arguments(session)
            for name in sorted(self.missing(session)):
                async with noting_silence(session, name):
                    async with session.control() as channel:
                        await channel.declare_queue(self.queue(name), durable=True, arguments={**arguments})
                    session.declared.add(name)

    async def count_waiting(self, session: Session, name: str) -> int:
        """Messages ready in the queue. Raises Refused for a missing one, BrokerAway."""
        async with session.control() as channel:
            queue = await channel.declare_queue(self.queue(name), passive=True)
            return queue.declaration_result.message_count or 0
