"""Windows of time in which orders count for campaigns; pure.

Two questions are kept apart. Which campaign an order is credited to: the one that last wrote to the person,
from the moment when the message was handed over. And whether a campaign made a difference: there both arms
are asked alike, all orders from the moment when the person was drawn, whoever else wrote to them and whether
or not the message arrived. Crediting is not effect: only who was held out tells that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.attribution.documents import HELD_OUT
from crm_graphql.delivery.documents import DeliveryReason

Row = Mapping[str, Any]

CLOCKS_DIFFER = timedelta(days=1)
"""By so much a vendor's clock may be wrong about when it took a message."""
CAMPAIGN_FIELDS = {"launched_at": 1, "attribution_days": 1, "holdout": 1, "updated_at": 1}
ROW_FIELDS = dict.fromkeys(
    ("campaign_id", "customer_id", "number", "variant", "drawn", "reason", "sent_at", "created_at"), 1
)


@dataclass(frozen=True, slots=True)
class Credit:
    """A campaign's arm, and the delivery that puts a person into it."""

    campaign: ObjectId
    arm: str | None
    row: ObjectId


def may_count(campaign: Row, first: datetime, last: datetime) -> bool:
    """Whether any order from `first` to `last` can count for the campaign: only those after its launch, and
    before the last thing that happened to it is too long ago."""
    days = timedelta(days=campaign["attribution_days"])
    begins: datetime = campaign["launched_at"] - CLOCKS_DIFFER
    ends: datetime = campaign["updated_at"] + days + CLOCKS_DIFFER
    return begins <= last and first <= ends


def last_touch(at: datetime, rows: Iterable[Row], campaigns: Mapping[ObjectId, Row]) -> Credit | None:
    """What an order at a moment is credited to, of all deliveries to its person: the newest that was handed
    over before, if it is not too old; of two at one moment that of the newest campaign."""
    touches = [row for row in rows if row.get("sent_at") and _within(at, row["sent_at"], campaigns, row)]
    if not touches:
        return None

    def newest(row: Row) -> tuple[Any, ...]:
        key = row["campaign_id"]
        return row["sent_at"], campaigns[key]["launched_at"], key, row["_id"]

    row = max(touches, key=newest)
    return Credit(row["campaign_id"], row.get("variant"), row["_id"])


def compared(at: datetime, rows: Iterable[Row], campaigns: Mapping[ObjectId, Row]) -> list[Credit]:
    """The experiments in whose time an order at a moment falls, of all deliveries to its person. Of two
    people who became one the first in the ledger stands for both."""
    firsts: dict[ObjectId, Row] = {}
    for row in sorted(rows, key=lambda one: one["number"]):
        if _is_drawn(row) and campaigns[row["campaign_id"]].get("holdout"):
            firsts.setdefault(row["campaign_id"], row)
    return sorted(_credits(at, firsts.values(), campaigns), key=lambda credit: credit.campaign)


def _credits(at: datetime, rows: Iterable[Row], campaigns: Mapping[ObjectId, Row]) -> Iterator[Credit]:
    for row in rows:
        if _within(at, row["created_at"], campaigns, row):
            yield Credit(row["campaign_id"], _arm(row), row["_id"])


def _is_drawn(row: Row) -> bool:
    return bool(row.get("drawn")) or row.get("reason") == DeliveryReason.HOLDOUT.value


def _arm(row: Row) -> str | None:
    return HELD_OUT if row.get("reason") == DeliveryReason.HOLDOUT.value else row.get("variant")


def _within(at: datetime, begins: datetime, campaigns: Mapping[ObjectId, Row], row: Row) -> bool:
    days = campaigns[row["campaign_id"]]["attribution_days"]
    return begins <= at < begins + timedelta(days=days)
