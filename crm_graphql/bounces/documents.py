"""Bounces and complaints as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.webhooks.port import Returned


class Bounce(Document):
    """A message that came back, or a complaint about one.

    Its id follows from the message and the kind, so that whatever comes twice is one. What it leads to is
    found out once it is stored, as long as it is open.
    """

    kind: Returned
    at: datetime
    """When it came in."""
    channel: Channel
    delivery_id: PydanticObjectId | None = None
    campaign_id: PydanticObjectId | None = None
    customer_id: PydanticObjectId | None = None
    sent_at: datetime | None = None
    """When its message was sent, or else when it came in."""
    address: str | None = None
    """Whom a notice named whose message is not known, while it is open."""
    address_key: bytes | None = None
    """The keyed hash of the address, as suppressions have it."""
    code: str | None = None
    text: str | None = None
    suppression_id: PydanticObjectId | None = None
    """Of the suppression that the address has for it."""
    is_open: bool
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "bounces"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            # What has yet to lead to something; none, mostly.
            IndexModel(
                [("at", ASCENDING), ("_id", ASCENDING)],
                name="open",
                partialFilterExpression={"is_open": {"$eq": True}},
            ),
            # How many of a campaign's messages came back, from the index alone.
            IndexModel(
                [("campaign_id", ASCENDING), ("kind", ASCENDING), ("sent_at", ASCENDING)], name="of_campaign"
            ),
            # How often an address bounced lately, from the index alone.
            IndexModel(
                [("address_key", ASCENDING), ("kind", ASCENDING), ("at", ASCENDING)], name="of_address"
            ),
            # What is held of a customer.
            IndexModel([("customer_id", ASCENDING)], name="customer"),
            # What is kept long enough.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]
