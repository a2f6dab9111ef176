"""The reconciler of deliveries that no message points at any more: it puts them back to work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import complete_if_ended, has_ended
from crm_graphql.campaigns.turns import PLAN_TURNS, TurnQueue
from crm_graphql.core.clock import Clock
from crm_graphql.delivery.documents import (
    Delivery,
    DeliveryReason,
    DeliveryStatus,
    ParkedReceipt,
    RangeState,
    SendRange,
)
from crm_graphql.delivery.messages import (
    SEND_TURNS,
    Receipt,
    ReceiptStatus,
    receipts_partition,
    receipts_queue,
)
from crm_graphql.delivery.ranges import has_free_range, reopen_ranges
from crm_graphql.delivery.receipts import campaigns_of, forward_receipts
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.mongo.leases import database_now

LOST_SECONDS = 60
"""How long nothing may have moved before outcomes count as lost."""
BATCH = 1_000
"""Deliveries or parked receipts that one step takes."""

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

    async def _sending(self, **conditions: Any) -> list[Mapping[str, Any]]:
        return (
            await Campaign.get_pymongo_collection()
            .find(
                {"status": CampaignStatus.SENDING.value, **conditions},
                {"status": 1, "stats": 1, "planning.done": 1},
            )
            .to_list()
        )

    async def _wake_planners(self) -> None:
        """Campaigns whose ledger is not whole and that nobody writes."""
        waiting = await self._sending(
            **{"planning.done": False, "$expr": {"$lt": ["$planning.lease_until", "$$NOW"]}}
        )
        await self._restore(PLAN_TURNS, [row["_id"] for row in waiting])

    async def _wake_senders(self) -> None:
        """Campaigns with ranges that nobody holds."""
        waiting = [row["_id"] for row in await self._sending() if await has_free_range(row["_id"])]
        await self._restore(SEND_TURNS, waiting)

    async def _restore(self, turns: TurnQueue[Any], waiting: Sequence[ObjectId]) -> None:
        if count := await turns.restore(waiting, bus=self.bus):
            _log.info("work found that no message points at", queue=turns.name, count=count)

    async def _reopen_lost(self) -> None:
        """Ranges that were sent, and whose outcomes a broker took and lost: found by their rows, which wait
        while nothing moves, no range is open, and the writer's queue is empty."""
        quiet_since = await database_now() - timedelta(seconds=LOST_SECONDS)
        for row in await self._sending(
            **{"planning.done": True, "stats.queued": {"$gt": 0}, "updated_at": {"$lte": quiet_since}}
        ):
            queue = receipts_queue(receipts_partition(row["_id"], self.partitions))
            is_open = {"campaign_id": row["_id"], "state": RangeState.PENDING.value}
            if await SendRange.get_pymongo_collection().find_one(is_open) or await self.bus.depth(queue):
                continue
            if count := await reopen_ranges(row["_id"], limit=BATCH):
                _log.warning("sent ranges without outcomes", campaign_id=str(row["_id"]), count=count)

    async def _time_out_receipts(self) -> None:
        """Messages that were sent long ago and have no receipt fail with NO_RECEIPT."""
        now = await database_now()
        before = now - timedelta(seconds=self.receipt_timeout_seconds)
        # What was launched since cannot have been sent before; so young campaigns cost nothing here.
        for row in await self._sending(**{"stats.sent": {"$gt": 0}, "launched_at": {"$lte": before}}):
            while late := await _sent_before(row["_id"], before):
                await self.writer.submit(row["_id"], [_no_receipt(delivery, now) for delivery in late])

    async def _complete(self) -> None:
        for row in await self._sending(**{"planning.done": True, "stats.queued": 0, "stats.sent": 0}):
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
            await parked.update_many(
                {"_id": {"$in": [row["_id"] for row in rows]}}, {"$set": {"tried_at": now}}
            )
            await parked.delete_many({"_id": {"$in": gone}})

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


async def _sent_before(campaign_id: ObjectId, before: datetime) -> list[Mapping[str, Any]]:
    return (
        await Delivery.get_pymongo_collection()
        .find(
            {
                "campaign_id": campaign_id,
                "status": DeliveryStatus.SENT.value,
                # When it was written down: by the database's clock, which `sent_at` is not.
                "updated_at": {"$lte": before},
            },
            {"attempt": 1},
        )
        .limit(BATCH)
        .to_list()
    )


def _no_receipt(delivery: Mapping[str, Any], now: datetime) -> Receipt:
    return Receipt(
        str(delivery["_id"]),
        ReceiptStatus.FAILED,
        now,
        delivery["attempt"],
        DeliveryReason.NO_RECEIPT,
        "No receipt came in the configured time.",
    )
