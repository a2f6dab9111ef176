"""Receipts and filters of deliveries as clients write them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.customers.queries import SortDirection
from crm_graphql.delivery.schema.enums import DeliveryReason, DeliverySortField, DeliveryStatus, ReceiptStatus


@strawberry.input(description="Which deliveries. All that is given must hold.")
class DeliveryFilter:
    statuses: list[DeliveryStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    reasons: list[DeliveryReason] | None = strawberry.field(
        default=None, description="For one of these reasons."
    )
    variants: list[str] | None = strawberry.field(
        default=None, description="Of one of these variants, by their keys."
    )
    search: str | None = strawberry.field(
        default=None,
        description="To whom: found as `CustomerFilter.search` finds customers, 1,000 at most; or the whole "
        "address that it was sent to.",
    )


@strawberry.input(description="The order of a campaign's deliveries.")
class DeliverySort:
    field: DeliverySortField = strawberry.field(description="What to compare.")
    direction: SortDirection = strawberry.field(description="Which end comes first.")


@strawberry.input(description="What a vendor says of one message.")
class DeliveryReceiptInput:
    delivery_id: strawberry.ID = strawberry.field(description="Of which delivery.")
    attempt: int | None = strawberry.field(
        default=None,
        description="Of which attempt; the latest when left out. "
        "A receipt of an earlier attempt changes nothing.",
    )
    status: ReceiptStatus = strawberry.field(description="What happened.")
    reason: DeliveryReason | None = strawberry.field(default=None, description="Why it failed.")
    reason_text: str | None = strawberry.field(default=None, description="The vendor's words for it.")
    occurred_at: datetime | None = strawberry.field(
        default=None, description="When it happened; the moment of recording when left out."
    )


@strawberry.input(description="Receipts, in any order, any number of times.")
class DeliveryReceiptsRecordInput:
    receipts: list[DeliveryReceiptInput] = strawberry.field(description="The receipts, at most 1,000.")
