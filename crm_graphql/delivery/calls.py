"""Calls to the vendor under one claim: each within the lease, at the pace, and while it may still be sent."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.delivery.backoff import Backoff
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.pace import Pace
from crm_graphql.delivery.ranges import Claim, renew_range
from crm_graphql.delivery.receipts import forward_or_park
from crm_graphql.delivery.vendors.port import (
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorUncertain,
)
from crm_graphql.mongo.leases import LeaseLost

LOOK_SECONDS = 0.5
"""So old is what a sender knows of its campaign at most when it calls: pausing is that quick."""
LONGEST_WAIT_SECONDS = 0.25
"""A sender waits no longer for a pace: others see to it, and this one serves other campaigns."""

_log = get_logger(__name__)


class Interrupted(Exception):
    """What is left of the range is not to be sent now: the campaign is paused, or its pace is kept by others,
    or the hours are over in which it may be sent."""


@dataclass(frozen=True, slots=True)
class HandoverLimits:
    """Times in seconds: of a claim's lease and of one call; and how many partitions receipts go over."""

    lease_seconds: float
    deadline_seconds: float
    partitions: int


class Calls:
    """The calls of one claim. What the vendor answers is forwarded to the writer before the next call."""

    def __init__(
        self,
        claim: Claim,
        *,
        vendor: Vendor,
        backoff: Backoff,
        bus: Bus,
        news: News,
        limits: HandoverLimits,
        paces: Sequence[Pace] = (),
    ) -> None:
        self.vendor = vendor
        self._claim = claim
        self._backoff = backoff
        self._bus = bus
        self._news = news
        self._limits = limits
        self._paces = paces
        self._leased_at = self._looked_at = time.monotonic()
        self._began_at = self._leased_at
        self._ends_at = float("inf")

    def end_after(self, seconds: float) -> None:
        """Make no call later than so long after the claim."""
        self._ends_at = self._began_at + seconds

    @property
    def size(self) -> int:
        """The most messages of one call."""
        return min([self.vendor.batch_limit, *(pace.call_size for pace in self._paces)])

    async def send(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome] | None:
        """One call: an outcome for each message, those that say something forwarded; None where the answer
        is missing.

        Raises Interrupted, LeaseLost and VendorUnavailable: then surely nothing was handed over.
        """
        await self._look()
        for pace in self._paces:
            if not await pace.take(len(batch), longest_wait=LONGEST_WAIT_SECONDS):
                raise Interrupted
        await self._have_time()
        try:
            outcomes = await self.vendor.send(batch, deadline_seconds=self._limits.deadline_seconds)
        except VendorUncertain as error:
            _log.warning("vendor's answer is missing", vendor=self.vendor.name, error=str(error))
            return None
        self._backoff.worked()
        await self.tell(outcomes)
        return outcomes

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """What the vendor says of the messages that it knows, forwarded. Raises VendorUnavailable."""
        known: dict[str, Outcome] = {}
        size = self.vendor.batch_limit
        for asked in (keys[start : start + size] for start in range(0, len(keys), size)):
            found = await self.vendor.look_up(asked)
            # What nobody asked for may be no key of ours at all.
            known |= {key: found[key] for key in asked if key in found}
        await self.tell(known.values())
        return known

    async def tell(self, outcomes: Collection[Outcome]) -> None:
        """Forward what the vendor's answers say."""
        await self.forward([receipt for outcome in outcomes for receipt in self._news.of(outcome)])

    async def forward(self, receipts: Sequence[Receipt]) -> None:
        """Make the news durable on its way to the writer."""
        if receipts:
            await forward_or_park(
                self._claim.campaign_id,
                receipts,
                bus=self._bus,
                partitions=self._limits.partitions,
                token=self._claim.token,
            )

    async def _look(self) -> None:
        """Return where the campaign may be sent now, by what is known of it for half a second at most."""
        now = time.monotonic()
        if now >= self._ends_at:
            raise Interrupted
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        sending = {"_id": self._claim.campaign_id, "status": CampaignStatus.SENDING.value}
        if await Campaign.get_pymongo_collection().find_one(sending, {"_id": 1}) is None:
            raise Interrupted

    async def _have_time(self) -> None:
        """Return when a call, with its deadline, ends within the lease. Raises LeaseLost."""
        spare = self._limits.lease_seconds - self._limits.deadline_seconds
        if time.monotonic() - self._leased_at < spare / 2:
            return
        self._leased_at = time.monotonic()
        if not await renew_range(self._claim, lease_seconds=self._limits.lease_seconds):
            raise LeaseLost


def without_outcome(outcomes: Collection[Outcome]) -> frozenset[str]:
    """The keys of the messages of which the answer says nothing."""
    return frozenset(outcome.key for outcome in outcomes if outcome.status is OutcomeStatus.UNKNOWN)
