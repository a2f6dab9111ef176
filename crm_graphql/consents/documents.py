"""Topics and suppressions as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.channels import Channel


class SuppressionReason(Enum):
    """Why an address must not be written to."""

    UNSUBSCRIBED = "UNSUBSCRIBED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"
    MANUAL = "MANUAL"


class Topic(Document):
    """What messages are about, for people to choose.

    `slug` is made from the first name and never changes: rules and customers' documents use it.
    """

    name: str
    name_key: str | None
    """The name in folded case: no two topics share it. None once it is deleted."""
    slug: str
    description: str | None = None
    is_opt_out: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    """A deleted topic stays for those who read what was said of it."""

    class Settings:
        """Collection and indexes."""

        name = "topics"
        indexes: ClassVar[list[IndexModel]] = [
            # One of a name; the topics that are not deleted, in the order of their names.
            IndexModel(
                [("name_key", ASCENDING)],
                name="name_key",
                unique=True,
                partialFilterExpression={"name_key": {"$type": "string"}},
            ),
            # For good: what stands under a slug in customers' documents belongs to one topic.
            IndexModel([("slug", ASCENDING)], name="slug", unique=True),
        ]


class Suppression(Document):
    """An address that must not be contacted on a channel, whoever has it.

    `key` is a keyed hash of the address: sending compares it alone, so that what is kept of an erased person
    is the hash without the address.
    """

    channel: Channel
    key: bytes
    address: str | None
    """As it is compared: in folded case, numbers in E.164. None once the person was erased."""
    reason: SuppressionReason
    by_reply: bool = False
    """The person answered STOP to a message; nothing else closed it. Then their START opens it."""
    created_at: datetime
    touched_at: datetime
    """When somebody last asked for it, by the database's clock: until a while later customers are marked."""

    class Settings:
        """Collection and indexes."""

        name = "suppressions"
        indexes: ClassVar[list[IndexModel]] = [
            # Which of some addresses are suppressed, from the index alone.
            IndexModel([("channel", ASCENDING), ("key", ASCENDING)], name="key", unique=True),
            # The list, newest first, whole or of a channel.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            IndexModel(
                [("channel", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="channel"
            ),
            # The list of one reason, as newest first: one that is rare among many.
            IndexModel(
                [("reason", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="reason"
            ),
            # What was suppressed on a channel since a moment, from the index alone.
            IndexModel(
                [("channel", ASCENDING), ("touched_at", ASCENDING), ("key", ASCENDING)], name="touched_at"
            ),
            # Search by the beginning of an address.
            IndexModel([("address", ASCENDING)], name="address"),
        ]


class HeardReply(Document):
    """A reply that was acted on. Kept for ever, without what it says or by whom, so that one that comes again
    later does not undo what the person said since."""

    id: str  # type: ignore[assignment]
    """The vendor, and its id of the message."""
    heard_at: datetime

    class Settings:
        """Collection."""

        name = "heard_replies"
