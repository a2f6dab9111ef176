"""Senders of one process: they take ranges of the ledger, one after another, as long as there are any."""

from __future__ import annotations

import time

from bson import ObjectId

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.handover import Handover, HandoverLimits
from crm_graphql.delivery.messages import SEND_QUEUE, CampaignSend
from crm_graphql.delivery.ranges import claim_range
from crm_graphql.delivery.vendors.choose import Carriers

TURN_SECONDS = 20.0
"""After so long a sender gives way to other campaigns."""

_CAMPAIGN_FIELDS = {"status": 1, "channel": 1, "message": 1}


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

    async def send(self, campaign_id: ObjectId) -> None:
        """Send ranges of the campaign until none is free.

        While the vendor cannot take anything it waits and goes on, without end. After a while, and when it is
        stopped, it leaves a message that brings somebody back.
        """
        until = time.monotonic() + TURN_SECONDS
        while await self._send_next(campaign_id):
            if self._stopping or time.monotonic() > until:
                await self._bus.publish(SEND_QUEUE, CampaignSend(campaign_id=str(campaign_id)))
                return

    async def _send_next(self, campaign_id: ObjectId) -> bool:
        """Send one range; False when there is none to send."""
        campaign = await Campaign.get_pymongo_collection().find_one(
            {"_id": campaign_id, "status": CampaignStatus.SENDING.value}, _CAMPAIGN_FIELDS
        )
        if campaign is None:
            return False
        carrier = self._carriers[Channel(campaign["channel"])]
        if carrier.backoff.seconds_left:
            await carrier.backoff.wait()
            # Look again: the campaign may have ended meanwhile.
            return True
        if self._stopping:
            return True
        claim = await claim_range(campaign_id, lease_seconds=self._limits.lease_seconds)
        if claim is None:
            return False
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
        return True
