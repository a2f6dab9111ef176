"""One claimed range on its way to the vendor: who may be sent to now, who waits, and how the range ends."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.lifecycle import hold_campaign
from crm_graphql.core.clock import Clock
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.calls import Calls, HandoverLimits, Interrupted, without_outcome
from crm_graphql.delivery.common import Common
from crm_graphql.delivery.doubt import (
    AfterDoubt,
    CallSizes,
    after_doubt,
    delay_seconds,
    struck,
)
from crm_graphql.delivery.doubtful import end_hopeless, end_refused
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.not_taken import NOT_TAKEN, NotTaken
from crm_graphql.delivery.pace import Pace
from crm_graphql.delivery.ranges import (
    Claim,
    finish_range,
    queued_rows,
    release_in_doubt,
    release_range,
    split_range,
)
from crm_graphql.delivery.refusing import ended, key_of, without_refused
from crm_graphql.delivery.rendering import outgoing
from crm_graphql.delivery.sending_rules import SendingRules
from crm_graphql.delivery.vendors.choose import Carrier
from crm_graphql.delivery.vendors.port import OutgoingMessage, VendorAccountFault, VendorUnavailable
from crm_graphql.delivery.waiting import Deferral, Waiting
from crm_graphql.mongo.leases import LeaseLost

_ROW_FIELDS = (
    *("number", "customer_id", "address", "values", "attempt", "time_zone", "put_off"),
    *("created_at", "is_tracked", "variant"),
)
_NOTHING_COMMON = Common()
_log = get_logger(__name__)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HandoverTools:
    """What handing over needs of its process."""

    bus: Bus
    clock: Clock
    limits: HandoverLimits
    slices: Slices
    waiting: Waiting


async def _nothing() -> None:
    pass


class Handover:
    """Sends what is still queued of one claimed range, once.

    Ends with each message of the range sent (its outcome durable on its way to the writer), put aside until a
    moment of its own, or given back. Dies without a trace at any point: the lease then runs out, and whoever
    claims next knows that the vendor may have had the messages.
    """

    def __init__(
        self,
        claim: Claim,
        campaign: Row,
        *,
        carrier: Carrier,
        rules: SendingRules,
        tools: HandoverTools,
        paces: Sequence[Pace] = (),
        common: Common = _NOTHING_COMMON,
    ) -> None:
        self._claim = claim
        self._campaign = campaign
        self._common = common
        self._carrier = carrier
        self._rules = rules
        self._tools = tools
        self._nearly_done: Callable[[], Awaitable[None]] = _nothing
        self._news = News(tools.clock, sends_receipts=carrier.vendor.sends_receipts)
        self._began_at = time.monotonic()
        self._calls = Calls(
            claim,
            vendor=carrier.vendor,
            backoff=carrier.backoff,
            bus=tools.bus,
            news=self._news,
            limits=tools.limits,
            paces=paces,
        )
        self._rows: dict[str, Row] = {}
        """Those that are sent, by the vendor's key."""
        self._left: Sequence[OutgoingMessage] | None = None
        """What was surely not handed over under this claim; None while that is all."""
        self._account_fault: str | None = None
        self._doubtful: list[OutgoingMessage] = []
        """What may have been taken, and nothing is known of."""
        self._alone: set[str] = set()
        """Keys of messages that had no clear answer though nothing else can be to blame."""

    async def run(self, *, nearly_done: Callable[[], Awaitable[None]] = _nothing) -> None:
        """Send. Never raises for a vendor that is away or unclear, nor for a campaign that is paused.

        `nearly_done` is called before the last call to the vendor, if there is any.
        """
        self._nearly_done = nearly_done
        try:
            await self._send_all(await self._ready())
        except LeaseLost:
            _log.warning("range left to another", campaign_id=str(self._claim.campaign_id))
            return
        except Interrupted:
            await self._give_rest_back()
            return
        except VendorUnavailable as error:
            await self._leave_alone(error)
            await self._give_rest_back()
            return
        await self._finish()

    async def _ready(self) -> Sequence[OutgoingMessage]:
        """The messages that may be sent now. All others have an end, or wait."""
        rows = await queued_rows(self._claim, _ROW_FIELDS)
        if (end := self._rules.end) is not None:
            await end_refused(ended(rows, end), self._claim, self._calls, self._news)
            return ()
        allowed, refused = await without_refused(self._campaign, rows)
        await end_refused(refused, self._claim, self._calls, self._news)
        if not self._gives_up:
            allowed = await self._without_sleepers(allowed)
        messages, receipts = await self._render(allowed)
        await self._calls.forward(receipts)
        messages = await end_hopeless(messages, self._claim, self._calls, self._news)
        rows_by_key = {key_of(row): row for row in allowed}
        self._rows = {message.key: rows_by_key[message.key] for message in messages}
        if self._gives_up:
            return messages
        self._calls.end_after(self._rules.seconds_left(self._rows.values()))
        return await self._with_room(messages)

    async def _without_sleepers(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Put those aside to whom it is quiet; the others."""
        until = [(row, self._rules.quiet_until(row)) for row in rows]
        await self._defer([Deferral.of(row, moment) for row, moment in until if moment])
        return [row for row, moment in until if moment is None]

    async def _with_room(self, messages: Sequence[OutgoingMessage]) -> Sequence[OutgoingMessage]:
        """Put those aside who were written to too often lately; the others, who are counted now."""
        late = await self._rules.reserve_room(list(self._rows.values()))
        rows = {row["_id"]: row for row in self._rows.values()}
        await self._defer([Deferral.of(rows[key], moment) for key, moment in late.items()])
        return [message for message in messages if self._rows[message.key]["_id"] not in late]

    async def _defer(self, deferrals: Sequence[Deferral]) -> None:
        since = self._claim.first_claimed_at if self._claim.is_repeat else None
        if deferrals:
            await self._tools.waiting.defer(self._claim, deferrals, doubtful_since=since)

    async def _render(self, rows: Sequence[Row]) -> tuple[Sequence[OutgoingMessage], list[Receipt]]:
        """The messages to send, and news of those whose template fails or leaves nothing to send."""
        rendered = await self._tools.slices.each(
            rows, lambda row: outgoing(self._campaign, row, key_of(row), self._news, self._common)
        )
        return (
            [message for message in rendered if isinstance(message, OutgoingMessage)],
            [receipt for receipt in rendered if isinstance(receipt, Receipt)],
        )

    async def _send_all(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send the messages, and forward each answer. Raises Interrupted, VendorUnavailable and LeaseLost;
        what was answered before is forwarded then."""
        if self._claim.is_repeat and messages:
            if self._gives_up:
                self._doubtful = list(messages)
                self._left = ()
                return
            if self._after_doubt is AfterDoubt.LOOK_UP:
                known = await self._calls.look_up([message.key for message in messages])
                unclear = without_outcome(known.values())
                self._alone |= unclear
                self._doubtful += [message for message in messages if message.key in unclear]
                messages = [message for message in messages if message.key not in known]
        self._left = messages
        sizes = CallSizes(len(messages), doubts=self._claim.doubts, batch_limit=self._calls.size)
        while self._left and sizes.go_on:
            batch = self._left[: sizes.size]
            if len(batch) == len(self._left):
                await self._nearly_done()
            unclear_here = await self._send_batch(batch)
            sizes.note(answered=len(unclear_here) < len(batch))
            if len(batch) == 1 or len(unclear_here) < len(batch):
                self._alone.update(message.key for message in unclear_here)
            self._doubtful += unclear_here
            if self._account_fault is not None:
                raise VendorAccountFault(self._account_fault)
        if self._left:
            # The vendor may be ill: what was never handed over waits with what was.
            self._doubtful += self._left
            self._left = ()

    async def _send_batch(self, batch: Sequence[OutgoingMessage]) -> Sequence[OutgoingMessage]:
        """One call; the messages of which nothing is known afterwards."""
        outcomes = await self._calls.send(batch)
        assert self._left is not None
        self._left = self._left[len(batch) :]
        if outcomes is None:
            return batch
        if any(outcome.status in NOT_TAKEN for outcome in outcomes):
            await self._keep(NotTaken.of(outcomes, self._rows, self._rules, self._now))
        unclear = without_outcome(outcomes)
        return [message for message in batch if message.key in unclear]

    async def _keep(self, not_taken: NotTaken) -> None:
        """What the vendor did not take waits where it may, and is not counted as sent."""
        if not_taken.deferrals:
            await self._tools.waiting.defer(self._claim, not_taken.deferrals, doubtful_since=None)
        await self._calls.forward([self._news.failed(*one) for one in not_taken.given_up])
        await self._rules.give_room_back(not_taken.rows)
        self._account_fault = not_taken.account_fault

    async def _leave_alone(self, error: VendorUnavailable) -> None:
        """Whatever keeps the vendor from sending, it is not the fault of those who wait."""
        if isinstance(error, VendorAccountFault):
            await hold_campaign(self._claim.campaign_id, str(error), bus=self._tools.bus)
            return
        seconds = self._carrier.backoff.failed(error.retry_after_seconds)
        name = self._carrier.vendor.name
        _log.warning("vendor takes nothing now", vendor=name, error=str(error), pause_seconds=seconds)

    async def _give_rest_back(self) -> None:
        """Give back what was not handed over, as never claimed, and end what was as ever."""
        if self._left is None or len(self._left) == len(self._rows):
            await self._give_room_back(self._rows)
            await release_range(self._claim, delay_seconds=0, untouched=True)
            return
        if self._left:
            await self._give_room_back([message.key for message in self._left])
            first = self._rows[self._left[0].key]["number"]
            self._claim = await split_range(self._claim, first, transact=self._tools.waiting.transact)
        await self._finish()

    async def _give_room_back(self, keys: Collection[str]) -> None:
        # Who had the range before may have handed over what this one did not.
        if not self._claim.is_repeat:
            await self._rules.give_room_back([self._rows[key] for key in keys])

    async def _finish(self) -> None:
        """End the range, all of whose messages were handed over."""
        if not self._doubtful:
            await finish_range(self._claim)
        elif self._after_doubt is AfterDoubt.GIVE_UP:
            await self._calls.forward([self._news.unknown(message.key) for message in self._doubtful])
            await finish_range(self._claim)
        else:
            await self._give_back_in_doubt()

    async def _give_back_in_doubt(self) -> None:
        works = self._carrier.backoff.worked_since(self._began_at)
        strikes = dict(self._claim.strikes)
        for key in self._alone:
            strikes[key] = struck(strikes.get(key, 0), vendor_works=works)
        seconds = delay_seconds(self._claim.doubts, self._tools.limits.deadline_seconds)
        await release_in_doubt(self._claim, delay_seconds=seconds, strikes=strikes)

    @property
    def _now(self) -> datetime:
        return self._claim.claimed_at + timedelta(seconds=time.monotonic() - self._began_at)

    @property
    def _after_doubt(self) -> AfterDoubt:
        return after_doubt(
            self._carrier.vendor, first_claimed_at=self._claim.first_claimed_at, now=self._claim.claimed_at
        )

    @property
    def _gives_up(self) -> bool:
        """Whether nothing more can be found out of messages that somebody may have handed over."""
        return self._claim.is_repeat and self._after_doubt is AfterDoubt.GIVE_UP
