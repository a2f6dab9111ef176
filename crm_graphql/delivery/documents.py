"""The ledger, the ranges that senders claim, receipts that wait, and what holds sending back."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.channels import Channel

CAP_KEPT_DAYS = 366
"""So long it is kept when somebody was last written to: longer than any frequency cap."""


class DeliveryStatus(Enum):
    """How far one message is: QUEUED, SENT, then DELIVERED or FAILED; SKIPPED is not sent on purpose."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class DeliveryReason(Enum):
    """Why a delivery failed or was skipped."""

    NO_ADDRESS = "NO_ADDRESS"
    DUPLICATE_ADDRESS = "DUPLICATE_ADDRESS"
    SUPPRESSED = "SUPPRESSED"
    NO_CONSENT = "NO_CONSENT"
    FREQUENCY_CAP = "FREQUENCY_CAP"
    CANCELLED = "CANCELLED"
    ERASED = "ERASED"
    EXPIRED = "EXPIRED"
    HOLDOUT = "HOLDOUT"
    TEMPLATE_ERROR = "TEMPLATE_ERROR"
    VENDOR_REJECTED = "VENDOR_REJECTED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"
    NO_RECEIPT = "NO_RECEIPT"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    OTHER = "OTHER"


def _ascending(*names: str) -> list[tuple[str, int]]:
    """The key of an index."""
    return [(name, ASCENDING) for name in names]


class Delivery(Document):
    """One row of the ledger: this customer, this campaign, once.

    `address` and `values` (what the template uses) are frozen when the row is written: sent again, the
    bytes are the same. `revision` is the campaign's at the row's last change; `segments` are an SMS's.
    """

    campaign_id: PydanticObjectId
    number: int
    customer_id: PydanticObjectId | None
    channel: Channel
    address: str | None = None
    address_key: bytes | None = None
    """Of the first row with its address; see `same_addresses.py`. Erasing the address erases it too."""
    values: dict[str, Any] = Field(default_factory=dict)
    status: DeliveryStatus
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    erased: bool = False
    """Its customer was erased: what names the person is gone for good."""
    attempt: int = 1
    variant: str | None = None
    drawn: bool = False
    """It is to be compared with those of its campaign who are held out."""
    time_zone: str | None = None
    """The recipient's, as it was planned; None: the deployment's."""
    not_before: datetime | None = None
    """Until then it waits by itself, outside of any range; only a QUEUED one does."""
    wave: PydanticObjectId | None = None
    """Which ranges it is sent by: None for those of the plan, else those that were made when it was due."""
    doubtful_since: datetime | None = None
    """Where it waits though a vendor may have had it before: since when at the earliest."""
    put_off: int = 0
    """How often the vendor said to come again later."""
    vendor_message_id: str | None = None
    segments: int | None = None
    has_complained: bool = False
    """The person called it spam; it may have arrived all the same."""
    unsubscribed_at: datetime | None = None
    """When the person first said no by a link in it."""
    revision: int
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    is_tracked: bool = True
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "deliveries"
        indexes: ClassVar[list[IndexModel]] = [
            # Each person once; the planner's guard.
            IndexModel(
                [("campaign_id", ASCENDING), ("customer_id", ASCENDING)], name="customer", unique=True
            ),
            # Each address once; whose address somebody has already.
            IndexModel(
                [("campaign_id", ASCENDING), ("address_key", ASCENDING)],
                name="address",
                unique=True,
                partialFilterExpression={"address_key": {"$type": "binData"}},
            ),
            # A sender's range; a campaign's deliveries in the order of the ledger.
            IndexModel([("campaign_id", ASCENDING), ("number", ASCENDING)], name="number", unique=True),
            # What changed since a cursor.
            IndexModel(_ascending("campaign_id", "revision", "_id"), name="revision"),
            # A campaign's deliveries by status, and what waits too long for a receipt.
            IndexModel(_ascending("campaign_id", "status", "number"), name="by_status"),
            # A campaign's deliveries by what kept them back; most have no such reason.
            IndexModel(
                [("campaign_id", ASCENDING), ("reason", ASCENDING), ("number", ASCENDING)],
                name="by_reason",
                partialFilterExpression={"reason": {"$gt": ""}},
            ),
            # What went wrong, by the last change. Most rows are of other states: there the log above serves,
            # and an index of all states would cost the writer a tenth to a sixth of its rate.
            IndexModel(
                _ascending("campaign_id", "status", "revision", "_id"),
                name="by_change",
                partialFilterExpression={"status": {"$in": ["FAILED", "SKIPPED"]}},
            ),
            # What waits by itself and is due, or when the next will be.
            IndexModel(
                [("campaign_id", ASCENDING), ("not_before", ASCENDING), ("number", ASCENDING)],
                name="due",
                partialFilterExpression={"not_before": {"$type": "date"}},
            ),
            # How many failed or were skipped for which cause, from the index alone.
            IndexModel(
                _ascending("campaign_id", "status", "reason", "reason_text"),
                name="causes",
                partialFilterExpression={"status": {"$in": ["FAILED", "SKIPPED"]}},
            ),
            # A customer's deliveries, newest first.
            IndexModel([("customer_id", ASCENDING), ("_id", DESCENDING)], name="of_customer"),
            # What a customer opened and followed, newest first; most messages are neither.
            *(
                IndexModel(
                    [("customer_id", ASCENDING), (f"{name}_at", DESCENDING), ("_id", DESCENDING)],
                    name=name,
                    partialFilterExpression={f"{name}_at": {"$type": "date"}},
                )
                for name in ("opened", "clicked")
            ),
        ]


