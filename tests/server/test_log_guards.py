"""A log and its readers on a bad day: a database that is away, sources that break, heads that lag."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect

from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.server.engine import Answer, Engine, Source
from crm_graphql.server.streams import log_feed
from crm_graphql.server.streams.log_feed import LogReader, LogTail
from tests.server.live_campaign import Recorder, until
from tests.server.test_shared_streams import running

QUIET = 0.15
PAGE = 2


class Ledger:
    """Rows by their numbers, all there is up to `newest`; what a test does to whoever reads it."""

    def __init__(self, newest: int = 0) -> None:
        self.newest = newest
        self.heads: asyncio.Queue[int | Exception | None] = asyncio.Queue()
        self.faults: list[Exception] = []
        self.page_takes = 0.0
        self.interrupted = False

    def grow(self, newest: int) -> None:
        """There are rows up to here, and who watches hears of it."""
        self.newest = max(self.newest, newest)
        self.heads.put_nowait(newest)


class NumberLog(ChangeLog[int, dict[str, Any]]):
    """The ledger from a place on, as one subscriber asked for it."""

    def __init__(self, ledger: Ledger, start: int) -> None:
        self._ledger = ledger
        self.start = start
        self.newest = ledger.newest
        self.opening = None

    def caught_up(self, place: int) -> dict[str, Any]:
        return {"rows": [], "place": place}

    async def heads(self) -> AsyncIterator[int]:
        while (head := await self._ledger.heads.get()) is not None:
            if isinstance(head, Exception):
                raise head
            yield head

    async def page(self, after: int, up_to: int) -> tuple[dict[str, Any], int] | None:
        ledger = self._ledger
        if ledger.faults:
            raise ledger.faults.pop()
        try:
            await asyncio.sleep(ledger.page_takes)
        except asyncio.CancelledError:
            ledger.interrupted = True
            raise
        rows = list(range(after + 1, min(up_to, ledger.newest) + 1))[:PAGE]
        return ({"rows": rows, "place": rows[-1]}, rows[-1]) if rows else None


class Listening(Recorder):
    """A listener, the rows it was told in their order, and its place in the log."""

    reader: LogReader

    @property
    def rows(self) -> list[int]:
        return [row for payload in self.payloads for row in json.loads(payload)["data"]["log"]["rows"]]


class Feed:
    """One ledger, its tail, and whoever reads it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.tail: LogTail | None = None
        self.executions = 0
        self._context = cast("Any", SimpleNamespace(request_id="test"))

    async def open(self, operation: int, _context: object) -> Source:
        executor = cast("Any", SimpleNamespace(context_value=self._context))
        return Source(NumberLog(self.ledger, operation), executor, cast("Any", None))

    async def event(self, _source: Source, event: dict[str, Any]) -> Answer:
        self.executions += 1
        return Answer({"data": {"log": event}}, executed=True)

    def _tail_of(self, source: Source, log: ChangeLog[Any, Any]) -> LogTail:
        if self.tail is None:
            self.tail = LogTail(cast("Engine", self), source, log, self._ended)
        return self.tail

    def _ended(self) -> None:
        self.tail = None

    def read(self, after: int = 0) -> Listening:
        """A listener that reads on from a place."""
        listener = Listening()
        operation = cast("Any", after)
        listener.reader = LogReader(cast("Engine", self), operation, self._context, listener, self._tail_of)
        return listener


@pytest.fixture
async def feed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Feed]:
    monkeypatch.setattr(log_feed, "AGAIN_SECONDS", 0.01)
    made = Feed(Ledger())
    yield made
    made.ledger.heads.put_nowait(None)
    await until(lambda: not running("log tail") and not running("log reader"), "everything has ended")


async def reading(feed: Feed, after: int = 0) -> Listening:
    """One that has caught up."""
    listener = feed.read(after)
    feed.ledger.grow(feed.ledger.newest)
    await until(lambda: bool(listener.payloads), "it has caught up")
    return listener


@pytest.mark.parametrize("joined", [True, False], ids=["the tail", "a reader by itself"])
async def test_a_database_that_is_away_for_a_moment_is_waited_for(feed: Feed, *, joined: bool) -> None:
    if joined:
        listener = await reading(feed)
        feed.ledger.faults = [AutoReconnect("away"), AutoReconnect("away")]
        feed.ledger.grow(3)
    else:
        feed.ledger.faults = [AutoReconnect("away"), AutoReconnect("away")]
        feed.ledger.grow(3)
        listener = feed.read()
    await until(lambda: listener.rows == [1, 2, 3], "all rows")
    assert listener.refusals == []


