"""Failures of a campaign as clients see them: counts by cause."""

from __future__ import annotations

import strawberry

from crm_graphql.delivery.failures import Cause
from crm_graphql.delivery.schema.enums import DeliveryReason, DeliveryStatus


@strawberry.type(description="How many deliveries failed or were skipped for one cause.")
class FailureCount:
    status: DeliveryStatus = strawberry.field(description="FAILED or SKIPPED.")
    reason: DeliveryReason = strawberry.field(description="Why.")
    reason_text: str | None = strawberry.field(
        description="The vendor's words, where they are few; null where there are none, or too many."
    )
    count: int = strawberry.field(description="How many deliveries.")

    @classmethod
    def from_cause(cls, cause: Cause) -> FailureCount:
        """The projection of a cause."""
        return cls(status=cause.status, reason=cause.reason, reason_text=cause.text, count=cause.count)
