"""The planner, which writes a campaign's ledger: customers in pages, each page exactly once, whoever dies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.audiences.compile import select_customers
from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import announce, complete_if_ended
from crm_graphql.campaigns.messages import PLAN_QUEUE, CampaignPlan
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.clock import Clock
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus, SendRange
from crm_graphql.delivery.messages import SEND_QUEUE, CampaignSend
from crm_graphql.delivery.planning_lease import hold_planning, to_be_planned
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.delivery.rendering import template_of
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.mongo.transactions import Transact

PAGE_CUSTOMERS = 1_000
TURN_SECONDS = 60.0
"""After so long a planner gives way, so that no message is in hand for hours."""
HINTS_A_PAGE = 4


_log = get_logger(__name__)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning needs. `range_rows`: how many messages a sender takes at once."""

    transact: Transact
    bus: Bus
    clock: Clock
    locks: CampaignLocks
    lease_seconds: float
    range_rows: int

    async def plan(self, campaign_id: ObjectId) -> None:
        """Write what is missing of the ledger, then note that it is whole.

        Returns at once when another planner is at it. Each page is one transaction under the lease's token
        and continues where the last committed one ended: after a crash the next planner goes on exactly.
        """
        async with hold_planning(campaign_id, lease_seconds=self.lease_seconds) as held:
            if held is None:
                return
            token, campaign = held
            try:
                is_whole = await _Walk(self, campaign, token).run()
            except LeaseLost:
                _log.info("planning left to another", campaign_id=str(campaign_id))
                return
        if is_whole:
            await complete_if_ended(campaign_id, bus=self.bus, clock=self.clock)
        else:
            await self.bus.publish(PLAN_QUEUE, CampaignPlan(campaign_id=str(campaign_id)))


class _Walk:
    """One planner's way through the customers, from where the campaign says."""

    def __init__(self, planner: Planner, campaign: Row, token: str) -> None:
        self._planner = planner
        self._id: ObjectId = campaign["_id"]
        self._guard = to_be_planned(self._id, token)
        self._after: ObjectId | None = campaign["planning"]["after"]
        self._channel = Channel(campaign["channel"])
        self._template = template_of(campaign)
        self._name: str = campaign["name"]
        self._filter = {
            "$and": [
                select_customers(campaign["rule"], campaign["evaluated_at"]),
                {"created_at": {"$lte": campaign["evaluated_at"]}},
            ]
        }

    async def run(self) -> bool:
        """True once the whole ledger is written, False when the turn is over before."""
        until = time.monotonic() + TURN_SECONDS
        while time.monotonic() < until:
            page = await self._read_page()
            if page:
                await self._write_page(page)
            if len(page) < PAGE_CUSTOMERS:
                await self._finish()
                return True
        return False

    async def _read_page(self) -> Sequence[Row]:
        beyond = {} if self._after is None else {"_id": {"$gt": self._after}}
        return (
            await Customer.get_pymongo_collection()
            .find({**beyond, **self._filter}, self._fields())
            .sort("_id")
            .limit(PAGE_CUSTOMERS)
            .to_list()
        )

    def _fields(self) -> dict[str, int]:
        return dict.fromkeys((TRAITS[self._channel].address.field, *self._template.customer_fields), 1)

    async def _write_page(self, page: Sequence[Row]) -> None:
        async def work(session: AsyncClientSession) -> tuple[Row, list[dict[str, Any]]]:
            return await self._store(page, session)

        async with self._planner.locks.of(self._id):
            campaign, ranges = await self._planner.transact(work)
        self._after = page[-1]["_id"]
        await announce(self._id, campaign["revision"], bus=self._planner.bus)
        if ranges:
            await self._hint(min(len(ranges), HINTS_A_PAGE))

    async def _store(
        self, page: Sequence[Row], session: AsyncClientSession
    ) -> tuple[Row, list[dict[str, Any]]]:
        """Campaign first, for it guards and orders; then the rows and their ranges."""
        queued = sum(1 for customer in page if self._address(customer))
        now = self._planner.clock.now()
        campaign = await Campaign.get_pymongo_collection().find_one_and_update(
            {**self._guard, "planning.after": self._after},
            {
                "$inc": {
                    "revision": 1,
                    "planning.next_number": len(page),
                    "stats.total": len(page),
                    "stats.queued": queued,
                    "stats.skipped": len(page) - queued,
                },
                "$set": {"planning.after": page[-1]["_id"], "updated_at": now},
            },
            projection={"revision": 1, "planning.next_number": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if campaign is None:
            raise LeaseLost
        rows = list(self._rows(page, campaign))
        await Delivery.get_pymongo_collection().insert_many(rows, session=session)
        numbers = (row["number"] for row in rows if row["status"] == DeliveryStatus.QUEUED.value)
        ranges = ranges_of(self._id, numbers, self._planner.range_rows)
        if ranges:
            await SendRange.get_pymongo_collection().insert_many(ranges, session=session)
        return campaign, ranges

    def _rows(self, page: Sequence[Row], campaign: Row) -> Iterator[dict[str, Any]]:
        now = self._planner.clock.now()
        first = campaign["planning"]["next_number"] - len(page)
        for number, customer in enumerate(page, first):
            address = self._address(customer)
            yield {
                "campaign_id": self._id,
                "number": number,
                "customer_id": customer["_id"],
                "channel": self._channel.value,
                "address": address,
                "values": self._template.freeze(customer, campaign_name=self._name),
                "status": (DeliveryStatus.QUEUED if address else DeliveryStatus.SKIPPED).value,
                "reason": None if address else DeliveryReason.NO_ADDRESS.value,
                "reason_text": None,
                "attempt": 1,
                "vendor_message_id": None,
                "revision": campaign["revision"],
                "sent_at": None,
                "finished_at": None if address else now,
                "created_at": now,
                "updated_at": now,
            }

    def _address(self, customer: Row) -> str | None:
        """Where the message goes; None without an address, or with a number that nobody can dial."""
        kind = TRAITS[self._channel].address
        address: str | None = customer.get(kind.field)
        return address if address and kind.is_usable(address) else None

    async def _hint(self, count: int) -> None:
        """Tell senders that there is work. Not one message a range: each takes ranges until none is left."""
        try:
            await self._planner.bus.publish(
                SEND_QUEUE, *[CampaignSend(campaign_id=str(self._id)) for _ in range(count)]
            )
        except BusError as error:
            _log.warning("senders not told, the reconciler will", campaign_id=str(self._id), error=str(error))

    async def _finish(self) -> None:
        now = self._planner.clock.now()
        campaign = await Campaign.get_pymongo_collection().find_one_and_update(
            self._guard,
            {"$set": {"planning.done": True, "updated_at": now}, "$inc": {"revision": 1}},
            projection={"revision": 1, "stats": 1},
            return_document=ReturnDocument.AFTER,
        )
        if campaign is None:
            raise LeaseLost
        _log.info("ledger written", campaign_id=str(self._id), total=campaign["stats"]["total"])
        await announce(self._id, campaign["revision"], bus=self._planner.bus)
