"""Behaviour of the simulator: shares, delays, throttling and outages, changed by POST /v1/control."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

RECEIPTS_LIMIT = 200
"""The most receipts of one callback."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=3_600_000)]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The switches. Shares are from 0 to 1; what falls into a share is decided by seed and key alone.

    `rejected_share` is refused in the answer; `failed_share` of the others fails by receipt.
    `sent_share` gets a SENT receipt before the final one, `duplicate_share` gets its final receipt twice,
    `early_share` gets it before the answer to the call. `reorder` shuffles and staggers receipts.
    `latency_ms` passes between taking messages and answering; `hang_share` of the calls are taken and then
    cut off without an answer (drawn at random). `deferred_share` is not taken when it first comes, and asked
    for again in `deferred_ms`; `late_bounce_share` of what is delivered bounces afterwards all the same.
    `throttle_per_second` (messages; null: none) answers 429, `outage` 503 to everything that sends, and
    `account_fault` 403. Without `dedupe` a key that comes again is sent again.
    """

    failed_share: Share = 0.1
    rejected_share: Share = 0.0
    sent_share: Share = 0.0
    duplicate_share: Share = 0.0
    early_share: Share = 0.0
    hang_share: Share = 0.0
    deferred_share: Share = 0.0
    deferred_ms: Milliseconds = 1_000.0
    late_bounce_share: Share = 0.0
    account_fault: bool = False
    latency_ms: Milliseconds = 0.0
    receipt_delay_ms: Milliseconds = 200.0
    receipts_batch: Annotated[int, msgspec.Meta(ge=1, le=RECEIPTS_LIMIT)] = RECEIPTS_LIMIT
    throttle_per_second: Annotated[float, msgspec.Meta(gt=0)] | None = None
    outage: bool = False
    reorder: bool = False
    dedupe: bool = True

    def changed(self, body: bytes) -> Behaviour:
        """This with the JSON object `body` laid over it. Raises msgspec.ValidationError or DecodeError."""
        changes = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        merged = {
            name: msgspec.Raw(msgspec.json.encode(getattr(self, name))) for name in self.__struct_fields__
        }
        return msgspec.json.decode(msgspec.json.encode(merged | changes), type=Behaviour)


class Throttle:
    """Lets so many messages a second through, up to one second's worth at once."""

    def __init__(self) -> None:
        self._paid_until = 0.0

    def wait_seconds(self, messages: int, per_second: float | None, now: float) -> int:
        """Zero when the call may go through (and is counted), else after how many whole seconds to retry.

        A call goes through whole, however large, once what went before is worked off.
        """
        if per_second is None:
            return 0
        ahead = self._paid_until - now
        if ahead > 1:
            return math.ceil(ahead - 1)
        self._paid_until = max(self._paid_until, now) + messages / per_second
        return 0
