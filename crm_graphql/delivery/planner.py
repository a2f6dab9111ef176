"""The planner, which writes a campaign's ledger: customers in pages, each page exactly once, whoever dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.custom import frozen_fields
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import announce, complete_if_ended
from crm_graphql.campaigns.queries import recipients_filter
from crm_graphql.consents.asking import Refusal, Topical, refused_now
from crm_graphql.consents.links import CampaignLinks, link_key
from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.absent import absent_since
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus, SendRange
from crm_graphql.delivery.messages import SEND_TURNS
from crm_graphql.delivery.planning_failures import ends_the_plan
from crm_graphql.delivery.planning_lease import hold_planning, to_be_planned
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.delivery.rendering import template_of
from crm_graphql.delivery.same_addresses import first_of_each
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.mongo.transactions import Transact

PAGE_CUSTOMERS = 1_000
TURN_SECONDS = 1.0
"""After so long a planner gives way to other campaigns."""

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
    public_url: str
    """Where the pages are that links in messages lead to."""

    async def plan(self, campaign_id: ObjectId) -> bool:
        """Write what is missing of the ledger, for a turn, and note when it is whole.

        False when the turn is over before; True when there is nothing to go on with, also when another
        planner is at it, or when the plan has failed for good. Each page is one transaction under the lease's
        token and continues where the last committed one ended: after a crash the next planner goes on so.
        """
        async with hold_planning(campaign_id, lease_seconds=self.lease_seconds) as held:
            if held is None:
                return True
            token, campaign = held
            try:
                is_whole = await _Walk(self, campaign, token).run()
            except LeaseLost:
                _log.info("planning left to another", campaign_id=str(campaign_id))
                return True
            except Exception as error:
                if not await ends_the_plan(error, campaign_id, token, bus=self.bus):
                    raise
                return True
        if is_whole:
            await complete_if_ended(campaign_id, bus=self.bus, clock=self.clock)
        return is_whole


class _Page(NamedTuple):
    """Some customers in the order of their ids, and for each why they are not written to."""

    customers: Sequence[Row]
    refusals: Sequence[Refusal | None]


class _Outcome(NamedTuple):
    """What becomes of a customer: the key of the address that gets the message, or why none does."""

    key: bytes | None
    skipped: DeliveryReason | None


class _Walk:
    """One planner's way through the customers, from where the campaign says."""

    def __init__(self, planner: Planner, campaign: Row, token: str) -> None:
        self._planner = planner
        self._id: ObjectId = campaign["_id"]
        self._guard = to_be_planned(self._id, token)
        self._after: ObjectId | None = campaign["planning"]["after"]
        self._channel = Channel(campaign["channel"])
        self._address_kind = TRAITS[self._channel].address
        self._topic = Topical.of(campaign)
        self._template = template_of(campaign, campaign["message"])
        self._name: str = campaign["name"]
        self._launched_at: datetime = campaign["launched_at"]
        self._links: CampaignLinks | None = None
        self._custom = frozen_fields(campaign)
        is_old = {"created_at": {"$lte": campaign["evaluated_at"]}}
        self._filter = {"$and": [recipients_filter(campaign), is_old]}

    async def run(self) -> bool:
        """True once the whole ledger is written, False when the turn is over before."""
        until = time.monotonic() + TURN_SECONDS
        if self._template.links:
            topic_id = self._topic.id if self._topic else None
            self._links = CampaignLinks(
                self._channel,
                topic_id,
                self._launched_at,
                self._planner.public_url,
                await link_key(),
                self._id,
            )
        page: _Page | None = await self._read_page(self._after)
        while page is not None:
            is_last = len(page.customers) < PAGE_CUSTOMERS
            # The next one is read while this one is written. What people say in between, senders hear.
            following = (
                None
                if is_last or time.monotonic() >= until
                else asyncio.create_task(self._read_page(page.customers[-1]["_id"]))
            )
            try:
                if page.customers:
                    await self._write_page(page)
                page = await following if following else None
            finally:
                if following:
                    await end_tasks([following])
            if is_last:
                await self._finish()
                return True
        return False

    async def _read_page(self, after: ObjectId | None) -> _Page:
        beyond = {} if after is None else {"_id": {"$gt": after}}
        customers = (
            await Customer.get_pymongo_collection()
            .find({**beyond, **self._filter}, self._fields())
            .sort("_id")
            .limit(PAGE_CUSTOMERS)
            .to_list()
        )
        reachable = [(customer, self._address(customer)) for customer in customers]
        return _Page(customers, await refused_now(self._channel, self._topic, reachable))

    def _fields(self) -> dict[str, int]:
        fields = (self._address_kind.field, "time_zone", "is_tracked", *self._template.customer_fields)
        return dict.fromkeys((*fields, self._topic.path(self._channel)) if self._topic else fields, 1)

    async def _write_page(self, read: _Page) -> None:
        page, refusals = read
        reachable = [self._address(customer) for customer in page]
        reasons = [
            DeliveryReason.NO_ADDRESS if address is None else refusal and DeliveryReason[refusal.name]
            for address, refusal in zip(reachable, refusals, strict=True)
        ]
        addresses = [None if reason else address for address, reason in zip(reachable, reasons, strict=True)]
        keys = await first_of_each(self._id, addresses)
        outcomes = [
            _Outcome(key, reason if reason or key else DeliveryReason.DUPLICATE_ADDRESS)
            for key, reason in zip(keys, reasons, strict=True)
        ]

        async def work(session: AsyncClientSession) -> tuple[Row, bool]:
            return await self._store(page, outcomes, session)

        planner = self._planner
        campaign, has_ranges = await planner.locks.transact(self._id, work, transact=planner.transact)
        self._after = page[-1]["_id"]
        await announce(self._id, campaign["revision"], bus=self._planner.bus)
        if has_ranges:
            await self._hint()

    async def _store(
        self, page: Sequence[Row], outcomes: Sequence[_Outcome], session: AsyncClientSession
    ) -> tuple[Row, bool]:
        """Campaign first, for it guards and orders; then the rows and their ranges. Who was erased or
        merged since the page was read is left out."""
        last = page[-1]["_id"]
        since = self._launched_at - SETTLED_AFTER
        if gone := await absent_since(self._id, since, [one["_id"] for one in page], session=session):
            kept = [pair for pair in zip(page, outcomes, strict=True) if pair[0]["_id"] not in gone]
            page, outcomes = [one for one, _ in kept], [outcome for _, outcome in kept]
        queued = sum(outcome.skipped is None for outcome in outcomes)
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
                "$set": {"planning.after": last, "planning.failures": 0},
                "$currentDate": {"updated_at": True},
            },
            projection={"revision": 1, "planning.next_number": 1, "updated_at": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if campaign is None:
            raise LeaseLost
        rows = list(self._rows(page, outcomes, campaign))
        if rows:
            await Delivery.get_pymongo_collection().insert_many(rows, session=session)
        numbers = (row["number"] for row in rows if row["status"] == DeliveryStatus.QUEUED.value)
        ranges = ranges_of(self._id, numbers, self._planner.range_rows)
        if ranges:
            await SendRange.get_pymongo_collection().insert_many(ranges, session=session)
        return campaign, bool(ranges)

    def _rows(
        self, page: Sequence[Row], outcomes: Sequence[_Outcome], campaign: Row
    ) -> Iterator[dict[str, Any]]:
        now = campaign["updated_at"]
        first = campaign["planning"]["next_number"] - len(page)
        for number, (customer, (key, skipped)) in enumerate(zip(page, outcomes, strict=True), first):
            yield {
                "campaign_id": self._id,
                "number": number,
                "customer_id": customer["_id"],
                "channel": self._channel.value,
                "address": self._address(customer),
                "address_key": key,
                "time_zone": customer.get("time_zone"),
                "values": self._template.freeze(
                    customer,
                    campaign_name=self._name,
                    links=self._links.of(customer["_id"]) if self._links else {},
                    custom=self._custom,
                ),
                "status": (DeliveryStatus.SKIPPED if skipped else DeliveryStatus.QUEUED).value,
                "reason": skipped and skipped.value,
                "reason_text": None,
                "attempt": 1,
                "vendor_message_id": None,
                "revision": campaign["revision"],
                "sent_at": None,
                "finished_at": now if skipped else None,
                "created_at": now,
                "updated_at": now,
                **({} if customer.get("is_tracked", True) else {"is_tracked": False}),
            }

    def _address(self, customer: Row) -> str | None:
        """Where the message goes; None without an address, or with a number that nobody can dial."""
        kind = self._address_kind
        address: str | None = customer.get(kind.field)
        return address if address and kind.is_usable(address) else None

    async def _hint(self) -> None:
        """Tell senders that there is work."""
        try:
            await SEND_TURNS.fill(self._id, bus=self._planner.bus)
        except BusError as error:
            _log.warning("senders not told, the reconciler will", campaign_id=str(self._id), error=str(error))

    async def _finish(self) -> None:
        campaign = await Campaign.get_pymongo_collection().find_one_and_update(
            self._guard,
            {
                "$set": {"planning.done": True},
                "$currentDate": {"updated_at": True},
                "$inc": {"revision": 1},
            },
            projection={"revision": 1, "stats": 1},
            return_document=ReturnDocument.AFTER,
        )
        if campaign is None:
            raise LeaseLost
        _log.info("ledger written", campaign_id=str(self._id), total=campaign["stats"]["total"])
        await announce(self._id, campaign["revision"], bus=self._planner.bus)
