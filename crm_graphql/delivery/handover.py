"""One claimed range on its way to the vendor, and the vendor's answers on their way to the writer."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.template import RenderFailed
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.backoff import Backoff
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.doubt import (
    STRIKES,
    AfterDoubt,
    CallSizes,
    after_doubt,
    delay_seconds,
    struck,
)
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.ranges import (
    Claim,
    finish_range,
    queued_rows,
    release_in_doubt,
    release_range,
    renew_range,
)
from crm_graphql.delivery.receipts import forward_or_park
from crm_graphql.delivery.refusing import RefusedRow, key_of, without_refused
from crm_graphql.delivery.rendering import template_of
from crm_graphql.delivery.vendors.port import (
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.mongo.leases import LeaseLost

_ROW_FIELDS = ("customer_id", "address", "values", "attempt")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HandoverLimits:
    """Times in seconds: of a claim's lease and of one call; and how many partitions receipts go over."""

    lease_seconds: float
    deadline_seconds: float
    partitions: int


class Handover:
    """Sends what is still queued of one claimed range, once.

    Ends with the range done (each message has an outcome, durable on its way to the writer) or given back.
    Dies without a trace at any point: the lease then runs out, and whoever claims next knows that the vendor
    may have had the messages.
    """

    def __init__(
        self,
        claim: Claim,
        campaign: Mapping[str, Any],
        *,
        vendor: Vendor,
        backoff: Backoff,
        bus: Bus,
        clock: Clock,
        limits: HandoverLimits,
        slices: Slices,
    ) -> None:
        self._claim = claim
        self._campaign = campaign
        self._vendor = vendor
        self._backoff = backoff
        self._bus = bus
        self._news = News(clock, sends_receipts=vendor.sends_receipts)
        self._limits = limits
        self._slices = slices
        self._began_at = self._leased_at = time.monotonic()
        self._alone: set[str] = set()
        """Keys of messages that had no clear answer though nothing else can be to blame."""
        self._touched = False
        """Whether the vendor may have taken something under this claim."""

    async def run(self) -> None:
        """Send. Never raises for a vendor that is away or unclear."""
        rows = await queued_rows(self._claim, _ROW_FIELDS)
        allowed, refused = await without_refused(self._campaign, rows)
        messages, receipts = await self._render(allowed)
        await self._forward(receipts)
        try:
            await self._end_refused(refused)
            doubtful = await self._hand_over(await self._end_hopeless(messages))
        except VendorUnavailable as error:
            await self._give_back_unavailable(error)
            return
        except LeaseLost:
            _log.warning("range left to another", campaign_id=str(self._claim.campaign_id))
            return
        if not doubtful:
            await finish_range(self._claim)
        elif self._after_doubt() is AfterDoubt.GIVE_UP:
            await self._forward([self._news.unknown(message.key) for message in doubtful])
            await finish_range(self._claim)
        else:
            await self._give_back_in_doubt()

    async def _render(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[OutgoingMessage], list[Receipt]]:
        """The messages to send, and news of those whose template fails or leaves nothing to send."""
        rendered = await self._slices.each(rows, self._render_row)
        return (
            [message for message in rendered if isinstance(message, OutgoingMessage)],
            [receipt for receipt in rendered if isinstance(receipt, Receipt)],
        )

    def _render_row(self, row: Mapping[str, Any]) -> OutgoingMessage | Receipt:
        key = key_of(row)
        try:
            text = template_of(self._campaign).render(row["values"])
        except (RenderFailed, InvalidInput) as error:
            return self._news.failed(key, DeliveryReason.TEMPLATE_ERROR, str(error)[:500])
        if text.is_empty:
            return self._news.skipped(
                key, DeliveryReason.TEMPLATE_ERROR, "The body is empty for this customer."
            )
        channel = Channel(self._campaign["channel"])
        return OutgoingMessage(
            key, channel, row["address"], text.subject, text.body, str(self._claim.campaign_id)
        )

    async def _hand_over(self, messages: Sequence[OutgoingMessage]) -> Sequence[OutgoingMessage]:
        """Send the messages, and forward each answer; those of which nothing is known come back.

        Raises VendorUnavailable, and LeaseLost; what was answered before is forwarded then.
        """
        doubtful: list[OutgoingMessage] = []
        if self._claim.is_repeat and messages:
            match self._after_doubt():
                case AfterDoubt.GIVE_UP:
                    return messages
                case AfterDoubt.LOOK_UP:
                    known = await self._look_up([message.key for message in messages])
                    unclear = _without_outcome(known.values())
                    self._alone |= unclear
                    doubtful += [message for message in messages if message.key in unclear]
                    messages = [message for message in messages if message.key not in known]
        return [*doubtful, *await self._send_all(messages)]

    async def _send_all(self, messages: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """The messages of which nothing is known afterwards, and those that were left for later with them."""
        limit = self._vendor.batch_limit
        calls = CallSizes(len(messages), doubts=self._claim.doubts, batch_limit=limit)
        doubtful: list[OutgoingMessage] = []
        start = 0
        while start < len(messages):
            if not calls.go_on:
                return [*doubtful, *messages[start:]]
            batch = messages[start : start + calls.size]
            start += len(batch)
            unclear = await self._send_batch(batch)
            calls.note(answered=len(unclear) < len(batch))
            if len(batch) == 1 or len(unclear) < len(batch):
                self._alone.update(message.key for message in unclear)
            doubtful += unclear
        return doubtful

    async def _end_refused(self, refused: Sequence[RefusedRow]) -> None:
        """End the messages to people who said no after they were planned: none is sent, and what the vendor
        may have had before, under an earlier claim, is told as what became of it."""
        keys = [one.key for one in refused]
        known: Collection[str] = ()
        if self._claim.is_repeat and keys:
            known = await self._look_up(keys) if self._vendor.can_look_up else keys
            if not self._vendor.can_look_up:
                await self._forward([self._news.unknown(key) for key in keys])
        skipped = [one for one in refused if one.key not in known]
        await self._forward([self._news.skipped(one.key, one.reason, one.text) for one in skipped])

    async def _end_hopeless(self, messages: Sequence[OutgoingMessage]) -> Sequence[OutgoingMessage]:
        """End the messages that had no clear answer too often; the others."""
        strikes = self._claim.strikes
        hopeless = [message for message in messages if strikes.get(message.key, 0) >= STRIKES]
        if not hopeless:
            return messages
        known = await self._look_up([message.key for message in hopeless]) if self._vendor.can_look_up else {}
        unclear = _without_outcome(known.values())
        ended: list[Receipt] = []
        for message in hopeless:
            if message.key in unclear or not self._vendor.can_look_up:
                ended.append(self._news.unknown(message.key))
            elif message.key not in known:
                text = "The vendor never answered clearly, and does not know it."
                ended.append(self._news.failed(message.key, DeliveryReason.VENDOR_REJECTED, text))
        await self._forward(ended)
        gone = {message.key for message in hopeless}
        return [message for message in messages if message.key not in gone]

    async def _look_up(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Forward what the vendor says of the messages that it knows."""
        known: dict[str, Outcome] = {}
        size = self._vendor.batch_limit
        for asked in (keys[start : start + size] for start in range(0, len(keys), size)):
            found = await self._vendor.look_up(asked)
            # What nobody asked for may be no key of ours at all.
            known |= {key: found[key] for key in asked if key in found}
        await self._forward([receipt for outcome in known.values() for receipt in self._news.of(outcome)])
        return known

    async def _send_batch(self, batch: Sequence[OutgoingMessage]) -> Sequence[OutgoingMessage]:
        """One call; the messages of which nothing is known afterwards."""
        await self._have_time()
        try:
            outcomes = await self._vendor.send(batch, deadline_seconds=self._limits.deadline_seconds)
        except VendorUncertain as error:
            _log.warning("vendor's answer is missing", vendor=self._vendor.name, error=str(error))
            self._touched = True
            return batch
        self._touched = True
        self._backoff.worked()
        await self._forward([receipt for outcome in outcomes for receipt in self._news.of(outcome)])
        unclear = _without_outcome(outcomes)
        return [message for message in batch if message.key in unclear]

    async def _have_time(self) -> None:
        """Return when a call, with its deadline, ends within the lease. Raises LeaseLost."""
        spare = self._limits.lease_seconds - self._limits.deadline_seconds
        if time.monotonic() - self._leased_at < spare / 2:
            return
        self._leased_at = time.monotonic()
        if not await renew_range(self._claim, lease_seconds=self._limits.lease_seconds):
            raise LeaseLost

    async def _give_back_unavailable(self, error: VendorUnavailable) -> None:
        seconds = self._backoff.failed(error.retry_after_seconds)
        _log.warning(
            "vendor takes nothing now", vendor=self._vendor.name, error=str(error), pause_seconds=seconds
        )
        await release_range(self._claim, delay_seconds=0, untouched=not self._touched)

    async def _give_back_in_doubt(self) -> None:
        works = self._backoff.worked_since(self._began_at)
        strikes = dict(self._claim.strikes)
        for key in self._alone:
            strikes[key] = struck(strikes.get(key, 0), vendor_works=works)
        seconds = delay_seconds(self._claim.doubts, self._limits.deadline_seconds)
        await release_in_doubt(self._claim, delay_seconds=seconds, strikes=strikes)

    def _after_doubt(self) -> AfterDoubt:
        return after_doubt(
            self._vendor, first_claimed_at=self._claim.first_claimed_at, now=self._claim.claimed_at
        )

    async def _forward(self, receipts: Sequence[Receipt]) -> None:
        if receipts:
            await forward_or_park(
                self._claim.campaign_id,
                receipts,
                bus=self._bus,
                partitions=self._limits.partitions,
                token=self._claim.token,
            )


def _without_outcome(outcomes: Iterable[Outcome]) -> frozenset[str]:
    return frozenset(outcome.key for outcome in outcomes if outcome.status is OutcomeStatus.UNKNOWN)
