"""Links in messages: signed tokens by which people unsubscribe, or come to what they chose.

A token holds no address, and names what it is for: a mail that is passed on opens nothing but that, and the
link to unsubscribe only takes off. Its key is the database's own: links outlive the deployment's secrets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import blake2b

from bson import ObjectId

from crm_graphql.core.channels import Channel
from crm_graphql.mongo.stored_keys import stored_key

CHOICES_DAYS = 400
"""How long a link to a person's choices opens them. One to unsubscribe never ends: a no is always heard."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_PARTS = struct.Struct(">BBH12s12s")
_PARTS_OF_CAMPAIGN = struct.Struct(">BBH12s12s12s")
_MAC_BYTES = 12
_NO_TOPIC = bytes(12)
_CHANNELS = {Channel.EMAIL: 1, Channel.SMS: 2, Channel.WHATSAPP: 3}


class Purpose(IntEnum):
    """What a token is for."""

    UNSUBSCRIBE = 1
    CHOOSE = 2


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says. `topic_id` is None where the message had no topic; `made_on` is a day; `campaign_id`
    is None in messages that earlier releases sent."""

    purpose: Purpose
    channel: Channel
    customer_id: ObjectId
    topic_id: ObjectId | None
    made_on: datetime
    campaign_id: ObjectId | None = None

    def is_too_old(self, now: datetime) -> bool:
        """Whether it opens a person's choices no more."""
        return self.purpose is Purpose.CHOOSE and now - self.made_on > timedelta(days=CHOICES_DAYS)


async def link_key() -> bytes:
    """The key of this database's links."""
    return await stored_key("links")


def token_of(link: Link, key: bytes) -> str:
    """The token, 70 characters that go into an address as they are, 54 without a campaign; always the same
    one for the same link."""
    days = min(max((link.made_on - _EPOCH).days, 0), 0xFFFF)
    topic = _NO_TOPIC if link.topic_id is None else link.topic_id.binary
    head = (link.purpose, _CHANNELS[link.channel], days, link.customer_id.binary, topic)
    if link.campaign_id is None:
        parts = _PARTS.pack(*head)
    else:
        parts = _PARTS_OF_CAMPAIGN.pack(*head, link.campaign_id.binary)
    return base64.urlsafe_b64encode(parts + _mac(parts, key)).decode().rstrip("=")


def read_token(token: str, purpose: Purpose, key: bytes) -> Link | None:
    """What the token says; None for one that was changed, cut off, or made for something else."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        parts, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        layout = _PARTS if len(parts) == _PARTS.size else _PARTS_OF_CAMPAIGN
        number, channel, days, customer, topic, *campaign = layout.unpack(parts)
    except (ValueError, binascii.Error, struct.error):
        return None
    if not hmac.compare_digest(mac, _mac(parts, key)) or number != purpose:
        return None
    return Link(
        purpose,
        next(one for one, code in _CHANNELS.items() if code == channel),
        ObjectId(customer),
        None if topic == _NO_TOPIC else ObjectId(topic),
        _EPOCH + timedelta(days=days),
        ObjectId(campaign[0]) if campaign else None,
    )


@dataclass(frozen=True, slots=True)
class CampaignLinks:
    """The links in a campaign's messages. The same customer always gets the same ones."""

    channel: Channel
    topic_id: ObjectId | None
    made_on: datetime
    public_url: str
    key: bytes
    campaign_id: ObjectId | None = None
    """What comes of whom follows them is counted for it; None for a message that is counted nowhere."""

    def of(self, customer_id: ObjectId) -> Mapping[str, str]:
        """Those of a customer, by the names that templates have for them."""
        root = self.public_url.rstrip("/")
        return {
            "unsubscribe_url": self.to_unsubscribe(customer_id),
            "preferences_url": f"{root}/preferences/{self._token(Purpose.CHOOSE, customer_id)}",
        }

    def to_unsubscribe(self, customer_id: ObjectId) -> str:
        """Where one request takes the customer off."""
        return f"{self.public_url.rstrip('/')}/u/{self._token(Purpose.UNSUBSCRIBE, customer_id)}"

    def _token(self, purpose: Purpose, customer_id: ObjectId) -> str:
        link = Link(purpose, self.channel, customer_id, self.topic_id, self.made_on, self.campaign_id)
        return token_of(link, self.key)


def _mac(parts: bytes, key: bytes) -> bytes:
    return blake2b(parts, digest_size=_MAC_BYTES, key=key, person=b"crm links").digest()
