"""Deliveries as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.campaigns.schema.enums import Channel
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.delivery.queries import deliveries_by_ids
from crm_graphql.delivery.rendering import Rendered
from crm_graphql.delivery.schema.enums import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.schema.loaders import DeliveryRow, text_loader
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.gql.selection import Columns

if TYPE_CHECKING:
    from crm_graphql.campaigns.schema.types import Campaign
    from crm_graphql.customers.schema.types import Customer

_TEXT = ("campaign_id", "status", "channel", "values", "reason", "erased", "variant")

DELIVERY_COLUMNS = Columns(
    "Delivery",
    {
        "campaign": ("campaign_id",),
        "customer": ("customer_id",),
        "channel": ("channel",),
        "address": ("address",),
        "status": ("status",),
        "reason": ("reason",),
        "reasonText": ("reason_text",),
        "variantKey": ("variant",),
        "attempt": ("attempt",),
        "subject": _TEXT,
        "body": _TEXT,
        "html": _TEXT,
        "notBefore": ("not_before",),
        "sentAt": ("sent_at",),
        "openedAt": ("opened_at",),
        "clickedAt": ("clicked_at",),
        "finishedAt": ("finished_at",),
        "updatedAt": ("updated_at",),
        "revision": ("revision",),
    },
)


@strawberry.type(description="One message of a campaign to one customer.")
class Delivery(Node):
    channel: Channel = strawberry.field(description="How the message travels.")
    address: str | None = strawberry.field(description="What it was sent to; null once erased.")
    status: DeliveryStatus = strawberry.field(description="How far it is.")
    reason: DeliveryReason | None = strawberry.field(description="Why it failed or was skipped.")
    reason_text: str | None = strawberry.field(description="What the vendor said about it.")
    variant_key: str | None = strawberry.field(
        description="Which variant it is of; null where the campaign has none, and for who gets nothing."
    )
    attempt: int = strawberry.field(description="1, then one more with each retry.")
    not_before: datetime | None = strawberry.field(
        description="While it waits for quiet hours, a cap or the vendor: not before this."
    )
    sent_at: datetime | None = strawberry.field(description="When the vendor took it.")
    finished_at: datetime | None = strawberry.field(description="When its final outcome happened.")
    opened_at: datetime | None = strawberry.field(
        description="When a person first looked at it, as far as is tracked."
    )
    clicked_at: datetime | None = strawberry.field(
        description="When a person first clicked a link in it, as far as is tracked."
    )
    updated_at: datetime = strawberry.field(description="When its state last changed.")
    revision: int = strawberry.field(
        description="Grows with each change of its state. A cache keeps the highest."
    )
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Delivery:
        """The projection of a ledger row; fields that were not fetched are not to be read."""
        reason = row.get("reason")
        return cls(
            id=global_id("Delivery", row["_id"]),
            channel=Channel(row.get("channel", "EMAIL")),
            address=row.get("address"),
            status=DeliveryStatus(row.get("status", "QUEUED")),
            reason=DeliveryReason(reason) if reason else None,
            reason_text=row.get("reason_text"),
            variant_key=row.get("variant"),
            attempt=row.get("attempt", 1),
            not_before=row.get("not_before"),
            sent_at=row.get("sent_at"),
            finished_at=row.get("finished_at"),
            opened_at=row.get("opened_at"),
            clicked_at=row.get("clicked_at"),
            updated_at=row.get("updated_at"),  # type: ignore[arg-type]
            revision=row.get("revision", 0),
            row=row,
        )

    @strawberry.field(description="The campaign that it belongs to.")
    async def campaign(
        self, info: Info
    ) -> Annotated[Campaign, strawberry.lazy("crm_graphql.campaigns.schema.types")]:
        campaign: Campaign | None = await node_type("Campaign").load(info, self.row["campaign_id"])
        assert campaign is not None, "a ledger row never outlives its campaign"
        return campaign

    @strawberry.field(description="The recipient. Null once the customer was erased.")
    async def customer(
        self, info: Info
    ) -> Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")] | None:
        key: ObjectId | None = self.row.get("customer_id")
        customer: Customer | None = await node_type("Customer").load(info, key) if key else None
        return customer

    @strawberry.field(description="The rendered subject that went out; null before that, and without one.")
    async def subject(self, info: Info) -> str | None:
        rendered = await self._rendered(info)
        return rendered.subject if rendered else None

    @strawberry.field(description="The rendered text that went out; null before that.")
    async def body(self, info: Info) -> str | None:
        rendered = await self._rendered(info)
        return rendered.body if rendered else None

    @strawberry.field(description="The rendered HTML that went out; null before that, and without one.")
    async def html(self, info: Info) -> str | None:
        rendered = await self._rendered(info)
        return rendered.html if rendered else None

    async def _rendered(self, info: Info) -> Rendered | None:
        return await info.context.loader(text_loader).load(DeliveryRow(self.row))


@strawberry.type(description="Deliveries that changed.")
class DeliveryUpdate:
    deliveries: list[Delivery] = strawberry.field(
        description="The newest state of each that changed; at most 500, none left out."
    )
    cursor: str = strawberry.field(description="Pass as `after` to resume.")


@strawberry.type(description="What became of deliveryReceiptsRecord.")
class DeliveryReceiptsRecordPayload(Payload):
    accepted: int = strawberry.field(default=0, description="How many receipts were taken.")


register(
    Delivery,
    permission=Permission.CAMPAIGNS_READ,
    loader=rows_by_id(deliveries_by_ids),
    columns=DELIVERY_COLUMNS,
)
