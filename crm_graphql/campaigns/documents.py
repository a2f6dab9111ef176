"""The campaign as MongoDB holds it, and its places in the queues."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.channels import Channel


class CampaignStatus(Enum):
    """How far a campaign is; `lifecycle.py` says which changes are allowed."""

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    SENDING = "SENDING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


LAUNCHED = [
    status.value
    for status in (
        CampaignStatus.SENDING,
        CampaignStatus.PAUSED,
        CampaignStatus.CANCELLED,
        CampaignStatus.FAILED,
    )
]
"""In which states a launched campaign may have messages without an end."""


class WhatsappParameter(BaseModel):
    """A value of a template that WhatsApp has approved: Liquid, by the parameter's name."""

    name: str
    value: str


class WhatsappMessage(BaseModel):
    """A template that WhatsApp has approved, and what goes into it."""

    template: str
    language: str
    parameters: list[WhatsappParameter] = Field(default_factory=list)
    header_media_id: PydanticObjectId | None = None


class MessageTemplate(BaseModel):
    """What a message says. Subject, body, HTML and preheader are Liquid templates; all but `body` and
    `whatsapp` are an email's alone. `body` beside HTML is what those get who see no HTML."""

    subject: str | None = None
    body: str | None = None
    html: str | None = None
    preheader: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    whatsapp: WhatsappMessage | None = None


class Variant(BaseModel):
    """One of several messages of a campaign; `weight` says how many people get it beside the others'."""

    key: str
    weight: int
    message: MessageTemplate


class Stats(BaseModel):
    """total = queued + sent + delivered + failed + skipped, at every moment."""

    total: int = 0
    queued: int = 0
    deferred: int = 0
    """Part of `queued`: those that wait for a moment of their own."""
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    held_out: int = 0
    """Part of `skipped`: those who get nothing, to compare with."""


class Planning(BaseModel):
    """How far the ledger is written. `after` is the greatest customer `_id` that was looked at."""

    done: bool = False
    after: PydanticObjectId | None = None
    next_number: int = 0
    assigned: int = 0
    """Recipients who are to get a message: what was refused or held out is not among them."""
    token: str | None = None
    lease_until: datetime | None = None
    failures: int = 0
    """How often in a row the next page could not be made, for a reason that does not pass by itself."""


class Retrying(BaseModel):
    """How far the failed deliveries are put back to be sent, in the order of the ledger."""

    reasons: list[str]
    after: int = -1
    token: str | None = None
    lease_until: datetime | None = None


class FrozenTopic(BaseModel):
    """What sending needs of a topic."""

    id: PydanticObjectId
    slug: str
    is_opt_out: bool


class FrozenSender(BaseModel):
    """Who mail is from where its message does not say so; None of either: as the operator says."""

    name: str | None = None
    reply_to: str | None = None


