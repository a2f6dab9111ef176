"""Retries: failed deliveries of a campaign put back to be sent, page by page, each once, whoever dies.

A retry is noted in the campaign, in the guarded update that opens it again; a planner's turn then walks the
failed rows in the order of the ledger. Each page is one transaction: the rows with their next attempt, ranges
of a wave that hold them, the counts, and how far it came.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import Action, announce, change, wake_planner
from crm_graphql.campaigns.standing import require_campaign
from crm_graphql.campaigns.terms import check_end
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import InvalidInput, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus, SendRange
from crm_graphql.delivery.ledger import stats_moves
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.mongo.document_leases import hold_document
from crm_graphql.mongo.leases import LeaseLost, database_now
from crm_graphql.mongo.transactions import Transact

RETRIED_BY_DEFAULT = (
    DeliveryReason.VENDOR_REJECTED,
    DeliveryReason.NO_RECEIPT,
    DeliveryReason.TEMPLATE_ERROR,
    DeliveryReason.OTHER,
)
RETRIABLE = frozenset({*RETRIED_BY_DEFAULT, DeliveryReason.OUTCOME_UNKNOWN})
"""Never those of whom the receiving side said no, or who called it spam."""
PAGE_ROWS = 1_000
TURN_SECONDS = 1.0

_FAILED = DeliveryStatus.FAILED.value
_log = get_logger(__name__)


async def retry_campaign(
    actor: Actor, key: ObjectId, reasons: Sequence[DeliveryReason] | None, *, bus: Bus
) -> Row:
    """Send failed deliveries of a campaign once more: those that failed by now for one of the reasons; by
    default for any but OUTCOME_UNKNOWN, where the person may have got it. Requires CAMPAIGNS_WRITE.

    Consent and suppressions are asked again when each is sent. Receipts of its earlier attempts change
    nothing any more. Raises NotFound, InvalidInput for a reason that is not sent again, and WrongState with
    the campaign as it stands: also where nothing failed so, or another retry is under way. Durable when it
    returns.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    wanted = _checked(reasons)
    while True:
        campaign = await require_campaign(key, Action.RETRY)
        if not campaign["planning"]["done"]:
            raise WrongState("Its recipients are still being written down.", path=("id",), subject=campaign)
        if campaign.get("retrying") is not None:
            raise WrongState("A retry of it is under way already.", path=("id",), subject=campaign)
        check_end(campaign.get("send_before"), now=await database_now())
        if not await _any_failed(key, wanted):
            message = "No delivery of it failed for these reasons; there is nothing to send again."
            raise WrongState(message, path=("reasons",), subject=campaign)
        row = await change(
            key,
            Action.RETRY,
            {
                "retrying": {"reasons": wanted, "after": -1, "token": None, "lease_until": None},
                "completed_at": None,
            },
            where={"planning.done": True, "retrying": None},
            bus=bus,
        )
        if row is not None:
            await wake_planner(key, bus=bus)
            return row


def _checked(reasons: Sequence[DeliveryReason] | None) -> list[str]:
    chosen = RETRIED_BY_DEFAULT if reasons is None else tuple(dict.fromkeys(reasons))
    if refused := [reason.value for reason in chosen if reason not in RETRIABLE]:
        allowed = ", ".join(reason.value for reason in DeliveryReason if reason in RETRIABLE)
        message = f"What failed or was skipped with {', '.join(refused)} is not sent again; only {allowed}."
        raise InvalidInput(message, path=("reasons",))
    if not chosen:
        raise InvalidInput("Name at least one reason, or leave them out.", path=("reasons",))
    return [reason.value for reason in chosen]


async def _any_failed(key: ObjectId, reasons: Sequence[str]) -> bool:
    row = await Delivery.get_pymongo_collection().find_one(
        {"campaign_id": key, "reason": {"$in": list(reasons)}, "status": _FAILED, "erased": {"$ne": True}},
        {"_id": 1},
        hint="by_reason",
    )
    return row is not None


def _to_be_retried(campaign_id: ObjectId) -> dict[str, Any]:
    return {
        "_id": campaign_id,
        "status": CampaignStatus.SENDING.value,
        "retrying.reasons": {"$exists": True},
    }


async def free_retries() -> list[ObjectId]:
    """Campaigns that are being sent with a retry that nobody is at."""
    found = Campaign.get_pymongo_collection().find(
        {
            "retrying.reasons": {"$exists": True},
            "status": CampaignStatus.SENDING.value,
            "$expr": {"$lt": ["$retrying.lease_until", "$$NOW"]},
        },
        {"_id": 1},
        hint="retrying",
    )
    return [row["_id"] async for row in found]


