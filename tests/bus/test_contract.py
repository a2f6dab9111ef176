"""What every bus promises, on a real RabbitMQ and on the embedded bus with a real MongoDB."""

from __future__ import annotations

import asyncio
import json
import time
from typing import ClassVar

import pytest
import structlog

from crm_graphql.bus.envelope import encode
from crm_graphql.bus.port import Bus, BusError, Event, Message, Queue, UndeclaredQueue
from tests.bus.brokers import WORK, Broker, Collector, Numbered, eventually, numbered


class Newer(Message, frozen=True, kw_only=True):
    """The kind of `Numbered` as a later release would write it."""

    kind: ClassVar[str] = "test.numbered"
    version: ClassVar[int] = 2

    n: str


async def test_messages_reach_the_handler_in_order(bus: Bus) -> None:
    collector = Collector()
    await bus.consume("work", collector, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(50)))
    await bus.publish(WORK, *numbered(range(50, 100)))
    await eventually(lambda: len(collector.numbers) == 100)
    assert collector.numbers == list(range(100))


async def test_messages_published_before_the_consumer_wait_for_it(bus: Bus) -> None:
    await bus.publish(WORK, *numbered(range(20)))
    assert await bus.depth("work") == 20
    collector = Collector()
    await bus.consume("work", collector, prefetch=5, kinds=[Numbered])
    await eventually(lambda: len(collector.numbers) == 20)
    assert await bus.depth("work") == 0


async def test_publishing_nothing_is_nothing(bus: Bus) -> None:
    await bus.publish(WORK)
    assert await bus.depth("work") == 0


async def test_a_message_that_fails_comes_again_after_growing_delays(bus: Bus) -> None:
    collector = Collector({1: 3})
    await bus.consume("work", collector, kinds=[Numbered])
    await bus.publish(WORK, Numbered(n=1))
    await eventually(lambda: collector.numbers == [1])
    first, second, third = collector.delays(1)
    # Only the lower bounds: a busy machine adds to each.
    assert first > 0.15
    assert second > 0.45
    assert third > 0.9


async def test_others_pass_a_message_that_is_put_aside(bus: Bus) -> None:
    collector = Collector({0: 2})
    await bus.consume("work", collector, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(5)))
    await eventually(lambda: len(collector.numbers) == 5)
    assert collector.numbers == [1, 2, 3, 4, 0]


async def test_a_retry_in_place_keeps_the_order(bus: Bus) -> None:
    collector = Collector({2: 2})
    await bus.consume("work", collector, kinds=[Numbered], retry_in_place=True)
    await bus.publish(WORK, *numbered(range(5)))
    await eventually(lambda: len(collector.numbers) == 5)
    assert collector.numbers == [0, 1, 2, 3, 4]
    first, second = collector.delays(2)
    assert first > 0.15
    assert second > 0.45


async def test_no_more_than_prefetch_are_handled_at_once(bus: Bus) -> None:
    collector = Collector(seconds=0.05)
    await bus.consume("work", collector, prefetch=4, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(20)))
    await eventually(lambda: len(collector.numbers) == 20)
    assert collector.most_running == 4


async def test_what_a_killed_process_held_is_delivered_again(broker: Broker, bus: Bus) -> None:
    await bus.publish(WORK, *numbered(range(30)))
    process = await broker.start_consumer_process()
    assert process.stdout is not None
    for _ in range(10):
        assert await asyncio.wait_for(process.stdout.readline(), 20)
    process.kill()
    await process.wait()
    collector = Collector()
    await bus.consume("work", collector, prefetch=5, kinds=[Numbered])
    await eventually(lambda: len(collector.numbers) >= 30)
    assert sorted(collector.numbers) == list(range(30))


async def test_a_retry_survives_the_process_that_failed(broker: Broker, bus: Bus) -> None:
    await bus.publish(WORK, *numbered(range(3)))
    process = await broker.start_consumer_process("--fail")
    assert process.stdout is not None
    for _ in range(9):
        assert await asyncio.wait_for(process.stdout.readline(), 20)
    process.kill()
    await process.wait()
    collector = Collector()
    await bus.consume("work", collector, prefetch=5, kinds=[Numbered])
    await eventually(lambda: len(collector.numbers) >= 3)
    assert sorted(collector.numbers) == [0, 1, 2]


