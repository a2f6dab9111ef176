"""Growing delays against guessing, in MongoDB, so that they hold over all processes and restarts.

An attempt is counted as a failure before it is looked at, in one atomic update by the database's clock, and
taken back when it succeeds: a thousand guesses at the same moment get one look, not a thousand.

An attempt counts under three names: the account from this address, the account from anywhere, and the
address. Strangers who guess from ever other addresses can keep the second full; so it does not count for an
address from which the owner has signed in within three months, and a device that is signed in counts under
its own name alone. What was not guessed wrong for a day (an hour for an address) is forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cachetools import LRUCache
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from crm_graphql.accounts.documents import Attempts, KnownAddress
from crm_graphql.core.errors import RateLimited

KNOWN_DAYS = 90
"""How long an address stays known after the owner has signed in from it."""
REMEMBERED = 10_000
_HIGHEST_POWER = 20
_LONG_AGO = {"$subtract": ["$$NOW", 3_600_000]}
"""Before any attempt that is under way: the clock of an update is that of its beginning."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free; after that a delay of a second doubles with each, up to the longest."""

    free: int
    longest_seconds: int
    memory_seconds: int


ACCOUNT_FROM_ADDRESS = Limit(free=5, longest_seconds=900, memory_seconds=86_400)
ACCOUNT = Limit(free=20, longest_seconds=60, memory_seconds=86_400)
ADDRESS = Limit(free=30, longest_seconds=300, memory_seconds=3_600)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A name that failures count under, with its limit."""

    name: str
    limit: Limit


def sign_in_buckets(account: str, address: str | None) -> list[Bucket]:
    """What an attempt to sign in to `account` (an address as it is compared) counts under."""
    key = _account_name(account)
    place = address_name(address)
    return [
        Bucket(f"address:{place}", ADDRESS),
        Bucket(f"account:{key}:{place}", ACCOUNT_FROM_ADDRESS),
        Bucket(f"account:{key}", ACCOUNT),
    ]


def _account_name(account: str) -> str:
    return hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def device_buckets(account: str, device: object) -> list[Bucket]:
    """What an attempt counts under that comes from a device which is signed in to `account`."""
    return [Bucket(f"account:{_account_name(account)}:device:{device}", ACCOUNT_FROM_ADDRESS)]


async def without_strangers(buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    """Of `sign_in_buckets` those that strangers cannot fill, where the address is known as the owner's; else
    all."""
    own = buckets[:2]
    known = await KnownAddress.get_pymongo_collection().find_one({"_id": own[1].name}, {"_id": 1})
    return own if known else buckets


async def remember_address(account: str, address: str | None) -> None:
    """The owner has signed in to `account` from this address."""
    expires = {"$add": ["$$NOW", KNOWN_DAYS * 86_400_000]}
    known = KnownAddress.get_pymongo_collection()
    # Two sign-ins at once: the other one has written the same.
    with contextlib.suppress(DuplicateKeyError):
        await known.update_one(
            {"_id": sign_in_buckets(account, address)[1].name},
            [{"$set": {"expires_at": expires}}],
            upsert=True,
        )


def address_buckets(purpose: str, address: str | None) -> list[Bucket]:
    """What an attempt without an account counts under: a code, a registration."""
    return [Bucket(f"{purpose}:{address_name(address)}", ADDRESS)]


def address_name(address: str | None) -> str:
    """The address that guesses count under: of IPv6 the /64 network, which one customer has alone."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Admitted:
    """An attempt that is looked at."""

    buckets: Sequence[Bucket]

    async def succeeded(self) -> None:
        """Take the failure back: the account's are forgotten, the address's is one less.

        The address's delay stays: who has an account must not guess at others' faster for it.
        """
        updates = [
            UpdateOne({"_id": bucket.name, "failures": {"$gt": 0}}, {"$inc": {"failures": -1}})
            if bucket.limit is ADDRESS
            else UpdateOne({"_id": bucket.name}, [{"$set": {"failures": 0, "next_at": _LONG_AGO}}])
            for bucket in self.buckets
        ]
        await Attempts.get_pymongo_collection().bulk_write(updates, ordered=False)