async def test_a_bug_while_reading_alone_refuses_that_reader_and_lets_it_go(feed: Feed) -> None:
    feed.ledger.faults = [RuntimeError("a bug")]
    feed.ledger.grow(3)
    listener = feed.read()
    await until(lambda: bool(listener.refusals), "the refusal")
    assert listener.refusals[0]["extensions"]["code"] == "INTERNAL"
    await until(lambda: feed.tail is None, "nobody is left, so the tail ends")


async def test_a_source_that_breaks_refuses_all_and_is_replaced(feed: Feed) -> None:
    listeners = [await reading(feed) for _ in range(2)]
    broken = feed.tail
    feed.ledger.heads.put_nowait(RuntimeError("a bug"))
    await until(lambda: all(listener.refusals for listener in listeners), "the refusals")
    assert feed.tail is None
    again = await reading(feed)
    assert feed.tail is not broken
    feed.ledger.grow(1)
    await until(lambda: again.rows == [1], "a new source")


async def test_a_source_that_ends_completes_all(feed: Feed) -> None:
    listeners = [await reading(feed) for _ in range(2)]
    feed.ledger.heads.put_nowait(None)
    await until(lambda: all(listener.completed for listener in listeners), "the ends")
    assert feed.tail is None


async def test_who_was_catching_up_when_its_source_ended_is_told_nothing_after_the_end(feed: Feed) -> None:
    await reading(feed)
    feed.ledger.grow(6)
    slow = feed.read()
    slow.stall()
    await asyncio.sleep(QUIET)
    feed.ledger.heads.put_nowait(None)
    await until(lambda: slow.completed, "the end")
    slow.go_on()
    await asyncio.sleep(QUIET)
    assert slow.payloads == []


async def test_one_who_leaves_ends_nothing_for_the_others(feed: Feed) -> None:
    stays, goes = await reading(feed), await reading(feed)
    goes.reader.leave()
    feed.ledger.grow(2)
    await until(lambda: stays.rows == [1, 2], "the others go on")
    assert goes.rows == []


async def test_a_page_under_way_is_not_cut_off_when_its_reader_leaves(feed: Feed) -> None:
    feed.ledger.page_takes = 0.1
    feed.ledger.grow(1)
    listener = feed.read()
    await asyncio.sleep(0.05)
    listener.reader.leave()
    await asyncio.sleep(QUIET)
    assert not feed.ledger.interrupted


async def test_who_is_further_than_the_tail_is_not_told_again_what_it_knows(feed: Feed) -> None:
    early = await reading(feed)
    # The rows are there, and the tail has not heard of them: who comes now knows more than it.
    feed.ledger.newest = 4
    late = feed.read(after=1)
    await until(lambda: late.rows == [2, 3, 4], "all that is there")
    for head in (2, 3, 5):
        feed.ledger.grow(head)
        await asyncio.sleep(0.02)
    await until(lambda: early.rows[-1:] == late.rows[-1:] == [5], "both are there")
    assert (early.rows, late.rows) == ([1, 2, 3, 4, 5], [2, 3, 4, 5])


async def test_a_head_that_goes_back_tells_nothing_and_reads_nothing_twice(feed: Feed) -> None:
    listener = await reading(feed)
    before = feed.executions
    for head in (4, 2, 5):
        feed.ledger.grow(head)
        await asyncio.sleep(0.02)
    await until(lambda: listener.rows[-1:] == [5], "the newest")
    assert listener.rows == [1, 2, 3, 4, 5]
    assert feed.executions == before + 3, "two pages of two rows, and one of one"


async def test_who_catches_up_is_given_no_more_than_it_takes(feed: Feed) -> None:
    feed.ledger.grow(6)
    slow = feed.read()
    slow.stall()
    await asyncio.sleep(QUIET)
    assert slow.payloads == []
    slow.go_on()
    await until(lambda: slow.rows == [1, 2, 3, 4, 5, 6], "all rows")


async def test_who_has_left_does_not_begin_to_catch_up(feed: Feed) -> None:
    first, second = await reading(feed), await reading(feed)
    second.stall()
    append = first.append

    def append_and_lose_the_other(payload: bytes) -> None:
        append(payload)
        second.reader.leave()

    first.append = append_and_lose_the_other  # type: ignore[method-assign]
    feed.ledger.grow(1)
    await until(lambda: first.rows == [1], "the row")
    assert running("log reader") == []
