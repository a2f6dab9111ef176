"""The reconciler of deliveries that no message points at any more: it puts them back to work.

Each step asks for all campaigns at once, and by indexes alone: it reads no document that it does not change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Queue
from crm_graphql.campaigns.documents import LAUNCHED, Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import HAS_WORK_FOR_SENDERS, complete_if_ended, has_ended
from crm_graphql.campaigns.messages import PLAN_TURNS
from crm_graphql.core.clock import Clock
from crm_graphql.delivery.documents import (
    Delivery,
    DeliveryReason,
    DeliveryStatus,
    ParkedReceipt,
)
from crm_graphql.delivery.lost_ranges import reopen_ranges
from crm_graphql.delivery.messages import (
    SEND_TURNS,
    Receipt,
    ReceiptStatus,
    receipts_partition,
    receipts_queue,
)
from crm_graphql.delivery.ranges import next_leases, spans_claimed_before
from crm_graphql.delivery.receipts import campaigns_of, forward_receipts
from crm_graphql.delivery.retrying import free_retries
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.turns import TurnQueue

LOST_SECONDS = 60
"""How long nothing may have moved before outcomes count as lost."""
BATCH = 1_000
"""Deliveries or parked receipts that one step takes."""

_FIGURES = dict.fromkeys(
    (
        *("status", "stats.queued", "stats.deferred", "stats.sent"),
        *("planning.done", "planning.lease_until"),
    ),
    1,
)
_RECEIPT = msgspec.msgpack.Decoder(Receipt)
_PARKED_RETRY_SECONDS = 5
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryReconciler:
    """One round over everything that is being delivered. Harmless at any time and any number of times."""

    writer: LedgerWriter
    bus: Bus
    clock: Clock
    partitions: int
    receipt_timeout_seconds: int
    parked_receipt_seconds: int

    async def run(self) -> None:
        """Every step, also when one of them fails; a failure is logged, the next round tries again."""
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self._wake_planners,
            self._wake_senders,
            self._reopen_lost,
            self._time_out_receipts,
            self._complete,
            self._retry_parked,
        )
        for step in steps:
            try:
                await step()
            except BusError as error:
                _log.info("reconciling waits for the bus", step=step.__name__, error=str(error))
            except Exception:
                _log.exception("reconciling failed", step=step.__name__)

    async def _launched(self, **conditions: Any) -> list[Mapping[str, Any]]:
        """Campaigns that may not be over, those that are being sent unless said; of each what the index says:
        their texts and rules are not read."""
        found = Campaign.get_pymongo_collection().find(
            {"status": CampaignStatus.SENDING.value, **conditions}, _FIGURES, hint="launched"
        )
        return await found.to_list()

    async def _wake_planners(self) -> None:
        """Campaigns whose ledger is not whole and that nobody writes."""
        unplanned = await self._launched(**{"planning.done": False})
        now = await database_now()
        free = [row["_id"] for row in unplanned if _is_over(row["planning"].get("lease_until"), now)]
        await self._restore(PLAN_TURNS, [*free, *await free_retries()])

    async def _wake_senders(self) -> None:
        """Campaigns with ranges that nobody holds."""
        queued = await self._launched(**HAS_WORK_FOR_SENDERS, **{"stats.queued": {"$gt": 0}})
        leases = await next_leases([row["_id"] for row in queued])
        now = await database_now()
        await self._restore(SEND_TURNS, [key for key, lease in leases.items() if _is_over(lease, now)])

    async def _restore(self, turns: TurnQueue[Any], waiting: Sequence[ObjectId]) -> None:
        if count := await turns.restore(waiting, bus=self.bus):
            _log.info("work found that no message points at", queue=turns.name, count=count)

    async def _reopen_lost(self) -> None:
        """Ranges that were sent, and whose outcomes a broker took and lost: found by their rows, which wait
        while nothing moves, no range is open, and the writer's queue is empty."""
        quiet_since = await database_now() - timedelta(seconds=LOST_SECONDS)
        quiet = await self._launched(
            **HAS_WORK_FOR_SENDERS,
            **{"planning.done": True, "stats.queued": {"$gt": 0}, "updated_at": {"$lte": quiet_since}},
        )
        deferred = {row["_id"]: row["stats"].get("deferred") or 0 for row in quiet}
        # What waits by itself is not lost.
        quiet = [row for row in quiet if row["stats"]["queued"] > deferred[row["_id"]]]
        leases = await next_leases([row["_id"] for row in quiet])
        by_queue: dict[Queue, list[ObjectId]] = defaultdict(list)
        for row in quiet:
            if row["_id"] not in leases:
                by_queue[receipts_queue(receipts_partition(row["_id"], self.partitions))].append(row["_id"])
        lost = [key for queue, keys in by_queue.items() if not await self.bus.depth(queue) for key in keys]
        count = 0
        for some_wait in (False, True):
            campaigns = [key for key in lost if bool(deferred[key]) is some_wait]
            count += await reopen_ranges(campaigns, limit=BATCH, some_wait=some_wait)
        if count:
            _log.warning("sent ranges without outcomes", campaigns=len(lost), count=count)

    async def _time_out_receipts(self) -> None:
        """Messages that were sent long ago and have no receipt fail with NO_RECEIPT, also of campaigns that
        were stopped since."""
        now = await database_now()
        before = now - timedelta(seconds=self.receipt_timeout_seconds)
        # What was launched since cannot have been sent before; so young campaigns cost nothing here.
        old = await self._launched(
            **{"status": {"$in": LAUNCHED}, "stats.sent": {"$gt": 0}, "launched_at": {"$lte": before}}
        )
        # So do those of which nothing was claimed by then: an index of the ledger's rows by time would slow
        # down each of them, for this alone.
        spans = await spans_claimed_before([row["_id"] for row in old], before)
        for campaign_id, span in spans.items():
            while late := await _sent_before(campaign_id, span, before):
                await self.writer.submit(campaign_id, [_no_receipt(delivery, now) for delivery in late])

    async def _complete(self) -> None:
        for row in await self._launched(**{"planning.done": True, "stats.queued": 0, "stats.sent": 0}):
            if has_ended(row):
                await complete_if_ended(row["_id"], bus=self.bus, clock=self.clock)

    async def _retry_parked(self) -> None:
        """Forward parked receipts whose delivery is known by now; drop those that stay unknown too long."""
        parked = ParkedReceipt.get_pymongo_collection()
        now = await database_now()
        tried_before = now - timedelta(seconds=min(_PARKED_RETRY_SECONDS, self.parked_receipt_seconds))
        while (
            rows := await parked.find({"tried_at": {"$lte": tried_before}})
            .sort("tried_at")
            .limit(BATCH)
            .to_list()
        ):
            forwarded = await self._forward_known(rows)
            too_old = now - timedelta(seconds=self.parked_receipt_seconds)
            gone = [row["_id"] for row in rows if row["_id"] in forwarded or row["parked_at"] <= too_old]
            if dropped := len(gone) - len(forwarded):
                _log.warning("receipts dropped, their deliveries stayed unknown", count=dropped)
            await parked.delete_many({"_id": {"$in": gone}})
            staying = list({row["_id"] for row in rows}.difference(gone))
            await parked.update_many({"_id": {"$in": staying}}, {"$set": {"tried_at": now}})

    async def _forward_known(self, rows: Sequence[Mapping[str, Any]]) -> set[ObjectId]:
        """The rows whose receipts are durable with their writer now. Raises BusError."""
        receipts = {row["_id"]: _RECEIPT.decode(row["receipt"]) for row in rows}
        campaigns = await campaigns_of({receipt.delivery_id for receipt in receipts.values()})
        of_campaign: dict[ObjectId, list[ObjectId]] = defaultdict(list)
        for key, receipt in receipts.items():
            if (campaign_id := campaigns.get(receipt.delivery_id)) is not None:
                of_campaign[campaign_id].append(key)
        for campaign_id, keys in of_campaign.items():
            await forward_receipts(
                campaign_id, [receipts[key] for key in keys], bus=self.bus, partitions=self.partitions
            )
        return {key for keys in of_campaign.values() for key in keys}


async def _sent_before(
    campaign_id: ObjectId, span: tuple[int, int], before: datetime
) -> list[Mapping[str, Any]]:
    first, last = span
    late = Delivery.get_pymongo_collection().find(
        {
            "campaign_id": campaign_id,
            "status": DeliveryStatus.SENT.value,
            "number": {"$gte": first, "$lte": last},
            # When it was written down: by the database's clock, which `sent_at` is not.
            "updated_at": {"$lte": before},
        },
        {"attempt": 1},
        hint="by_status",
        limit=BATCH,
    )
    return await late.to_list()


def _is_over(lease_until: datetime | None, now: datetime) -> bool:
    """Nobody held it before, or not any more."""
    return lease_until is None or lease_until < now


def _no_receipt(delivery: Mapping[str, Any], now: datetime) -> Receipt:
    return Receipt(
        str(delivery["_id"]),
        ReceiptStatus.FAILED,
        now,
        delivery["attempt"],
        DeliveryReason.NO_RECEIPT,
        "No receipt came in the configured time.",
    )