class Throttled(RateLimited):
    """The attempt is not looked at. `is_news` for the first, tenth, hundredth, ... in a row: only those go
    into the audit, which a flood must not fill."""

    def __init__(self, seconds: float, refused: int) -> None:
        wait_seconds = max(1, math.ceil(seconds))
        super().__init__(
            f"Too many attempts. The next one is looked at in {wait_seconds} s.",
            retry_after_seconds=wait_seconds,
        )
        self.is_news = refused in {10**power for power in range(10)}


class Throttle:
    """One process's way to the counts. It remembers until when a bucket is full, so that a flood of guesses
    costs the database nothing."""

    def __init__(self) -> None:
        self._full: LRUCache[str, tuple[float, int]] = LRUCache(REMEMBERED)

    async def admit(self, buckets: Sequence[Bucket]) -> Admitted:
        """Count the attempt under each bucket. Raises Throttled at the first that is full.

        What was counted before that stays: who is refused goes on guessing all the same.
        """
        self.refuse_remembered(buckets)
        for bucket in buckets:
            row = await _count(bucket)
            if not row["admitted"]:
                next_at: datetime = row["next_at"]
                seconds = (next_at - row["now"]).total_seconds()
                self._full[bucket.name] = (time.monotonic() + seconds, row["refused"])
                raise Throttled(seconds, row["refused"])
        return Admitted(buckets)

    def refuse_remembered(self, buckets: Sequence[Bucket]) -> None:
        """Raise Throttled when one of the buckets is known to be full; asks nobody."""
        for bucket in buckets:
            until, refused = self._full.get(bucket.name, (0.0, 0))
            left = until - time.monotonic()
            if left > 0:
                self._full[bucket.name] = (until, refused + 1)
                raise Throttled(left, refused + 1)
            self._full.pop(bucket.name, None)


async def _count(bucket: Bucket) -> dict[str, Any]:
    attempts = Attempts.get_pymongo_collection()
    for last in (False, True):
        try:
            row = await attempts.find_one_and_update(
                {"_id": bucket.name},
                _counting(bucket.limit),
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            assert row is not None, "an upsert returns its document"
            return dict(row)
        except DuplicateKeyError:
            # Two first attempts at once: the second finds the document of the first.
            if last:
                raise
    raise AssertionError("not reached")


def _counting(limit: Limit) -> list[dict[str, Any]]:
    """The update, by the database's clock. `now` is kept for the answer."""
    forgotten = {"$lt": [{"$ifNull": ["$expires_at", "$$NOW"]}, "$$NOW"]}
    failures = {"$cond": [forgotten, 0, {"$ifNull": ["$failures", 0]}]}
    power = {"$min": [_HIGHEST_POWER, {"$subtract": ["$failures", limit.free + 1]}]}
    next_at = {
        "$cond": [
            {"$gt": ["$failures", limit.free]},
            {
                "$add": [
                    "$$NOW",
                    {"$multiply": [1000, {"$min": [limit.longest_seconds, {"$pow": [2, power]}]}]},
                ]
            },
            _LONG_AGO,
        ]
    }
    return [
        {
            "$set": {
                "now": "$$NOW",
                "failures": failures,
                "admitted": {"$lte": [{"$ifNull": ["$next_at", "$$NOW"]}, "$$NOW"]},
            }
        },
        {"$set": {"failures": {"$add": ["$failures", {"$cond": ["$admitted", 1, 0]}]}}},
        {
            "$set": {
                "refused": {"$cond": ["$admitted", 0, {"$add": [{"$ifNull": ["$refused", 0]}, 1]}]},
                "next_at": {"$cond": ["$admitted", next_at, "$next_at"]},
                "expires_at": {"$add": ["$$NOW", limit.memory_seconds * 1000]},
            }
        },
    ]
