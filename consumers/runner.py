"""The runner of one process's consumers: it starts them, moves partitions, and stops them without a loss."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence

from structlog import get_logger

from consumers.attribution import follow_for_ever
from consumers.figures import keep_figures_for_ever
from consumers.partitions import Partitions
from consumers.reconciler import reconcile_for_ever, wake_for_ever
from consumers.registry import Job, of_partition, shared
from consumers.sweeper import sweep_for_ever
from consumers.upkeep import end_abandoned_for_ever
from consumers.work import Work
from crm_graphql.bus.port import Consumer
from crm_graphql.core.tasks import end_tasks
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.resources import Resources

_log = get_logger(__name__)


class Runner:
    """The consumers of this process over open resources. Made anew for each start.

    The bus binds the request id of the request that led to a message before it calls a handler, acknowledges
    when the handler returns, and tries again when it raises.
    """

    def __init__(self, resources: Resources, *, vendor: Vendor | None = None) -> None:
        settings = resources.settings
        self.work = Work.over(resources, vendor=vendor)
        self.partitions = Partitions(
            settings.partitions, lease_seconds=settings.consumer_lease_seconds, on_change=self._take_home
        )
        self._grace_seconds = settings.shutdown_grace_seconds
        self._shared: list[Consumer] = []
        self._home: dict[int, list[Consumer]] = {}
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when messages are being taken, or will be as soon as the broker is there."""
        self._shared = await self._consume(shared(self.work.resources.settings))
        await self.partitions.start()
        self._background = [
            asyncio.create_task(reconcile_for_ever(self.work), name="reconciler"),
            asyncio.create_task(wake_for_ever(self.work), name="waker"),
            asyncio.create_task(end_abandoned_for_ever(self.work.resources), name="upkeep"),
            asyncio.create_task(sweep_for_ever(self.work.resources.storage), name="sweeper"),
            asyncio.create_task(keep_figures_for_ever(self.work.resources), name="figures"),
            asyncio.create_task(follow_for_ever(self.work.resources), name="attribution"),
            asyncio.create_task(self.work.scheduler.run(), name="scheduler"),
        ]

    async def stop(self) -> None:
        """Take nothing new, let handlers end within the grace, give the rest back to the bus."""
        await end_tasks(self._background)
        self.work.sender.stop()
        # Senders first: their last answers still go to the writer, here or in another process.
        await self._stop(self._shared)
        await self.work.sender.close()
        await self.partitions.stop()
        await self.work.hits.close(grace_seconds=self._grace_seconds)
        await self.work.writer.close(grace_seconds=self._grace_seconds)
        _log.info("consumers stopped")

    async def _consume(self, jobs: Sequence[Job]) -> list[Consumer]:
        bus = self.work.resources.bus
        return [
            await bus.consume(
                one.queue,
                functools.partial(one.handle, self.work),
                prefetch=one.prefetch,
                kinds=(one.kind,),
                retry_in_place=one.retry_in_place,
            )
            for one in jobs
        ]

    async def _take_home(self, mine: frozenset[int]) -> None:
        """Consume these partitions and no others."""
        lost = [self._home.pop(number) for number in self._home.keys() - mine]
        await self._stop([consumer for consumers in lost for consumer in consumers])
        for number in sorted(mine - self._home.keys()):
            self._home[number] = await self._consume(of_partition(number))

    async def _stop(self, consumers: Sequence[Consumer]) -> None:
        await asyncio.gather(*(consumer.stop(grace_seconds=self._grace_seconds) for consumer in consumers))
