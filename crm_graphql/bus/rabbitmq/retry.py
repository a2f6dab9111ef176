"""Messages that wait for their next try, in queues of their delay from which processes bring them back."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage

from crm_graphql.bus.envelope import RETRY_DELAYS, retry_delay_seconds
from crm_graphql.bus.port import BusError
from crm_graphql.bus.rabbitmq.consuming import (
    ATTEMPTS_HEADER,
    ORIGIN_HEADER,
    Consumption,
    attempts_of,
    copy_of,
)
from crm_graphql.bus.rabbitmq.session import Session

DUE_HEADER = "x-crm-due-ms"
RETURNER_PREFETCH = 100

# Publishes to a queue, confirmed; raises BusError.
Confirm = Callable[[str, AmqpMessage], Awaitable[None]]


def retry_queue(delay_seconds: float) -> str:
    """The queue of one delay. In it the messages are due in the order in which they came."""
    return f"retry.{round(delay_seconds * 1000)}"


RETRY_QUEUES = {retry_queue(delay): delay for delay in RETRY_DELAYS}


async def put_aside(confirm: Confirm, queue: str, incoming: AbstractIncomingMessage, attempts: int) -> None:
    """Durably keep a copy until its next try. Raises BusError."""
    delay = retry_delay_seconds(attempts)
    due = round((time.time() + delay) * 1000)
    headers: dict[str, str | int] = {ATTEMPTS_HEADER: attempts, ORIGIN_HEADER: queue, DUE_HEADER: due}
    await confirm(retry_queue(delay), copy_of(incoming, headers))


class Returner(Consumption):
    """Brings messages of one delay back to their queues when they are due.

    The broker could do it (a time to live and dead-lettering), but after a crash a message that is due
    before its queue has a leader again is only tried again after three minutes.
    """

    def __init__(
        self, queue: str, *, source: str, confirm: Confirm, on_stopped: Callable[[Consumption], None]
    ) -> None:
        super().__init__(queue, source=source, prefetch=RETURNER_PREFETCH, on_stopped=on_stopped)
        self._delay = RETRY_QUEUES[queue]
        self._confirm = confirm

    async def _handle(self, session: Session, incoming: AbstractIncomingMessage) -> bool:
        due, origin = incoming.headers.get(DUE_HEADER), incoming.headers.get(ORIGIN_HEADER)
        left = due / 1000 - time.time() if isinstance(due, int) else 0.0
        # Never longer than the delay, for clocks differ.
        if left > 0 and await self._pause(session, min(left, self._delay)):
            return False
        copy = copy_of(incoming, {ATTEMPTS_HEADER: attempts_of(incoming)})
        failures = 0
        while True:
            try:
                await self._confirm(str(origin), copy)
                return True
            except BusError:
                failures += 1
            if await self._pause(session, retry_delay_seconds(failures)):
                return False