class RangeState(Enum):
    """Whether a range still has to be sent."""

    PENDING = "PENDING"
    DONE = "DONE"


class SendRange(Document):
    """The rows `first` to `last` (numbers, both included) of a campaign, claimed whole by one sender.

    `claims` counts how often it was claimed: from the second on, an earlier sender may have sent it. A range
    that is given back for later is not held by anyone until `lease_until`. One of a wave holds the rows with
    these `numbers` only, which lie scattered.
    """

    campaign_id: PydanticObjectId
    first: int
    last: int
    wave: PydanticObjectId | None = None
    numbers: list[int] | None = None
    state: RangeState = RangeState.PENDING
    claims: int = 0
    token: str | None = None
    lease_until: datetime | None = None
    holds: int = 0
    """Grows with what is done under a claim that must not be done under two."""
    first_claimed_at: datetime | None = None
    """When a sender may first have handed it over: from then on the vendor's time of deduping runs."""
    claimed_at: datetime | None = None
    doubts: int = 0
    """How often it was given back because the vendor's answer was missing."""
    strikes: dict[str, int] = Field(default_factory=dict)
    """By a message's key: how much speaks for its being at fault; see `doubt.py`."""

    class Settings:
        """Collection and indexes."""

        name = "send_ranges"
        indexes: ClassVar[list[IndexModel]] = [
            # One a stretch of numbers in a wave, however often the page is written.
            IndexModel(
                [("campaign_id", ASCENDING), ("wave", ASCENDING), ("first", ASCENDING)],
                name="first_of_wave",
                unique=True,
            ),
            # What a sender may claim; which campaigns have something of it, from the index alone.
            IndexModel(
                _ascending("state", "campaign_id", "lease_until", "first"),
                name="free",
                partialFilterExpression={"state": "PENDING"},
            ),
            # Where a campaign's messages are that may have waited long for a receipt, from the index alone.
            IndexModel(
                _ascending("campaign_id", "first_claimed_at", "first", "last"),
                name="claimed",
            ),
        ]


class ParkedReceipt(Document):
    """A receipt whose delivery is not known, or that found the broker away; tried again for a while."""

    receipt: bytes
    parked_at: datetime
    tried_at: datetime
    """Both by the database's clock."""

    class Settings:
        """Collection and indexes."""

        name = "parked_receipts"
        indexes: ClassVar[list[IndexModel]] = [
            # The reconciler's next ones.
            IndexModel([("tried_at", ASCENDING)], name="tried_at"),
        ]


class PaceBook(Document):
    """How far a pace has been reserved."""

    id: str  # type: ignore[assignment]
    tat: float
    """When the next message is due, in milliseconds since 1970, by the database's clock."""
    free: float | None = None
    """Before this it may not go, however late it is; likewise."""
    reserved_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "paces"
        indexes: ClassVar[list[IndexModel]] = [
            # Those of campaigns that ended vanish by themselves.
            IndexModel([("reserved_at", ASCENDING)], name="reserved_at", expireAfterSeconds=24 * 3600),
        ]


class SentLately(Document):
    """What was sent to a person on a channel lately, or is about to be: each delivery with its moment."""

    id: str  # type: ignore[assignment]
    customer_id: PydanticObjectId
    sends: list[dict[str, Any]]
    changed_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "sent_lately"
        indexes: ClassVar[list[IndexModel]] = [
            # What is to go when the person is erased.
            IndexModel([("customer_id", ASCENDING)], name="customer"),
            # People who have not been written to for longer than any cap looks back.
            IndexModel(
                [("changed_at", ASCENDING)], name="changed_at", expireAfterSeconds=CAP_KEPT_DAYS * 24 * 3600
            ),
        ]


class LedgerWait(Document):
    """A process that waits for its turn on a campaign's ledger."""

    id: PydanticObjectId
    """The campaign's."""
    process: str
    until: datetime

    class Settings:
        """Collection and indexes."""

        name = "ledger_waits"
        indexes: ClassVar[list[IndexModel]] = [
            # Processes that died while they waited.
            IndexModel([("until", ASCENDING)], name="until", expireAfterSeconds=60),
        ]