async def test_two_consumers_share_a_queue(bus: Bus) -> None:
    one, two = Collector(seconds=0.005), Collector(seconds=0.005)
    await bus.consume("work", one, kinds=[Numbered])
    await bus.consume("work", two, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(40)))
    await eventually(lambda: len(one.numbers) + len(two.numbers) == 40)
    assert sorted(one.numbers + two.numbers) == list(range(40))
    assert one.numbers
    assert two.numbers


async def test_stop_gives_back_what_was_not_handled(bus: Bus) -> None:
    slow = Collector(seconds=0.3)
    consumer = await bus.consume("work", slow, prefetch=2, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(10)))
    await eventually(lambda: slow.running == 2)
    await consumer.stop(grace_seconds=5.0)
    assert slow.numbers == [0, 1], "those under way finish, no other begins"
    rest = Collector()
    await bus.consume("work", rest, kinds=[Numbered])
    await eventually(lambda: len(rest.numbers) == 8)
    assert rest.numbers == list(range(2, 10))


async def test_stop_gives_back_what_outlasts_the_grace(bus: Bus) -> None:
    endless = Collector(seconds=60.0)
    consumer = await bus.consume("work", endless, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(3)))
    await eventually(lambda: endless.running == 1)
    began = time.monotonic()
    await consumer.stop(grace_seconds=0.2)
    assert time.monotonic() - began < 3.0
    rest = Collector()
    await bus.consume("work", rest, kinds=[Numbered])
    await eventually(lambda: len(rest.numbers) == 3)
    assert rest.numbers == [0, 1, 2]


async def test_a_consumer_beside_it_takes_what_a_stop_gives_back(bus: Bus) -> None:
    endless, beside = Collector(seconds=60.0), Collector()
    consumer = await bus.consume("work", endless, prefetch=3, kinds=[Numbered])
    await bus.publish(WORK, *numbered(range(3)))
    await eventually(lambda: endless.running == 3)
    await bus.consume("work", beside, kinds=[Numbered])
    await consumer.stop(grace_seconds=0.1)
    await eventually(lambda: sorted(beside.numbers) == [0, 1, 2])


async def test_stop_does_not_wait_for_a_retry_in_place(bus: Bus) -> None:
    failing = Collector({0: 1000})
    consumer = await bus.consume("work", failing, kinds=[Numbered], retry_in_place=True)
    await bus.publish(WORK, *numbered(range(2)))
    await eventually(lambda: len(failing.tries.get(0, [])) == 4, seconds=10)
    began = time.monotonic()
    await consumer.stop(grace_seconds=10.0)
    assert time.monotonic() - began < 1.0
    rest = Collector()
    await bus.consume("work", rest, kinds=[Numbered])
    await eventually(lambda: rest.numbers == [0, 1])


async def test_publishing_to_a_queue_that_nobody_declared_is_no_error_of_the_bus(bus: Bus) -> None:
    with pytest.raises(UndeclaredQueue, match="nowhere") as refused:
        await bus.publish(Queue("nowhere"), Numbered(n=1))
    assert not isinstance(refused.value, BusError), "who waits for the broker would swallow it"


async def test_the_depth_of_a_missing_queue_is_an_error(bus: Bus) -> None:
    with pytest.raises(BusError):
        await bus.depth("nowhere")
    await bus.publish(WORK, Numbered(n=1))
    assert await bus.depth("work") == 1


