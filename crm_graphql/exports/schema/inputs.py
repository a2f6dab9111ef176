"""Inputs of exports: what is wanted, and of whom."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.bulk.schema.inputs import CustomersTargetInput
from crm_graphql.bulk.targets import Target
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.ids import decode_key
from crm_graphql.exports.schema.enums import ExportFormat, ExportSubject
from crm_graphql.exports.service import Wanted, as_customers


@strawberry.input(
    description="A file to be made. At most one of `customers` and `campaignId`; without any: of all."
)
class ExportCreateInput:
    subject: ExportSubject = strawberry.field(description="What it holds.")
    format: ExportFormat = strawberry.field(description="How it is written.")
    customers: CustomersTargetInput | None = strawberry.field(
        default=None,
        description="Whose customers, orders or deliveries. Of customers, one who is named by an id is that "
        "person's subject access: everything that is held of them.",
    )
    campaign_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of whom this campaign's ledger names; of deliveries, its own."
    )
    from_: datetime | None = strawberry.field(
        name="from",
        default=None,
        description="From this moment on: when orders were placed, deliveries queued, customers first heard "
        "of.",
    )
    until: datetime | None = strawberry.field(default=None, description="Before this moment.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Asked again with the same key, it is the same export."
    )

    def wanted(self) -> Wanted:
        """As the service takes it. Raises InvalidInput for ids that are none."""
        return Wanted(
            self.subject,
            self.format,
            None if self.customers is None else self._target(self.customers),
            None
            if self.campaign_id is None
            else decode_key("Campaign", self.campaign_id, field="campaignId"),
            self.from_,
            self.until,
        )

    @staticmethod
    def _target(customers: CustomersTargetInput) -> Target:
        try:
            return customers.target()
        except InvalidInput as error:
            raise as_customers(error) from None
