"""Words that a file's columns say of a customer's consent, before a topic and an address stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from crm_graphql.core.channels import Channel


class FileStatus(Enum):
    """What a column says of one channel. The last two speak of the address, the others of the person too."""

    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    PENDING = "PENDING"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


@dataclass(frozen=True, slots=True)
class FileWord:
    """What a row's columns say of one channel. `at` is when it was said, as the file has it; None: undated.
    `topic` is a topic's name; None: that which the import's option names."""

    channel: Channel
    status: FileStatus
    at: str | datetime | None = None
    topic: str | None = None