async def test_what_cannot_be_decoded_is_set_apart_and_the_queue_moves_on(broker: Broker, bus: Bus) -> None:
    newer = encode(Newer(n="one"))[1]
    envelope = json.loads(encode(Numbered(n=2))[1])
    unknown = json.dumps({**envelope, "kind": "test.unknown"}).encode()
    bad_body = json.dumps({**envelope, "body": {"n": "two"}}).encode()
    for body in (b"\xff\x00 no json", newer, unknown, bad_body):
        await broker.put_bytes("work", body)
    await bus.publish(WORK, Numbered(n=7))
    collector = Collector()
    await bus.consume("work", collector, kinds=[Numbered])
    await eventually(lambda: collector.numbers == [7])
    found = await broker.undecodable()
    assert [body for body, _ in found] == [b"\xff\x00 no json", newer, unknown, bad_body]
    assert "version 2" in found[1][1]
    assert await bus.depth("work") == 0


async def test_a_field_that_a_later_release_added_is_no_obstacle(broker: Broker, bus: Bus) -> None:
    envelope = json.loads(encode(Numbered(n=3))[1])
    added = json.dumps({**envelope, "trace": "x", "body": {"n": 3, "colour": "red"}}).encode()
    await broker.put_bytes("work", added)
    collector = Collector()
    await bus.consume("work", collector, kinds=[Numbered])
    await eventually(lambda: collector.numbers == [3])


async def test_the_request_id_goes_with_the_message(bus: Bus) -> None:
    seen: list[object] = []

    async def handle(_message: Message) -> None:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))

    await bus.consume("work", handle, kinds=[Numbered])
    with structlog.contextvars.bound_contextvars(request_id="r-17"):
        await bus.publish(WORK, Numbered(n=1))
    await bus.publish(WORK, Numbered(n=2))
    await eventually(lambda: len(seen) == 2)
    assert seen == ["r-17", None]


async def test_two_thousand_messages_are_confirmed_together(bus: Bus) -> None:
    singly, together = list[float](), list[float]()
    # The best of five: the machine has other work too.
    for turn in range(5):
        first = 400 * turn
        began = time.monotonic()
        for number in range(first, first + 40):
            await bus.publish(WORK, Numbered(n=number))
        singly.append((time.monotonic() - began) / 40)
        began = time.monotonic()
        await bus.publish(WORK, *numbered(range(first + 40, first + 400)))
        together.append((time.monotonic() - began) / 360)
    assert min(together) < min(singly) / 1.5
    collector = Collector()
    await bus.consume("work", collector, prefetch=200, kinds=[Numbered])
    await eventually(lambda: len(collector.numbers) == 2000)
    assert sorted(collector.numbers) == list(range(2000))


async def test_publishers_at_once_lose_nothing(bus: Bus) -> None:
    collector = Collector()
    await bus.consume("work", collector, prefetch=20, kinds=[Numbered])
    await asyncio.gather(*(bus.publish(WORK, *numbered(range(k, k + 10))) for k in range(0, 1000, 10)))
    await eventually(lambda: len(collector.numbers) >= 1000)
    assert sorted(collector.numbers) == list(range(1000))


async def test_close_waits_for_handlers_under_way(broker: Broker) -> None:
    bus = await broker.open()
    collector = Collector(seconds=0.3)
    await bus.consume("work", collector, kinds=[Numbered])
    await bus.publish(WORK, Numbered(n=1))
    await eventually(lambda: collector.running == 1)
    await bus.close()
    assert collector.numbers == [1]
    again = await broker.open()
    await again.declare(["work"])
    assert await again.depth("work") == 0


async def test_events_carry_their_revision(bus: Bus) -> None:
    watch = await bus.watch()
    await watch.bind("campaign.1")
    await bus.broadcast(Event(topic="campaign.1", revision=12))
    events = aiter(watch)
    assert await asyncio.wait_for(anext(events), 60) == Event(topic="campaign.1", revision=12)
    await watch.close()
    assert await anext(events, None) is None


async def test_a_handler_whose_own_waiting_was_cancelled_is_tried_again(bus: Bus) -> None:
    tries: list[int] = []

    async def handle(_message: Message) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError

    await bus.consume("work", handle, kinds=[Numbered])
    await bus.publish(WORK, Numbered(n=1))
    await eventually(lambda: len(tries) == 2)