def _hold(campaign_id: ObjectId, lease_seconds: float) -> AbstractAsyncContextManager[Any]:
    return hold_document(
        Campaign.get_pymongo_collection(),
        _to_be_retried(campaign_id),
        place="retrying",
        lease_seconds=lease_seconds,
    )


@dataclass(frozen=True, slots=True)
class Retries:
    """What putting failed deliveries back needs. `range_rows`: how many messages a sender takes at once."""

    transact: Transact
    bus: Bus
    locks: CampaignLocks
    lease_seconds: float
    range_rows: int

    async def run(self, campaign_id: ObjectId) -> bool:
        """Put back what is missing of the campaign's retry, for a turn. False when the turn is over before;
        True when there is nothing to go on with, also when another is at it, or it was paused."""
        async with _hold(campaign_id, self.lease_seconds) as held:
            if held is None:
                return True
            token, campaign = held
            until = time.monotonic() + TURN_SECONDS
            after: int | None = campaign["retrying"]["after"]
            try:
                while after is not None and time.monotonic() < until:
                    after = await self._page(campaign, token, after)
            except LeaseLost:
                _log.info("retry left to another", campaign_id=str(campaign_id))
                return True
        return after is None

    async def _page(self, campaign: Row, token: str, after: int) -> int | None:
        """Put back the next page; the place it reached, None for the end."""
        reasons = campaign["retrying"]["reasons"]
        found = Delivery.get_pymongo_collection().find(
            {
                "campaign_id": campaign["_id"],
                "status": _FAILED,
                "number": {"$gt": after},
                "reason": {"$in": reasons},
                "erased": {"$ne": True},
            },
            {"number": 1},
            hint="by_status",
            sort=[("number", 1)],
            limit=PAGE_ROWS,
        )
        rows = await found.to_list()
        reached = rows[-1]["number"] if len(rows) == PAGE_ROWS else None

        async def work(session: AsyncClientSession) -> int:
            guard = {**_to_be_retried(campaign["_id"]), "retrying.token": token}
            return await self._store(guard, [row["_id"] for row in rows], reached, reasons, session)

        revision = await self.locks.transact(campaign["_id"], work, transact=self.transact)
        await announce(campaign["_id"], revision, bus=self.bus)
        return reached

    async def _store(
        self,
        guard: Mapping[str, Any],
        keys: Sequence[ObjectId],
        reached: int | None,
        reasons: Sequence[str],
        session: AsyncClientSession,
    ) -> int:
        """Campaign first, for it guards and orders; then what is still as it was read."""
        place = {"retrying": None} if reached is None else {"retrying.after": reached}
        campaign = await Campaign.get_pymongo_collection().find_one_and_update(
            guard,
            {"$inc": {"revision": 1}, "$set": place, "$currentDate": {"updated_at": True}},
            projection={"revision": 1, "updated_at": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if campaign is None:
            raise LeaseLost
        failed = {"_id": {"$in": keys}, "status": _FAILED, "reason": {"$in": reasons}}
        rows = (
            await Delivery.get_pymongo_collection()
            .find(failed, {"number": 1, "variant": 1}, session=session)
            .to_list()
        )
        if rows:
            await self._put_back(campaign, rows, session)
        return int(campaign["revision"])

    async def _put_back(self, campaign: Row, rows: Sequence[Row], session: AsyncClientSession) -> None:
        wave = ObjectId()
        moment: datetime = campaign["updated_at"]
        values: dict[str, Any] = {
            "status": DeliveryStatus.QUEUED.value,
            "wave": wave,
            "put_off": 0,
            "revision": campaign["revision"],
            "updated_at": moment,
            **dict.fromkeys(("reason", "reason_text", "vendor_message_id", "sent_at", "finished_at")),
        }
        await Delivery.get_pymongo_collection().update_many(
            {"_id": {"$in": [row["_id"] for row in rows]}},
            {"$set": values, "$inc": {"attempt": 1}},
            session=session,
        )
        numbers = sorted(row["number"] for row in rows)
        ranges = ranges_of(campaign["_id"], numbers, self.range_rows, wave=wave)
        await SendRange.get_pymongo_collection().insert_many(ranges, session=session)
        moved = stats_moves({"failed": -len(rows), "queued": len(rows)})
        for variant, count in Counter(row.get("variant") for row in rows).items():
            moved |= stats_moves({"failed": -count, "queued": count}, variant) if variant else {}
        await Campaign.get_pymongo_collection().update_one(
            {"_id": campaign["_id"]}, {"$inc": moved}, session=session
        )
