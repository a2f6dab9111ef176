"""Senders of one process: they take ranges of the ledger, of one campaign after another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from structlog import get_logger

from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import HAS_WORK_FOR_SENDERS, hold_campaign
from crm_graphql.core.channels import Channel
from crm_graphql.core.tasks import end_tasks
from crm_graphql.delivery.common import CampaignParts, Common, FileGone
from crm_graphql.delivery.handover import Handover, HandoverTools
from crm_graphql.delivery.messages import SEND_TURNS, CampaignSend
from crm_graphql.delivery.pace import Pace, campaign_pace
from crm_graphql.delivery.range_pieces import claim_piece, split_range
from crm_graphql.delivery.ranges import Claim, claim_range, has_free_range
from crm_graphql.delivery.sending_rules import SendingRules
from crm_graphql.delivery.vendors.carrier import Carrier, Carriers
from crm_graphql.deployment.values import DeploymentValues
from crm_graphql.storage.port import StorageAway

_log = get_logger(__name__)

PATIENCE_SECONDS = 1.0
"""A sender waits so long for its vendor at most; then it serves campaigns of other vendors."""
_AHEAD_SECONDS = 0.25
"""With so much reserved ahead nobody else is needed."""
_BEHIND_SECONDS = 0.05
"""So late, whoever keeps a campaign's pace cannot keep up, or is gone: others step in."""
_EARLY_SECONDS = 0.2
"""A turn takes its time: so much before it can send it begins."""
_SPARE_SECONDS = 2.0
"""How long one sleeps who steps in only where it is needed."""
_LONGEST_SLEEP_SECONDS = 5.0

_CAMPAIGN_FIELDS = dict.fromkeys(
    (
        *("status", "channel", "message", "variants", "topic", "sender", "launched_at"),
        *("send_before", "rate_per_second", "quiet_hours", "attachment_ids"),
        *("tracks_opens", "tracks_clicks", "links"),
    ),
    1,
)


