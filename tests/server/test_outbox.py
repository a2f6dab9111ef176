"""What waits for a reader: in order, newest first to be kept, bounded, and given up when it stalls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from crm_graphql.server.streams.outbox import ROOM_BYTES, Outbox


class FakeWire:
    """A connection that takes so many messages before it is full."""

    def __init__(self, takes: int = 10**9) -> None:
        self.takes = takes
        self.sent: list[bytes] = []
        self._resumed: Callable[[], None] = lambda: None

    @property
    def writable(self) -> bool:
        return self.takes > 0

    def on_writable(self, call: Callable[[], None]) -> None:
        self._resumed = call

    def write(self, data: bytes) -> None:
        assert self.takes > 0, "written to while it was full"
        self.takes -= 1
        self.sent.append(data)

    def resume(self, takes: int = 10**9) -> None:
        self.takes = takes
        self._resumed()


class Stalls:
    """Counts how often an outbox gave its reader up."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def outbox(wire: FakeWire, *, grace_seconds: float = 60.0, stalls: Stalls | None = None) -> Outbox:
    return Outbox(wire, grace_seconds=grace_seconds, on_stalled=stalls or Stalls())


async def test_nothing_waits_while_the_reader_takes_it() -> None:
    wire = FakeWire()
    box = outbox(wire)
    box.put(b"1")
    box.newest("a", b"2")
    assert (wire.sent, box.waiting_bytes) == ([b"1", b"2"], 0)


async def test_of_a_snapshot_only_the_newest_waits() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    for number in range(1_000):
        box.newest("a", b"%04d" % number)
        box.newest("b", b"%04d" % -number)
    assert box.waiting_bytes <= 10
    wire.resume()
    assert wire.sent == [b"0999", b"-999"]


async def test_what_must_not_be_dropped_waits_in_order() -> None:
    wire = FakeWire(takes=1)
    box = outbox(wire)
    for number in range(5):
        box.put(b"%d" % number)
    assert wire.sent == [b"0"]
    wire.resume(takes=2)
    wire.resume(takes=9)
    assert wire.sent == [b"0", b"1", b"2", b"3", b"4"]


async def test_the_end_of_a_subscription_comes_after_its_last_event() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.newest("a", b"old")
    box.put(b"other")
    box.newest("a", b"event")
    box.last("a", b"end")
    wire.resume()
    assert wire.sent.index(b"event") < wire.sent.index(b"end")
    assert b"old" not in wire.sent


async def test_what_comes_before_a_full_connection_says_that_it_is_free_goes_behind_what_waits() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.put(b"1")
    wire.takes = 9
    box.put(b"2")
    box.newest("a", b"3")
    wire.resume()
    assert wire.sent == [b"1", b"2", b"3"]


async def test_an_older_state_is_never_sent_after_a_newer_one() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.newest("a", b"old")
    wire.takes = 9
    box.newest("a", b"new")
    wire.resume()
    assert wire.sent == [b"new"]


async def test_nothing_of_a_subscription_is_sent_twice_or_after_its_end() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.newest("a", b"event")
    box.last("a", b"end")
    wire.resume()
    assert wire.sent == [b"event", b"end"]


async def test_what_nobody_wants_any_more_is_not_sent() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.newest("a", b"1")
    box.drop("a")
    wire.resume()
    assert wire.sent == []


async def test_a_full_outbox_has_no_room_until_it_is_read() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    assert box.has_room
    box.put(b"x" * ROOM_BYTES)
    assert not box.has_room
    waiting = asyncio.create_task(box.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    wire.resume()
    await asyncio.wait_for(waiting, 60)
    assert box.has_room


async def test_a_reader_that_takes_nothing_is_given_up_once() -> None:
    wire, stalls = FakeWire(takes=0), Stalls()
    box = outbox(wire, grace_seconds=0.02, stalls=stalls)
    box.newest("a", b"1")
    await asyncio.sleep(0.1)
    assert stalls.count == 1


async def test_a_reader_that_stalls_again_after_it_took_a_part_is_given_up() -> None:
    wire, stalls = FakeWire(takes=0), Stalls()
    box = outbox(wire, grace_seconds=0.02, stalls=stalls)
    box.put(b"1")
    box.put(b"2")
    wire.resume(takes=1)
    await asyncio.sleep(0.1)
    assert (wire.sent, stalls.count) == ([b"1"], 1)


async def test_a_closed_outbox_forgets_the_states_that_wait() -> None:
    wire = FakeWire(takes=0)
    box = outbox(wire)
    box.newest("a", b"1")
    box.close()
    assert box.waiting_bytes == 0
    wire.resume()
    assert wire.sent == []


async def test_a_slow_reader_that_goes_on_reading_is_not_given_up() -> None:
    wire, stalls = FakeWire(takes=0), Stalls()
    box = outbox(wire, grace_seconds=0.5, stalls=stalls)
    for number in range(20):
        box.put(b"%d" % number)
    for _ in range(10):
        await asyncio.sleep(0.1)
        wire.resume(takes=2)
    assert stalls.count == 0
    assert len(wire.sent) == 20


@pytest.mark.parametrize("close_while_full", [True, False])
async def test_a_closed_outbox_takes_and_keeps_nothing(close_while_full: bool) -> None:
    wire, stalls = FakeWire(takes=0 if close_while_full else 9), Stalls()
    box = outbox(wire, grace_seconds=0.02, stalls=stalls)
    box.put(b"x" * ROOM_BYTES)
    waiting = asyncio.create_task(box.room())
    box.close()
    await asyncio.wait_for(waiting, 60)
    sent = len(wire.sent)
    box.put(b"1")
    box.newest("a", b"2")
    wire.resume()
    await asyncio.sleep(0.1)
    assert (len(wire.sent), box.waiting_bytes, stalls.count) == (sent, 0, 0)
