"""Live events: who hears of a topic, and who does not."""

from __future__ import annotations

import asyncio

from crm_graphql.bus.port import Bus, Event, Watch
from tests.bus.brokers import eventually


class Heard:
    """Reads a watch in the background."""

    def __init__(self, watch: Watch) -> None:
        self.events: list[Event] = []
        self._task = asyncio.create_task(self._read(watch))

    async def _read(self, watch: Watch) -> None:
        async for event in watch:
            self.events.append(event)

    @property
    def topics(self) -> list[str]:
        """Topics of the events heard."""
        return [event.topic for event in self.events]

    def has(self, event: Event) -> bool:
        """Whether this event was heard."""
        return event in self.events

    async def ended(self) -> None:
        """Return when the iteration has ended."""
        await asyncio.wait_for(self._task, 60)


async def test_an_event_reaches_all_watches_of_its_topic_and_no_other(bus: Bus) -> None:
    watches = [await bus.watch() for _ in range(3)]
    await watches[0].bind("campaign.1")
    await watches[1].bind("campaign.1")
    await watches[1].bind("ingestion.1")
    await watches[2].bind("campaign.12")
    heard = [Heard(watch) for watch in watches]
    for topic in ("campaign.1", "campaign.2", "ingestion.1", "customers.changed", "campaign.12"):
        await bus.broadcast(Event(topic=topic))
    await eventually(lambda: heard[2].topics == ["campaign.12"])
    await eventually(lambda: heard[1].topics == ["campaign.1", "ingestion.1"])
    assert heard[0].topics == ["campaign.1"]
    for watch, each in zip(watches, heard, strict=True):
        await watch.close()
        await each.ended()


async def test_a_topic_that_is_unbound_is_not_heard(bus: Bus) -> None:
    watch = await bus.watch()
    await watch.bind("a.1")
    await watch.bind("a.1")
    await watch.bind("a.2")
    await watch.unbind("a.1")
    await watch.unbind("never bound")
    heard = Heard(watch)
    await bus.broadcast(Event(topic="a.1"))
    await bus.broadcast(Event(topic="a.2"))
    await eventually(lambda: heard.topics == ["a.2"])
    await watch.close()
    await heard.ended()


async def test_a_slow_reader_loses_the_oldest(bus: Bus) -> None:
    watch = await bus.watch()
    await watch.bind("a")
    await watch.bind("end")
    for revision in range(1500):
        await bus.broadcast(Event(topic="a", revision=revision))
    await bus.broadcast(Event(topic="end"))
    await asyncio.sleep(1)
    heard = Heard(watch)
    await eventually(lambda: "end" in heard.topics)
    revisions = [event.revision for event in heard.events if event.revision is not None]
    assert len(revisions) < 1001
    assert revisions == list(range(1500 - len(revisions), 1500))
    await watch.close()
    await heard.ended()


async def test_nobody_listening_is_no_error(bus: Bus) -> None:
    await bus.broadcast(Event(topic="nobody.watches", revision=1))
