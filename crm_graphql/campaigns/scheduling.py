"""The scheduler of campaigns: it launches each at its moment by the database's clock, once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from structlog import get_logger

from crm_graphql.audit.service import record
from crm_graphql.bus.port import Bus, BusError, Watch
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.launching import as_checked, launch
from crm_graphql.campaigns.lifecycle import fail_campaign
from crm_graphql.campaigns.messages import SCHEDULE_TOPIC
from crm_graphql.core.actor import SYSTEM
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.tasks import end_tasks
from crm_graphql.core.times import format_moment
from crm_graphql.mongo.leases import database_now
from crm_graphql.tracking.policy import TrackingPolicy

LOOK_SECONDS = 10.0
"""It looks again after so long at the latest: a word of a new schedule may have been lost."""
AGAIN_SECONDS = 1.0
"""How long after a failure of the database it looks again."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Sleeps until the next campaign is due. Every process has one, so that the death of none delays a
    launch: the guarded update lets one of them win, and costs the others as good as nothing."""

    bus: Bus
    clock: Clock
    settings: Callable[[], Settings]

    async def run(self) -> None:
        """Launch what is due, for ever. Ends only when cancelled."""
        woken = asyncio.Event()
        watch = await self.bus.watch()
        pump = asyncio.create_task(_wake_at_news(watch, woken), name="schedule news")
        try:
            with contextlib.suppress(BusError):
                await watch.bind(SCHEDULE_TOPIC)
            while True:
                woken.clear()
                try:
                    seconds = await self.launch_due()
                except Exception:
                    _log.exception("schedules could not be looked at")
                    seconds = AGAIN_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), seconds)
        finally:
            await end_tasks([pump])
            await watch.close()

    async def launch_due(self) -> float:
        """Launch what is due, however late; in how many seconds to look again."""
        campaigns = Campaign.get_pymongo_collection()
        is_due = {"status": CampaignStatus.SCHEDULED.value, "scheduled_at": {"$lte": await database_now()}}
        due = [row["_id"] async for row in campaigns.find(is_due, {"_id": 1}, hint="scheduled")]
        # Of several processes each begins elsewhere, so that they share what is due at one moment.
        random.shuffle(due)
        for key in due:
            if (campaign := await campaigns.find_one({"_id": key, **is_due})) is not None:
                await self._launch(campaign)
        return await _seconds_to_next()

    async def _launch(self, campaign: Row) -> None:
        """Launch it, or have it fail for what keeps it from that: also an end that has come meanwhile."""
        at: datetime = campaign["scheduled_at"]
        try:
            settings = self.settings()
            launched = await launch(
                campaign,
                time_zone=settings.time_zone,
                attribution_days=settings.attribution_days,
                bus=self.bus,
                tracking=TrackingPolicy.of(settings),
            )
        except InvalidInput as error:
            reason = f"It could not be launched, as was scheduled for {format_moment(at)}: {error}"
            if await fail_campaign(campaign["_id"], reason, where=as_checked(campaign), bus=self.bus):
                await self._note(campaign, error.problems[0].code)
            return
        if launched is not None:
            late = (launched["launched_at"] - at).total_seconds()
            _log.info("campaign launched on schedule", campaign_id=str(campaign["_id"]), late_seconds=late)
            await self._note(campaign, None)

    async def _note(self, campaign: Row, code: ErrorCode | None) -> None:
        await record(
            SYSTEM,
            "campaignLaunch",
            subject_id=encode_id("Campaign", campaign["_id"]),
            succeeded=code is None,
            code=code and code.value,
            settings=self.settings(),
            clock=self.clock,
        )


async def _seconds_to_next() -> float:
    row = await Campaign.get_pymongo_collection().find_one(
        {"status": CampaignStatus.SCHEDULED.value},
        {"_id": 0, "status": 1, "scheduled_at": 1},
        hint="scheduled",
        sort=[("scheduled_at", 1)],
    )
    if row is None:
        return LOOK_SECONDS
    at: datetime = row["scheduled_at"]
    left = (at - await database_now()).total_seconds()
    return min(max(left, 0.0), LOOK_SECONDS)


async def _wake_at_news(watch: Watch, woken: asyncio.Event) -> None:
    async for _ in watch:
        woken.set()
