"""Senders of one process: they take ranges of the ledger, of one campaign after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.handover import Handover, HandoverLimits
from crm_graphql.delivery.messages import SEND_TURNS, CampaignSend
from crm_graphql.delivery.ranges import claim_range, has_free_range
from crm_graphql.delivery.vendors.choose import Carriers

PATIENCE_SECONDS = 1.0
"""A sender waits so long for its vendor at most; then it serves campaigns of other vendors."""

_CAMPAIGN_FIELDS = {"status": 1, "channel": 1, "message": 1, "topic": 1, "launched_at": 1}


class Sender:
    """Sends for one process, by each channel's carrier. Safe for concurrent calls: each claims ranges of its
    own."""

    def __init__(self, carriers: Carriers, *, bus: Bus, clock: Clock, limits: HandoverLimits) -> None:
        self._carriers = carriers
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._slices = Slices()
        self._stopping = False

    def stop(self) -> None:
        """Finish the calls under way and take no further range."""
        self._stopping = True
        for carrier in self._carriers.values():
            carrier.backoff.interrupt()

    async def send(self, message: CampaignSend) -> None:
        """Take the campaign's turn: send one range of it, having passed the message on for the next one.

        A campaign with nothing to send now leaves its place. So does one whose vendor is to be left alone for
        longer than a moment; the reconciler brings it back.
        """
        if not await SEND_TURNS.hold(message):
            return
        campaign_id = ObjectId(message.work_id)
        campaign = await _being_sent(campaign_id)
        if campaign is None:
            await SEND_TURNS.leave(message)
            return
        carrier = self._carriers[Channel(campaign["channel"])]
        if carrier.backoff.seconds_left > PATIENCE_SECONDS:
            await SEND_TURNS.leave(message)
            return
        if carrier.backoff.seconds_left:
            await carrier.backoff.wait()
            # Look again: the campaign may have ended meanwhile.
            campaign = await _being_sent(campaign_id)
        if self._stopping:
            await SEND_TURNS.pass_on(message, bus=self._bus)
            return
        claim = None
        if campaign is not None:
            claim = await claim_range(campaign_id, lease_seconds=self._limits.lease_seconds)
        if campaign is None or claim is None:
            await self._leave(message, campaign_id)
            return
        # Before the range is sent: so another sender takes the next one meanwhile.
        await SEND_TURNS.pass_on(message, bus=self._bus)
        handover = Handover(
            claim,
            campaign,
            vendor=carrier.vendor,
            backoff=carrier.backoff,
            bus=self._bus,
            clock=self._clock,
            limits=self._limits,
            slices=self._slices,
        )
        await handover.run()

    async def _leave(self, message: CampaignSend, campaign_id: ObjectId) -> None:
        await SEND_TURNS.leave(message)
        # Whoever wrote a range just before found the place taken, and told nobody.
        if await has_free_range(campaign_id):
            await SEND_TURNS.fill(campaign_id, bus=self._bus, at_most=1)


async def _being_sent(campaign_id: ObjectId) -> Mapping[str, Any] | None:
    campaign: Mapping[str, Any] | None = await Campaign.get_pymongo_collection().find_one(
        {"_id": campaign_id, "status": CampaignStatus.SENDING.value}, _CAMPAIGN_FIELDS
    )
    return campaign
