"""Turns on the ledgers of campaigns: recipients written down, failures put back, senders told of both."""

from __future__ import annotations

from dataclasses import dataclass

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.lifecycle import complete_if_ended
from crm_graphql.campaigns.messages import PLAN_TURNS, CampaignPlan
from crm_graphql.core.clock import Clock
from crm_graphql.delivery.messages import SEND_TURNS
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.ranges import has_free_range
from crm_graphql.delivery.retrying import Retries

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerTurns:
    """What a campaign's turn needs."""

    planner: Planner
    retries: Retries
    bus: Bus
    clock: Clock

    async def take(self, message: CampaignPlan) -> None:
        """Do the next of what is to be done on the campaign's ledger, then let other campaigns do so."""
        if not await PLAN_TURNS.hold(message):
            return
        campaign_id = ObjectId(message.work_id)
        is_done = await self.planner.plan(campaign_id) and await self.retries.run(campaign_id)
        await self._wake_senders(campaign_id)
        if is_done:
            await PLAN_TURNS.leave(message)
            await complete_if_ended(campaign_id, bus=self.bus, clock=self.clock)
        else:
            await PLAN_TURNS.pass_on(message, bus=self.bus)

    async def _wake_senders(self, campaign_id: ObjectId) -> None:
        try:
            if await has_free_range(campaign_id):
                await SEND_TURNS.fill(campaign_id, bus=self.bus)
        except BusError as error:
            _log.warning(
                "senders not told, the reconciler will", campaign_id=str(campaign_id), error=str(error)
            )
