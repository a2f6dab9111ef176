"""The settings of a process as they hold now: the environment's, and over them what people set.

Nothing that is asked of it waits for the database. What is set is taken in

- by the process that answers the update, before it answers;
- by every other at the hint that the bus brings, and within POLL_SECONDS and the time of one read where the
  hint is lost or the process is cut off from the bus.

While MongoDB is away all stays as it was: nothing can be set then either.
"""

from __future__ import annotations

import asyncio

import structlog

from crm_graphql.bus.following import Following
from crm_graphql.bus.port import Bus, Event
from crm_graphql.core.settings import Settings
from crm_graphql.core.zones import zone_of
from crm_graphql.deployment.queries import NOTHING, Stored, read_stored
from crm_graphql.deployment.values import DeploymentValues, settings_over, values_of

TOPIC = "deployment.settings"
POLL_SECONDS = 2.0
READ_SECONDS = 5.0
"""A reading that hangs is given up, and the next one tried."""

log = structlog.get_logger(__name__)


class LiveSettings:
    """One a process. Between `start` and `close` it follows what other processes set."""

    def __init__(self, environment: Settings, bus: Bus) -> None:
        self.environment = environment
        self._bus = bus
        self._turn = asyncio.Lock()
        self._following = Following(bus, TOPIC, self.read, seconds=POLL_SECONDS, what="settings")
        self._take(NOTHING)

    @property
    def settings(self) -> Settings:
        """The settings as they hold now. Ask each time; what is kept grows old."""
        return self._settings

    @property
    def values(self) -> DeploymentValues:
        """What people can set, as it holds now."""
        return self._values

    async def start(self) -> None:
        """Read what is set and follow it from now on. Raises PyMongoError when it cannot be read."""
        await self.read()
        self._following.start()

    async def close(self) -> None:
        """Follow no longer."""
        await self._following.close()

    async def read(self) -> None:
        """Take in what is stored now."""
        async with self._turn, asyncio.timeout(READ_SECONDS):
            self._take(await read_stored())

    async def announce(self, stored: Stored) -> None:
        """After it was written: take it in here, and hint the other processes."""
        async with self._turn:
            # Another update may have been read here already.
            if stored.revision > self._stored.revision:
                self._take(stored)
        await self._bus.broadcast(Event(topic=TOPIC, revision=stored.revision))

    def _take(self, stored: Stored) -> None:
        values = values_of(stored.fields, self.environment)
        try:
            zone_of(values.time_zone)
        except ValueError:
            # A newer release knows more zones: its processes go by it, this one by what it knows.
            log.error("a time zone is set that this release does not know", time_zone=values.time_zone)
            known = {name: value for name, value in stored.fields.items() if name != "time_zone"}
            values = values_of(known, self.environment)
        self._stored, self._values = stored, values
        self._settings = settings_over(self.environment, values)
