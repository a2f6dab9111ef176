"""The bus as the rest of the product sees it; `rabbitmq` and `embedded` implement it.

`publish` is durable and at least once: a handler must bear the same message twice. `broadcast` is best
effort: an event is a hint to look at the database, never the truth.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import ClassVar, Protocol

import msgspec


class BusError(Exception):
    """The bus could not take or confirm a message in time; nothing is known of its fate."""


class UndeclaredQueue(Exception):
    """A message was published to a queue that nothing declared: a mistake in the program, not a broker that
    is away."""


class Queue(str):
    """The name of a work queue. A domain makes it in its `messages` module, at the top: that declares it."""


class PartitionedQueue:
    """A work queue in parts, one a partition: what belongs together meets in one part, in order. A domain
    makes it in its `messages` module, at the top: that declares all its parts."""

    def __init__(self, stem: str) -> None:
        self._stem = stem

    def __call__(self, partition: int) -> Queue:
        """The part of one partition, from 0."""
        return Queue(f"{self._stem}.{partition}")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all durable messages. A subclass names its wire `kind` and its `version`.

    A version is raised when old consumers could misread the new form; they then leave the message in the
    queue of undecodable messages instead of guessing.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A hint that `topic` has changed; `revision` where the topic has one."""

    topic: str
    revision: int | None = None


Handler = Callable[[Message], Awaitable[None]]


class Consumer(Protocol):
    """A running consumption of one queue."""

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no new message, let those under way finish for so long, give the others back."""


class Watch(Protocol):
    """Events of the topics that are bound, while it is open. Survives a broker's restart by itself, and then
    gives one event without revision for each topic: what was broadcast meanwhile is lost."""

    async def bind(self, topic: str) -> None:
        """Also receive events of `topic`. Idempotent."""

    async def unbind(self, topic: str) -> None:
        """No longer receive events of `topic`. Idempotent."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """The events as they come. A slow reader loses the oldest, never memory."""

    async def close(self) -> None:
        """End the iteration and release what the watch holds."""


class Bus(Protocol):
    """Work queues and live events."""

    async def open(self) -> None:
        """Connect and declare what the product needs. Returns also when the broker is away: it connects
        in the background then, and `publish` fails until it has."""

    async def close(self) -> None:
        """Stop all consumers and watches and let go of the connection."""

    async def declare(self, queues: Sequence[str]) -> None:
        """Make the queues. Idempotent. Remembered and done again after a reconnect, also when the broker is
        away now. Raises BusError when the broker refuses one."""

    async def publish(self, queue: Queue, *messages: Message) -> None:
        """Return once every message is durable in `queue`. Raises BusError when the broker is away, the
        queue has gone, or the confirmation takes longer than the deadline, UndeclaredQueue for a queue that
        was never declared here."""

    async def consume(
        self,
        queue: str,
        handler: Handler,
        *,
        prefetch: int = 1,
        kinds: Sequence[type[Message]],
        retry_in_place: bool = False,
    ) -> Consumer:
        """Call `handler` with each message, up to `prefetch` at once, and acknowledge when it returns.

        A handler that raises gets the message again after a delay that grows from 0.2 s to 30 s: in place
        (other messages of this consumer wait behind `prefetch`, so with a prefetch of 1 the queue's order is
        kept, but for a broker's crash), or with the message put aside meanwhile. What cannot be decoded, or
        has a newer version or another kind, goes to the queue `undecodable`. Makes the queue if it is
        missing. While the broker is away, consuming begins when it is back.
        """

    async def broadcast(self, event: Event) -> None:
        """Tell every watcher of `event.topic`. Never raises for a broker that is away."""

    async def watch(self) -> Watch:
        """A new watch with no topic bound."""

    async def depth(self, queue: str) -> int:
        """About how many messages wait in `queue` and are not being handled. Raises BusError."""

    async def is_ready(self) -> bool:
        """Whether the bus can take messages now."""