class Campaign(Document):
    """A message to an audience.

    At launch `rule`, `message`, `sender`, `evaluated_at` and `time_zone` are frozen here. `revision` grows
    with every edit and every change of status or stats, in the transaction that makes it: it orders
    everything that happens to it.
    """

    name: str
    name_words: list[str] = Field(default_factory=list)
    status: CampaignStatus = CampaignStatus.DRAFT
    failure_reason: str | None = None
    pause_reason: str | None = None
    """Why it is PAUSED, where nobody paused it."""
    judged: dict[str, Any] | None = None
    """When it was paused for what came back of it, and how much was `sent` by then; `bounces/judging.py`."""
    channel: Channel
    message: MessageTemplate | None = None
    """Of a campaign with variants, the first one's."""
    variants: list[Variant] = Field(default_factory=list)
    holdout: str | None = None
    """The share of the audience that gets nothing, as the text of a number; None: nobody."""
    attribution_days: int | None = None
    """How long after it was sent an order counts for it, as at launch; None: it was launched before that."""
    attachment_ids: list[PydanticObjectId] = Field(default_factory=list)
    """Files that everybody gets with the message; email only."""
    audience_id: PydanticObjectId
    topic_id: PydanticObjectId | None = None
    topic: FrozenTopic | None = None
    """As at launch: what may be sent is asked by it, whatever becomes of the topic."""
    sender: FrozenSender | None = None
    """As people had set it at launch: an attempt that is made again is the same message. Email only."""
    rule: dict[str, Any] | None = None
    evaluated_at: datetime | None = None
    time_zone: str | None = None
    """Of which the rule's days are, as at launch. Those that were launched before there was one mean UTC."""
    scheduled_at: datetime | None = None
    """When it is launched by itself, while it is SCHEDULED; afterwards, when it was to be."""
    send_before: datetime | None = None
    """What is not sent by then is not sent at all."""
    rate_per_second: int | None = None
    quiet_hours: dict[str, str] | None = None
    """`from` and `until`, as the deployment's settings have them; None: those are kept to."""
    tracks_opens: bool | None = None
    tracks_clicks: bool | None = None
    """None of either: as the deployment's settings say. From the launch on it is said."""
    links: list[str] = Field(default_factory=list)
    """Those of the message that are tracked, as they stand in it, by their numbers; as at launch."""
    custom_fields: list[dict[str, Any]] = Field(default_factory=list)
    """Definitions of the custom fields that rule and message name, as at launch."""
    stats: Stats = Field(default_factory=Stats)
    variant_stats: dict[str, Stats] = Field(default_factory=dict)
    """By the keys of variants, of those to whom they are assigned; a count that is missing is zero."""
    handed_over: list[list[int]] = Field(default_factory=list)
    """How many messages in each of the last seconds, as pairs; `delivery/speed.py` keeps it."""
    waits: int = 0
    """How often one process waited for another's transaction; `delivery/campaign_locks.py` says how."""
    planning: Planning = Field(default_factory=Planning)
    retrying: Retrying | None = None
    """While failed deliveries are put back to be sent."""
    revision: int = 0
    subject: str
    """Who made it: the actor's subject."""
    created_by: str | None = None
    """The same for people: a user's name, or an API key's."""
    idempotency_key: str | None = None
    idempotency_hash: str | None = None
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None = None
    completed_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "campaigns"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # The list by status.
            IndexModel(
                [("status", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="status"
            ),
            IndexModel(
                [("audience_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="audience"
            ),
            # Campaigns that name a topic, which cannot be deleted meanwhile.
            IndexModel(
                [("topic_id", ASCENDING), ("status", ASCENDING)],
                name="topic",
                partialFilterExpression={"topic_id": {"$type": "objectId"}},
            ),
            IndexModel(
                [("channel", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="channel"
            ),
            # Reports: those that were launched within a span of time.
            IndexModel([("launched_at", DESCENDING)], name="launched_at"),
            # Search by the prefix of a word.
            IndexModel([("name_words", ASCENDING), ("created_at", DESCENDING)], name="name_words"),
            # What the reconciler asks of each campaign that was launched and may have work left, from the
            # index alone.
            IndexModel(
                [
                    ("status", ASCENDING),
                    ("planning.done", ASCENDING),
                    ("planning.lease_until", ASCENDING),
                    ("stats.queued", ASCENDING),
                    ("stats.deferred", ASCENDING),
                    ("stats.sent", ASCENDING),
                    ("launched_at", ASCENDING),
                    ("updated_at", ASCENDING),
                    ("_id", ASCENDING),
                ],
                # Of all: of a partial one by state MongoDB reads the documents too where a query names some
                # of its states.
                name="launched",
            ),
            # What is due to be launched, and when the next will be.
            IndexModel(
                [("status", ASCENDING), ("scheduled_at", ASCENDING)],
                name="scheduled",
                partialFilterExpression={"status": "SCHEDULED"},
            ),
            # Retries that are under way.
            IndexModel(
                [("retrying.lease_until", ASCENDING)],
                name="retrying",
                partialFilterExpression={"retrying.reasons": {"$exists": True}},
            ),
            # A retry of campaignCreate finds what it made.
            IndexModel(
                [("subject", ASCENDING), ("idempotency_key", ASCENDING)],
                name="idempotency_key",
                unique=True,
                partialFilterExpression={"idempotency_key": {"$type": "string"}},
            ),
        ]