class Sender:
    """Sends for one process, by each channel's carrier. Safe for concurrent calls: each claims ranges of its
    own."""

    def __init__(
        self,
        carriers: Carriers,
        *,
        tools: HandoverTools,
        values: Callable[[], DeploymentValues],
        parts: CampaignParts,
    ) -> None:
        """`values` are the deployment's, as they hold when it is asked."""
        self._carriers = carriers
        self._parts = parts
        self._tools = tools
        self._values = values
        self._stopping = asyncio.Event()
        self._sleeping: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Finish the calls under way and take no further range."""
        self._stopping.set()
        for carrier in self._carriers.values():
            carrier.backoff.interrupt()

    async def close(self, *, grace_seconds: float = 2.0) -> None:
        """Let those who wait for a pace pass their turns on, after `stop`."""
        if self._sleeping:
            await asyncio.wait(self._sleeping, timeout=grace_seconds)
        await end_tasks(self._sleeping)

    async def send(self, message: CampaignSend) -> None:
        """Take the campaign's turn: send one range of it, having passed the message on for the next one.

        A campaign with nothing to send now leaves its place. So does one whose vendor is to be left alone for
        longer than a moment; the reconciler brings it back. One that is ahead of its pace, or whose vendor's
        is used up, comes again later, and keeps no sender meanwhile.
        """
        if not await SEND_TURNS.hold(message):
            return
        campaign_id = ObjectId(message.work_id)
        campaign = await _being_sent(campaign_id)
        if campaign is None:
            await SEND_TURNS.leave(message)
            return
        carrier = self._carriers[Channel(campaign["channel"])]
        is_cancelled = campaign["status"] == CampaignStatus.CANCELLED.value
        if carrier.backoff.seconds_left > PATIENCE_SECONDS and not is_cancelled:
            await SEND_TURNS.leave(message)
            return
        if carrier.backoff.seconds_left and not is_cancelled:
            await carrier.backoff.wait()
            # Look again: the campaign may have ended meanwhile.
            campaign = await _being_sent(campaign_id)
        if self._stopping.is_set():
            await self._pass_on(message)
        elif campaign is None:
            await self._leave(message, campaign_id)
        elif is_cancelled or await self._is_due(message, campaign, carrier):
            await self._send_range(message, campaign, carrier)

    async def _send_range(self, message: CampaignSend, campaign: Mapping[str, Any], carrier: Carrier) -> None:
        try:
            common = await self._common_of(campaign)
        except FileGone as error:
            await hold_campaign(campaign["_id"], str(error), bus=self._tools.bus)
            await SEND_TURNS.leave(message)
            return
        except StorageAway:
            _log.warning("files cannot be read, the reconciler comes back", campaign_id=message.work_id)
            await SEND_TURNS.leave(message)
            return
        claim = await self._claim(campaign, carrier)
        if claim is None:
            await self._leave(message, campaign["_id"])
            return
        rules = SendingRules.of(campaign, self._values(), claim.claimed_at)
        # What is not sent any more keeps to no pace.
        asked = () if rules.end else (campaign_pace(campaign), carrier.pace)
        paces = [pace for pace in asked if pace is not None]
        handover = Handover(
            await self._piece_of(claim, paces),
            campaign,
            carrier=carrier,
            rules=rules,
            tools=self._tools,
            paces=paces,
            common=common,
        )
        # At once, so that another sender takes the next range meanwhile; where that had to wait for its pace,
        # when this one is nearly done.
        passing = _Once(lambda: self._pass_on(message))
        if not paces:
            await passing()
        try:
            await handover.run(nearly_done=passing)
        finally:
            await passing()

    async def _common_of(self, campaign: Mapping[str, Any]) -> Common:
        """Nothing where nothing is sent any more. Raises FileGone and StorageAway."""
        if campaign["status"] == CampaignStatus.CANCELLED.value:
            return Common()
        return await self._parts.of(campaign)

    async def _claim(self, campaign: Mapping[str, Any], carrier: Carrier) -> Claim | None:
        key, seconds = campaign["_id"], self._tools.limits.lease_seconds
        if carrier.piece_size is None or campaign["status"] == CampaignStatus.CANCELLED.value:
            return await claim_range(key, lease_seconds=seconds)
        transact = self._tools.waiting.transact
        return await claim_piece(key, carrier.piece_size, lease_seconds=seconds, transact=transact)

    async def _piece_of(self, claim: Claim, paces: Sequence[Pace]) -> Claim:
        """Of a range that is more than a second's worth, that much; the rest is free for others."""
        if not paces:
            return claim
        size = min(pace.piece_size for pace in paces)
        numbers = claim.numbers or range(claim.first, claim.last + 1)
        if len(numbers) <= size:
            return claim
        return await split_range(claim, numbers[size], transact=self._tools.waiting.transact)

    async def _is_due(self, message: CampaignSend, campaign: Mapping[str, Any], carrier: Carrier) -> bool:
        """Whether to send now. If not, the message comes again later."""
        if carrier.pace is not None and (ahead := await carrier.pace.ahead_seconds()) > _AHEAD_SECONDS:
            self._pass_on_later(message, ahead - _EARLY_SECONDS)
            return False
        pace = campaign_pace(campaign)
        if pace is None:
            return True
        ahead = await pace.ahead_seconds()
        # One sender at a time keeps the pace, and others are free for other campaigns; they help where one is
        # not enough.
        if message.place == 0:
            if ahead > _AHEAD_SECONDS:
                self._pass_on_later(message, ahead - _EARLY_SECONDS)
            return ahead <= _AHEAD_SECONDS
        if ahead > -_BEHIND_SECONDS:
            self._pass_on_later(message, _SPARE_SECONDS)
        return ahead <= -_BEHIND_SECONDS

    def _pass_on_later(self, message: CampaignSend, seconds: float) -> None:
        async def sleep() -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(seconds, _LONGEST_SLEEP_SECONDS))
            await self._pass_on(message)

        task = asyncio.create_task(sleep(), name=f"pace of {message.work_id}")
        self._sleeping.add(task)
        task.add_done_callback(self._sleeping.discard)

    async def _pass_on(self, message: CampaignSend) -> None:
        await SEND_TURNS.pass_on(message, bus=self._tools.bus)

    async def _leave(self, message: CampaignSend, campaign_id: ObjectId) -> None:
        await SEND_TURNS.leave(message)
        # Whoever wrote a range just before found the place taken, and told nobody.
        if await has_free_range(campaign_id):
            await SEND_TURNS.fill(campaign_id, bus=self._tools.bus, at_most=1)


class _Once:
    """Something that is done the first time it is asked for."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._is_done = False

    async def __call__(self) -> None:
        if not self._is_done:
            self._is_done = True
            await self._work()


async def _being_sent(campaign_id: ObjectId) -> Mapping[str, Any] | None:
    """The campaign while senders have work with it: one that is cancelled, to end what is left of it."""
    campaign: Mapping[str, Any] | None = await Campaign.get_pymongo_collection().find_one(
        {"_id": campaign_id, **HAS_WORK_FOR_SENDERS}, _CAMPAIGN_FIELDS
    )
    return campaign
