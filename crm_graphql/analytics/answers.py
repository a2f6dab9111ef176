"""Answers that a process remembers for a short time, and forgets when it is told that they have changed.

The same question at once is worked out once. An answer is given again while nothing that it is about has
changed, for half a minute at most: time moves on. After a change it is given again only for as long as keeps
working it out a tenth of the time, a second at least: so while an import runs, an answer that takes three
seconds is worked out every half minute, not for each who asks. Where hints are lost the half minute is the
bound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from cachetools import LRUCache

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.changed import CUSTOMERS_TOPIC
from crm_graphql.mongo.deadlines import read_deadline

MOST_SECONDS = 30.0
LEAST_SECONDS = 1.0
PART_AT_WORK = 10
"""After a change an answer is kept for so many times as long as it took."""
HANGS_SECONDS = 30.0
"""What takes so long hangs: the database is away, for each figure has a shorter time of its own."""
ROWS = 20_000
"""So many rows of answers are remembered, about 10 MB; those that nobody asked for longest go first."""
WATCH_AGAIN_SECONDS = 5.0
TOPICS = (CUSTOMERS_TOPIC, CAMPAIGNS_TOPIC)

log = structlog.get_logger(__name__)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Answer:
    """What was worked out, or is being worked out; `rows` is how much of memory it takes."""

    task: asyncio.Task[Any]
    began: float
    topics: frozenset[str]
    took: float = 0.0
    rows: int = 1
    changed: float | None = None
    """When the first change since it began was heard of."""

    def is_good(self, now: float) -> bool:
        """Whether it may be given."""
        until = self.began + MOST_SECONDS
        # What is under way is waited for also after a change: else in an import each would begin it again.
        if self.changed is not None and self.task.done():
            until = min(until, self.changed + max(LEAST_SECONDS, PART_AT_WORK * self.took))
        return now < until


class Answers:
    """The answers of one process. Until `start` and after `close` none is kept: nobody would tell it of
    changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: LRUCache[Hashable, _Answer] = LRUCache(ROWS, getsizeof=lambda answer: answer.rows)
        self._running: dict[Hashable, _Answer] = {}
        self._watching: asyncio.Task[None] | None = None

    def start(self, bus: Bus) -> None:
        """Keep answers from now on, and hear of changes."""
        self._watching = asyncio.create_task(self._watch(bus), name="changes of answers")

    async def close(self) -> None:
        """Forget all, and end what is being worked out."""
        watching, self._watching = self._watching, None
        tasks = [answer.task for answer in self._running.values()]
        self._kept.clear()
        self._running.clear()
        await end_tasks([*tasks, *([watching] if watching else [])])

    async def answer(
        self,
        question: Hashable,
        topics: frozenset[str],
        work: Callable[[], Awaitable[Value]],
        rows_of: Callable[[Value], int] = lambda _value: 1,
    ) -> Value:
        """The answer to the question, which is worked out where none is remembered. `topics` are those whose
        changes change it. Raises what `work` raises, which is not remembered."""
        now = self._clock()
        answer = self._running.get(question) or self._kept.get(question)
        if answer is None or not answer.is_good(now):
            answer = self._begin(question, topics, work, rows_of)
        # Who leaves ends it for nobody else.
        return cast("Value", await asyncio.shield(answer.task))

    def changed(self, topic: str) -> None:
        """Something about the topic has changed."""
        now = self._clock()
        for answer in (*self._kept.values(), *self._running.values()):
            if answer.changed is None and topic in answer.topics:
                answer.changed = now

    def _begin(
        self,
        question: Hashable,
        topics: frozenset[str],
        work: Callable[[], Awaitable[Value]],
        rows_of: Callable[[Value], int],
    ) -> _Answer:
        async def run() -> Value:
            with read_deadline(HANGS_SECONDS):
                value = await work()
            answer.took = self._clock() - answer.began
            answer.rows = 1 + rows_of(value)
            if self._watching is not None and answer.rows <= ROWS:
                self._kept[question] = answer
            return value

        # It outlives its first caller, and that one's deadline.
        task = asyncio.create_task(run(), name="answer", context=Context())
        answer = self._running[question] = _Answer(task, self._clock(), topics)
        task.add_done_callback(lambda _done: self._leave(question, answer))
        return answer

    def _leave(self, question: Hashable, answer: _Answer) -> None:
        if self._running.get(question) is answer:
            del self._running[question]
        if not answer.task.cancelled():
            # Nobody may have waited for its end.
            answer.task.exception()

    async def _watch(self, bus: Bus) -> None:
        while True:
            try:
                watch = await bus.watch()
                try:
                    for topic in TOPICS:
                        await watch.bind(topic)
                    # What came before is not known.
                    for topic in TOPICS:
                        self.changed(topic)
                    async for event in watch:
                        self.changed(event.topic)
                finally:
                    await watch.close()
            except BusError:
                log.warning("changes of answers cannot be watched")
            except Exception:
                log.exception("changes of answers cannot be watched")
            await asyncio.sleep(WATCH_AGAIN_SECONDS)
