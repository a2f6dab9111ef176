"""Recording receipts by mutation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.utils.str_converters import to_camel_case

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import Faults, InvalidInput, LimitExceeded, Problem
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.receipts import checked_receipt, record_receipts
from crm_graphql.delivery.schema.inputs import DeliveryReceiptInput, DeliveryReceiptsRecordInput
from crm_graphql.delivery.schema.types import DeliveryReceiptsRecordPayload
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.permission import mutation

RECEIPTS_LIMIT = 1_000
NO_DELIVERY = "0" * 24
"""Stands for an id that could not be read, so that the rest of its receipt is checked too."""


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
    faults = Faults()
    for number, receipt in enumerate(input.receipts):
        with faults.noted("receipts", str(number)):
            good.append(_receipt(receipt, info.context.resources.clock.now()))
    resources = info.context.resources
    accepted = await record_receipts(
        info.context.actor,
        good,
        bus=resources.bus,
        partitions=resources.settings.partitions,
    )
    return DeliveryReceiptsRecordPayload(
        accepted=accepted, errors=[UserError.from_problem(problem) for problem in faults.problems]
    )


def _receipt(receipt: DeliveryReceiptInput, now: datetime) -> Receipt:
    """The receipt as it is recorded. Raises InvalidInput with all that is wrong with it."""
    faults, delivery_id = Faults(), NO_DELIVERY
    with faults.noted():
        delivery_id = str(decode_key("Delivery", receipt.delivery_id, field="deliveryId"))
    given = Receipt(
        delivery_id=delivery_id,
        attempt=receipt.attempt,
        status=receipt.status,
        reason=receipt.reason,
        reason_text=receipt.reason_text,
        occurred_at=receipt.occurred_at,
    )
    checked = given
    with faults.noted():
        checked = checked_receipt(given, now=now)
    if faults.problems:
        raise InvalidInput.of([_named_as_here(problem) for problem in faults.problems])
    return checked


def _named_as_here(problem: Problem) -> Problem:
    """The problem with the fields' names of the API, where the webhook has others."""
    return replace(problem, path=tuple(to_camel_case(part) for part in problem.path))
