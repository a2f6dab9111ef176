"""Recording receipts by mutation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import DomainError, LimitExceeded, Problem
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.receipts import checked_receipt, record_receipts
from crm_graphql.delivery.schema.inputs import DeliveryReceiptInput, DeliveryReceiptsRecordInput
from crm_graphql.delivery.schema.types import DeliveryReceiptsRecordPayload
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.permission import mutation

RECEIPTS_LIMIT = 1_000


@mutation(
    Permission.RECEIPTS_WRITE,
    "Receipts by GraphQL, beside the signed webhook POST /webhooks/receipts; in any order, any number of "
    "times.",
)
async def delivery_receipts_record(
    info: Info,
    input: Annotated[DeliveryReceiptsRecordInput, strawberry.argument(description="The receipts.")],
) -> DeliveryReceiptsRecordPayload:
    if len(input.receipts) > RECEIPTS_LIMIT:
        raise LimitExceeded(
            f"{len(input.receipts)} receipts; at most {RECEIPTS_LIMIT} are allowed.", path=("receipts",)
        )
    good: list[Receipt] = []
    problems: list[Problem] = []
    for number, receipt in enumerate(input.receipts):
        try:
            good.append(_receipt(receipt, info.context.resources.clock.now()))
        except DomainError as error:
            problems.extend(problem.under("receipts", str(number)) for problem in error.problems)
    resources = info.context.resources
    accepted = await record_receipts(
        info.context.actor,
        good,
        bus=resources.bus,
        partitions=resources.settings.partitions,
    )
    return DeliveryReceiptsRecordPayload(
        accepted=accepted, errors=[UserError.from_problem(problem) for problem in problems]
    )


def _receipt(receipt: DeliveryReceiptInput, now: datetime) -> Receipt:
    given = Receipt(
        delivery_id=str(decode_key("Delivery", receipt.delivery_id, field="deliveryId")),
        attempt=receipt.attempt,
        status=receipt.status,
        reason=receipt.reason,
        reason_text=receipt.reason_text,
        occurred_at=receipt.occurred_at,
    )
    return checked_receipt(given, now=now)
