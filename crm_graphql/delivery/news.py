"""News of messages, as senders write them for the ledger: what a vendor answered, and what they found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm_graphql.core.clock import Clock
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus

_REASONS: Mapping[Fault | None, DeliveryReason] = {Fault.TEMPLATE: DeliveryReason.TEMPLATE_ERROR}
"""Of what is rejected; all else is VENDOR_REJECTED."""


class News:
    """Makes receipts by a message's key, as of now."""

    def __init__(self, clock: Clock, *, sends_receipts: bool) -> None:
        self._clock = clock
        self._sends_receipts = sends_receipts

    def of(self, outcome: Outcome) -> Iterator[Receipt]:
        """The news in a vendor's answer; none where it says nothing."""
        if outcome.status is OutcomeStatus.ACCEPTED:
            # A vendor without receipts delivers by accepting.
            status = ReceiptStatus.SENT if self._sends_receipts else ReceiptStatus.DELIVERED
            yield self._receipt(outcome.key, status, vendor_message_id=outcome.vendor_message_id)
        elif outcome.status is OutcomeStatus.REJECTED:
            reason = outcome.reason or _REASONS.get(outcome.fault, DeliveryReason.VENDOR_REJECTED)
            yield self.failed(outcome.key, reason, outcome.reason_text)

    def failed(self, key: str, reason: DeliveryReason, text: str | None) -> Receipt:
        """It did not arrive."""
        return self._receipt(key, ReceiptStatus.FAILED, reason=reason, reason_text=text)

    def skipped(self, key: str, reason: DeliveryReason, text: str) -> Receipt:
        """Nothing was sent, on purpose; surely no vendor ever had it."""
        return self._receipt(key, ReceiptStatus.FAILED, reason=reason, reason_text=text, is_skip=True)

    def unknown(self, key: str) -> Receipt:
        """The vendor may have sent it, and cannot say."""
        text = "The vendor may have sent it, and did not say; sent again only when asked."
        return self.failed(key, DeliveryReason.OUTCOME_UNKNOWN, text)

    def _receipt(self, key: str, status: ReceiptStatus, **details: Any) -> Receipt:
        delivery_id, _, attempt = key.rpartition("-")
        return Receipt(delivery_id, status, self._clock.now(), int(attempt), **details)
