"""Settling of bounces: what they lead to, for as long as they are open. Any number of times is once.

Each step may be the last that a process does: what is open is found again, and nothing of it counts twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne
from structlog import get_logger

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bounces.judging import JUDGED_BY, judge
from crm_graphql.bus.port import Bus
from crm_graphql.consents.addresses import compared, hash_key, hashed
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.webhooks.port import Returned

Place = tuple[Channel, str | None]
"""A channel, and an address on it as it is compared."""

AT_ONCE = 500
"""Bounces that one piece of work takes."""

_HARD = frozenset({Returned.HARD, Returned.COMPLAINT})
_FORGOTTEN = {"customer_id": None, "address": None, "address_key": None, "text": None}
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """An open bounce, and what the ledger knows of its message."""

    row: Row
    delivery: Row | None

    @property
    def kind(self) -> Returned:
        return Returned(self.row["kind"])

    @property
    def channel(self) -> Channel:
        return Channel((self.delivery or self.row)["channel"])

    @property
    def address(self) -> str | None:
        """As it is compared; None where it was erased."""
        address = self.row["address"] if self.delivery is None else self.delivery.get("address")
        return compared(address) if address else None

    @property
    def is_erased(self) -> bool:
        return bool(self.delivery and self.delivery.get("erased"))

    def facts(self, key: bytes) -> Mapping[str, Any]:
        """What is stored of it beside what came in."""
        if self.delivery is None:
            return {"address_key": hashed(self.address, key) if self.address else None}
        facts = {
            "channel": self.channel.value,
            "campaign_id": self.delivery["campaign_id"],
            "sent_at": self.delivery.get("sent_at") or self.row["at"],
        }
        if self.is_erased:
            return {**facts, **_FORGOTTEN}
        address_key = hashed(self.address, key) if self.address else None
        return {**facts, "customer_id": self.delivery["customer_id"], "address_key": address_key}


async def settle_open(*, settings: Settings, bus: Bus, clock: Clock) -> int:
    """Settle what is open now, the oldest first; how many bounces that was.

    One whose message the ledger does not know yet stays open as long as a receipt would.
    """
    count = 0
    after: Row | None = None
    while rows := await _open_rows(after):
        after = rows[-1]
        known = await _known(rows, clock.now() - timedelta(seconds=settings.parked_receipt_seconds))
        await _settle(known, settings=settings, bus=bus, clock=clock)
        count += len(known)
        if len(rows) < AT_ONCE:
            break
    return count


async def _open_rows(after: Row | None) -> Sequence[Row]:
    later: dict[str, Any] = {}
    if after is not None:
        same = {"at": after["at"], "_id": {"$gt": after["_id"]}}
        later = {"$or": [same, {"at": {"$gt": after["at"]}}]}
    found = Bounce.get_pymongo_collection().find(
        {"is_open": True, **later}, hint="open", sort=[("at", 1), ("_id", 1)]
    )
    return await found.limit(AT_ONCE).to_list()


async def _known(rows: Sequence[Row], given_up_before: datetime) -> list[Known]:
    ids = [row["delivery_id"] for row in rows if row["delivery_id"]]
    found = Delivery.get_pymongo_collection().find(
        {"_id": {"$in": ids}},
        dict.fromkeys(("campaign_id", "customer_id", "channel", "address", "sent_at", "erased"), 1),
    )
    deliveries = {row["_id"]: row async for row in found}
    known = [Known(row, deliveries.get(row["delivery_id"])) for row in rows]
    return [
        one
        for one in known
        if one.delivery or one.row["delivery_id"] is None or one.row["at"] <= given_up_before
    ]


async def _settle(known: Sequence[Known], *, settings: Settings, bus: Bus, clock: Clock) -> None:
    if not known:
        return
    key = await hash_key()
    bounces = Bounce.get_pymongo_collection()
    await bounces.bulk_write(
        [UpdateOne({"_id": one.row["_id"]}, {"$set": one.facts(key)}) for one in known], ordered=False
    )
    suppressed = await _suppress(known, await _too_soft(known, key, settings, clock.now()), clock.now())
    touched = {one.delivery["campaign_id"] for one in known if one.delivery and one.kind in JUDGED_BY}
    for campaign_id in sorted(touched):
        await judge(campaign_id, settings=settings, bus=bus, clock=clock)
    for one in known:
        if one.kind is Returned.POLICY:
            _log.error("a message was refused by policy", code=one.row["code"], bounce=str(one.row["_id"]))
    await _forget_erased(known, suppressed)
    await bounces.bulk_write([_closing(one, suppressed) for one in known], ordered=False)


def _closing(one: Known, suppressed: Mapping[Place, ObjectId]) -> UpdateOne:
    leads = one.kind in _HARD or one.kind is Returned.SOFT
    suppression_id = suppressed.get(_place(one)) if leads else None
    values = {"is_open": False, "address": None, "suppression_id": suppression_id}
    return UpdateOne({"_id": one.row["_id"]}, {"$set": values})


def _place(one: Known) -> Place:
    return one.channel, one.address


async def _too_soft(known: Sequence[Known], key: bytes, settings: Settings, now: datetime) -> set[Place]:
    """The places of which so many messages came back that they are given up."""
    since = now - timedelta(days=settings.soft_bounce_days)
    places = {_place(one) for one in known if one.kind is Returned.SOFT and one.address}
    if not settings.soft_bounces:
        return set()
    return {
        (channel, address)
        for channel, address in places
        if address
        and await Bounce.get_pymongo_collection().count_documents(
            {"address_key": hashed(address, key), "kind": Returned.SOFT.value, "at": {"$gte": since}},
            limit=settings.soft_bounces,
            hint="of_address",
        )
        >= settings.soft_bounces
    }


async def _suppress(
    known: Sequence[Known], too_soft: Collection[Place], now: datetime
) -> dict[Place, ObjectId]:
    """The suppressions of those that are to be, by place."""
    wanted: dict[tuple[Channel, SuppressionReason], set[str]] = {}
    for one in known:
        address = one.address
        if address and (one.kind in _HARD or (one.kind is Returned.SOFT and _place(one) in too_soft)):
            complained = one.kind is Returned.COMPLAINT
            reason = SuppressionReason.COMPLAINED if complained else SuppressionReason.BOUNCED
            wanted.setdefault((one.channel, reason), set()).add(address)
    suppressed: dict[Place, ObjectId] = {}
    for (channel, reason), addresses in wanted.items():
        rows = await suppress(channel, addresses, reason, now=now)
        suppressed |= {(channel, address): row["_id"] for address, row in rows.items()}
    return suppressed


async def _forget_erased(known: Sequence[Known], suppressed: Mapping[Place, ObjectId]) -> None:
    """Take back what was written of people who were erased since their deliveries were read."""
    by_delivery = {one.delivery["_id"]: one for one in known if one.delivery and not one.is_erased}
    erased = Delivery.get_pymongo_collection().find(
        {"_id": {"$in": list(by_delivery)}, "erased": True}, {"_id": 1}
    )
    gone = [by_delivery[row["_id"]] async for row in erased]
    if not gone:
        return
    ids = [one.row["_id"] for one in gone]
    await Bounce.get_pymongo_collection().update_many({"_id": {"$in": ids}}, {"$set": _FORGOTTEN})
    closed = [suppressed[_place(one)] for one in gone if _place(one) in suppressed]
    await Suppression.get_pymongo_collection().update_many(
        {"_id": {"$in": closed}}, {"$set": {"address": None}}
    )
