"""Arms of a campaign's experiment: who gets nothing, and who gets which variant; pure, the same everywhere.

Each person is drawn by a keyed hash of their id whose key is the campaign's: the same on every process and
at every try, and without relation to the draw of any other campaign. Who is held out is drawn first, by a
salt of its own, so that the shares of variants say nothing about it. What was drawn is written into the
ledger, and is never drawn again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from hashlib import blake2b
from itertools import accumulate
from typing import Any

from bson import ObjectId

_BITS = 64
_HOLDOUT, _VARIANT = b"crm holdout", b"crm variant"


class Arms:
    """How a campaign's people are divided."""

    __slots__ = ("_campaign", "_ends", "_held_out_below", "_keys")

    def __init__(self, campaign: Mapping[str, Any]) -> None:
        variants = campaign.get("variants") or ()
        self._campaign: ObjectId = campaign["_id"]
        # Of the text, so that no rounding moves the bound.
        self._held_out_below = int(Fraction(campaign.get("holdout") or 0) * 2**_BITS)
        self._keys = [variant["key"] for variant in variants]
        self._ends = list(accumulate(variant["weight"] for variant in variants))

    def is_held_out(self, customer: ObjectId) -> bool:
        """Whether the person gets nothing, to compare with."""
        return bool(self._held_out_below) and self._draw(customer, _HOLDOUT) < self._held_out_below

    def variant_of(self, customer: ObjectId) -> str | None:
        """The key of the variant that the person gets; None where the campaign has none."""
        if not self._keys:
            return None
        # Whole numbers only: each variant has its weight's share of all values, to one in 2^64.
        place = self._draw(customer, _VARIANT) * self._ends[-1] >> _BITS
        return str(self._keys[bisect_right(self._ends, place)])

    def _draw(self, customer: ObjectId, salt: bytes) -> int:
        """A number below 2^64."""
        digest = blake2b(customer.binary, digest_size=_BITS // 8, key=self._campaign.binary, person=salt)
        return int.from_bytes(digest.digest(), "big")
