"""Outcomes of messages: a pure function of the seed and the key, so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from crm_graphql.simulator.behaviour import Behaviour

Fate = Literal["DELIVERED", "FAILED", "REJECTED", "BOUNCED_LATE"]

_BOUNCES = {
    "EMAIL": ("550 5.1.1 mailbox does not exist", "552 5.2.2 mailbox full", "550 5.7.1 refused as spam"),
    "SMS": ("handset unreachable", "number not in service", "blocked by the carrier"),
    "WHATSAPP": ("number has no WhatsApp account", "recipient has blocked the sender", "message expired"),
}
_SCALE = float(2**32)


@dataclass(frozen=True, slots=True)
class Decision:
    """The fate of one message and what goes with it; `reason` is the wire's name, for FAILED only."""

    fate: Fate
    reason: str | None
    reason_text: str | None
    sent_receipt: bool
    receipts: int
    early: bool


def decide(seed: int, key: str, channel: str, to: str, behaviour: Behaviour) -> Decision:
    """What becomes of the message `key`, and which receipts it gets, under `behaviour`."""
    # One hash, cut into independent 32-bit draws, one for each question.
    digest = blake2b(f"{seed}:{key}".encode(), digest_size=24).digest()
    draws = [int.from_bytes(digest[at : at + 4], "big") / _SCALE for at in range(0, 24, 4)]
    if not to.strip():
        return Decision("REJECTED", None, "the address is empty", False, 0, False)
    if draws[0] < behaviour.rejected_share:
        return Decision("REJECTED", None, "the vendor does not take this address", False, 0, False)
    sent_receipt = draws[2] < behaviour.sent_share
    receipts = 2 if draws[3] < behaviour.duplicate_share else 1
    early = draws[4] < behaviour.early_share
    if draws[1] < behaviour.failed_share:
        texts = _BOUNCES[channel]
        text = texts[int(draws[5] * len(texts))]
        return Decision("FAILED", "BOUNCED", text, sent_receipt, receipts, early)
    if _draw(seed, key, "late bounce") < behaviour.late_bounce_share:
        # The receipt that it was delivered comes first.
        return Decision("BOUNCED_LATE", "BOUNCED", _BOUNCES[channel][0], sent_receipt, receipts + 1, early)
    return Decision("DELIVERED", None, None, sent_receipt, receipts, early)


def is_deferred(seed: int, key: str, behaviour: Behaviour) -> bool:
    """Whether the message is put off when it first comes."""
    return _draw(seed, key, "deferred") < behaviour.deferred_share


def _draw(seed: int, key: str, question: str) -> float:
    digest = blake2b(f"{seed}:{key}:{question}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / _SCALE


def message_id(key: str) -> str:
    """The vendor's own id of a message: the same for the same key, for ever."""
    return f"sim_{blake2b(key.encode(), digest_size=12).hexdigest()}"
