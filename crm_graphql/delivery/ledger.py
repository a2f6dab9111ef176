"""The ledger's state machine: what news does to a row and the counts; pure, forward only, twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.messages import Receipt, ReceiptStatus

_QUEUED, _SENT, _FAILED = DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.FAILED
_NOT_ARRIVED = (_FAILED, DeliveryStatus.SKIPPED)
_STATUS = {
    ReceiptStatus.SENT: _SENT,
    ReceiptStatus.DELIVERED: DeliveryStatus.DELIVERED,
    ReceiptStatus.FAILED: _FAILED,
}

# Conclusions that we draw ourselves, each from one status only: they never overrule what a vendor said.
CONCLUDED_FROM = {
    DeliveryReason.OUTCOME_UNKNOWN: _QUEUED,
    DeliveryReason.TEMPLATE_ERROR: _QUEUED,
    DeliveryReason.NO_RECEIPT: _SENT,
}
_CORRECTED = frozenset({DeliveryReason.NO_RECEIPT, DeliveryReason.OUTCOME_UNKNOWN})
"""What we concluded of a message that a vendor may have had: its receipt knows better."""
_NEVER_SENT = frozenset({*CONCLUDED_FROM, DeliveryReason.VENDOR_REJECTED})


@dataclass(frozen=True, slots=True)
class RowState:
    """The part of a delivery that news can change, and the attempt that it must speak of."""

    status: DeliveryStatus
    attempt: int = 1
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    vendor_message_id: str | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    not_before: datetime | None = None
    """Until when it waits by itself; only while it is QUEUED."""
    is_erased: bool = False
    has_complained: bool = False
    """The person called it spam, whatever became of the message otherwise."""
    variant: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> RowState:
        """From a stored delivery."""
        reason = row.get("reason")
        return cls(
            DeliveryStatus(row["status"]),
            row["attempt"],
            None if reason is None else DeliveryReason(reason),
            row.get("reason_text"),
            row.get("vendor_message_id"),
            row.get("sent_at"),
            row.get("finished_at"),
            row.get("not_before"),
            row.get("erased", False),
            row.get("has_complained", False),
            row.get("variant"),
        )

    @property
    def counts(self) -> tuple[str, ...]:
        """The names of the figures of the stats that it is part of."""
        name = self.status.value.lower()
        return (name,) if self.not_before is None else (name, "deferred")

    def stored(self) -> dict[str, Any]:
        """The fields as MongoDB holds them, but for what news never changes."""
        return {
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "reason_text": self.reason_text,
            "vendor_message_id": self.vendor_message_id,
            "sent_at": self.sent_at,
            "finished_at": self.finished_at,
            "not_before": self.not_before,
            "has_complained": self.has_complained,
        }


STATE_FIELDS = dict.fromkeys(("attempt", "erased", "variant", *RowState(_QUEUED).stored()), 1)
"""What must be read of a delivery to make its RowState."""


def advance(row: RowState, news: Receipt, *, now: datetime) -> RowState:
    """The row after the news; `row` itself where it changes nothing. `now` for news without a moment.

    News of another attempt than the row's changes nothing. QUEUED, SENT, then DELIVERED or FAILED: forward
    only, steps may be skipped. What is final stays, but for

    - NO_RECEIPT and OUTCOME_UNKNOWN, our own conclusions, which a true final receipt corrects;
    - DELIVERED, which a bounce overrules: a server takes a message, and finds out later.

    That a person complained is kept beside that, of any attempt: it comes after the message has arrived.
    """
    complaint = replace(row, has_complained=True) if _is_new_complaint(row, news) else row
    if news.attempt is not None and news.attempt != row.attempt:
        return complaint
    return _moved(complaint, news, now)


def _is_new_complaint(row: RowState, news: Receipt) -> bool:
    return (
        news.reason is DeliveryReason.COMPLAINED
        and not row.has_complained
        and row.status is not DeliveryStatus.SKIPPED
        and (news.attempt is None or news.attempt <= row.attempt)
    )


def _moved(row: RowState, news: Receipt, now: datetime) -> RowState:
    if not _may_follow(row, news):
        return row
    target = DeliveryStatus.SKIPPED if news.is_skip else _STATUS[news.status]
    was_sent = not news.is_skip and news.reason not in _NEVER_SENT
    moment = news.occurred_at or now
    sent_at = row.sent_at or (moment if was_sent else None)
    finished_at = None if target is _SENT else moment
    if sent_at is not None and finished_at is not None:
        # Clocks of vendors differ from ours.
        finished_at = max(finished_at, sent_at)
    # Vendors write addresses into their texts.
    keeps = not row.is_erased
    return replace(
        row,
        status=target,
        reason=(news.reason or DeliveryReason.OTHER) if target in _NOT_ARRIVED else None,
        reason_text=news.reason_text if keeps and target in _NOT_ARRIVED else None,
        vendor_message_id=(keeps and news.vendor_message_id) or row.vendor_message_id,
        sent_at=sent_at,
        finished_at=finished_at,
        not_before=None,
    )


def _may_follow(row: RowState, news: Receipt) -> bool:
    if news.is_skip:
        return row.status is _QUEUED
    if news.status is ReceiptStatus.FAILED and news.reason in CONCLUDED_FROM:
        return row.status is CONCLUDED_FROM[news.reason]
    if row.status is _QUEUED:
        return True
    if row.status is DeliveryStatus.DELIVERED:
        return news.status is ReceiptStatus.FAILED and news.reason is DeliveryReason.BOUNCED
    is_open = row.status is _SENT or (row.status is _FAILED and row.reason in _CORRECTED)
    return is_open and news.status is not ReceiptStatus.SENT


def stats_changes(transitions: Iterable[tuple[RowState, RowState]]) -> dict[str, int]:
    """By how much each count moves when rows go from one state to another; those that stay are left out.

    Without `deferred`, which is part of `queued`, the sum is zero: so `total` stays the sum of the others.
    """
    changes: dict[str, int] = {}
    for before, after in transitions:
        for row, step in ((before, -1), (after, 1)):
            for name in row.counts:
                changes[name] = changes.get(name, 0) + step
    return {name: change for name, change in changes.items() if change}


def stats_moves(changes: Mapping[str, int], variant: str | None = None) -> dict[str, int]:
    """Changes of counts by the places that they have in a campaign: of all, or of a variant."""
    place = "stats" if variant is None else f"variant_stats.{variant}"
    return {f"{place}.{name}": change for name, change in changes.items()}


def variant_moves(transitions: Iterable[tuple[RowState, RowState]]) -> dict[str, int]:
    """The same of `stats_changes` for each variant that the rows are of, by the places of its counts."""
    by_variant: dict[str, list[tuple[RowState, RowState]]] = {}
    for before, after in transitions:
        if before.variant is not None:
            by_variant.setdefault(before.variant, []).append((before, after))
    moves: dict[str, int] = {}
    for variant, some in by_variant.items():
        moves |= stats_moves(stats_changes(some), variant)
    return moves
