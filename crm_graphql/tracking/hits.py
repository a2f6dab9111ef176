"""Hits: what was done with messages, on its way from the door to the ledger."""

from __future__ import annotations

import random
import zlib
from datetime import UTC, datetime
from enum import IntFlag

import msgspec

from crm_graphql.tracking.tokens import Kind, Seen

AGENT_LIMIT = 160
"""Characters of a user agent that are looked at."""

_ID_BITS = 53


class Signs(IntFlag):
    """What a request told beside its user agent."""

    NONE = 0
    LANGUAGE = 1
    """It named a language, as browsers do."""
    PREFETCH = 2
    """It said of itself that nobody looks yet."""


class Hit(msgspec.Struct, frozen=True, array_like=True):
    """One look or click, or `count` of the same that came close together; `at` is the last one's moment.

    The same `id` is the same hit, however often it is delivered. It holds no address of the caller.
    """

    id: int
    campaign_id: str
    number: int
    kind: Kind
    link: int
    at: datetime
    count: int = 1
    agent: str = ""
    signs: Signs = Signs.NONE

    @classmethod
    def of(cls, seen: Seen, *, at: datetime, agent: str, signs: Signs) -> Hit:
        """What a token and the request that brought it say."""
        cut = agent[:AGENT_LIMIT]
        return cls(new_id(), str(seen.campaign_id), seen.number, seen.kind, seen.link, at, 1, cut, signs)

    @property
    def place(self) -> tuple[str, int, Kind, int]:
        """What it was done with: hits of one place are the same thing done again."""
        return self.campaign_id, self.number, self.kind, self.link


def new_id() -> int:
    """Different for each hit, in all processes; small enough for JSON."""
    return random.getrandbits(_ID_BITS)


def partition_of(campaign_id: str, partitions: int) -> int:
    """The partition of a campaign, the same as that of its receipts: one process writes both."""
    return zlib.crc32(campaign_id.encode()) % partitions


def now() -> datetime:
    """The moment, as hits have it."""
    return datetime.now(UTC)
