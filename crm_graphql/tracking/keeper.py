"""The keeper of hits: whatever was answered is on the bus by then, or in the spool.

A click waits 50 ms for the bus at the most. Once the bus was slower, or away, hits go to the spool without
waiting, and from there to the bus when it is back. So a click never waits for the database or the broker,
and none that was answered is lost with the process; of repeats only the count may be.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.core.tasks import end_tasks, repeat
from crm_graphql.tracking.hits import Hit, partition_of
from crm_graphql.tracking.messages import HITS_A_MESSAGE, HitsArrived, hits_queue
from crm_graphql.tracking.repeats import Repeats
from crm_graphql.tracking.spool import Spool

PATIENCE_SECONDS = 0.05
"""How long a click waits for the bus."""
ROUND_HITS = 5_000
"""The most hits that are published at once, and that wait for that; more go to the spool."""
BACK_SECONDS = 0.5
"""How often it is tried to bring the spool back."""
GENERATION_SECONDS = 5.0
"""The same thing done again within so long is a repeat."""
_CLOSE_SECONDS = 2.0
_log = get_logger(__name__)


class _Round:
    """Hits that are published together, and who waits for that."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.hits: list[Hit] = []
        self.answered: asyncio.Future[None] = loop.create_future()

    def answer(self) -> None:
        if not self.answered.done():
            self.answered.set_result(None)


class HitKeeper:
    """Takes hits of one process. `start` it before, `close` it after."""

    def __init__(self, bus: Bus, spool: Spool, *, partitions: int) -> None:
        self._bus = bus
        self._spool = spool
        self._partitions = partitions
        self._repeats = Repeats()
        self._round: _Round | None = None
        self._has_hits = asyncio.Event()
        self._is_away = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to publish, also what an earlier process left in the spool."""
        self._tasks = [
            asyncio.create_task(self._publish_for_ever(), name="hits"),
            asyncio.create_task(
                repeat(self.bring_back, name="hits of the spool", seconds=BACK_SECONDS), name="spool"
            ),
            asyncio.create_task(
                repeat(self.end_generation, name="repeated hits", seconds=GENERATION_SECONDS, at_once=False),
                name="repeats",
            ),
        ]

    async def close(self) -> None:
        """Publish what waits, or keep it for the next start."""
        await end_tasks(self._tasks)
        self._repeats.turn()
        self._repeats.turn()
        left = self._repeats.ended()
        if self._round is not None:
            left += self._round.hits
        try:
            if self._is_away:
                raise TimeoutError
            await asyncio.wait_for(self._publish(left), _CLOSE_SECONDS)
        except Exception:
            if left:
                self._spool.append(left)
        if self._round is not None:
            self._round.answer()
        self._spool.seal()

    async def take(self, hit: Hit) -> None:
        """Return once the hit is durable, after `PATIENCE_SECONDS` at the latest. Never raises."""
        if self._repeats.is_one(hit):
            return
        if self._is_away or (self._round is not None and len(self._round.hits) >= ROUND_HITS):
            self._spool.append([hit])
            return
        await asyncio.shield(self._gather([hit]).answered)

    def _gather(self, hits: Sequence[Hit]) -> _Round:
        if self._round is None:
            self._round = _Round()
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lose_patience, self._round)
        self._round.hits += hits
        self._has_hits.set()
        return self._round

    def _lose_patience(self, waiting: _Round) -> None:
        """Whoever waits is answered. What the bus may have taken already it gets once more."""
        if waiting.answered.done():
            return
        if not self._is_away:
            _log.warning("the bus is slow or away: opens and clicks are kept in the spool meanwhile")
        self._is_away = True
        self._keep(waiting)

    def _keep(self, waiting: _Round) -> None:
        if not waiting.answered.done():
            self._spool.append(waiting.hits)
            waiting.answer()
        if self._round is waiting:
            self._round = None

    async def _publish_for_ever(self) -> None:
        while True:
            await self._has_hits.wait()
            self._has_hits.clear()
            waiting, self._round = self._round, None
            if waiting is None:
                continue
            try:
                await self._publish(waiting.hits)
            except asyncio.CancelledError:
                self._keep(waiting)
                raise
            except Exception as error:
                _log.warning("opens and clicks are kept in the spool", error=str(error)[:200])
                self._is_away = True
                self._keep(waiting)
            else:
                waiting.answer()

    async def _publish(self, hits: Sequence[Hit]) -> None:
        parts: dict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            parts[partition_of(hit.campaign_id, self._partitions)].append(hit)
        await asyncio.gather(
            *(
                self._bus.publish(
                    hits_queue(part),
                    *(
                        HitsArrived(hits=some[start : start + HITS_A_MESSAGE])
                        for start in range(0, len(some), HITS_A_MESSAGE)
                    ),
                )
                for part, some in parts.items()
            )
        )

    async def bring_back(self) -> None:
        """Publish what the spool holds. A file is gone once all of it is on the bus; one that is met half
        done begins anew, and what is told twice counts once. Raises nothing for a bus that is away."""
        await asyncio.to_thread(self._spool.sync)
        self._spool.seal()
        try:
            for file in self._spool.sealed():
                batch: list[Hit] = []
                for hit in file.hits():
                    batch.append(hit)
                    if len(batch) == ROUND_HITS:
                        await self._publish(batch)
                        batch = []
                await self._publish(batch)
                file.delete()
        except Exception as error:
            _log.info("the spool waits for the bus", error=str(error)[:200])
            return
        self._is_away = False

    async def end_generation(self) -> None:
        """Tell of what was done again and again lately, as one hit each."""
        self._repeats.turn()
        hits = self._repeats.ended()
        if not hits:
            return
        if self._is_away:
            self._spool.append(hits)
        else:
            self._gather(hits)
