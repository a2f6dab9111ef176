"""Bounces as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.bounces.queries import bounces_by_ids
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.delivery.webhooks.port import Returned
from crm_graphql.gql.context import Info
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, node_type, register

if TYPE_CHECKING:
    from crm_graphql.consents.schema.types import Suppression
    from crm_graphql.delivery.schema.types import Delivery


@strawberry.type(description="Returned mail or a complaint, as it was understood.")
class Bounce(Node):
    at: datetime = strawberry.field(description="When it came in.")
    is_complaint: bool = strawberry.field(description="Whether the person called the message spam.")
    is_hard: bool = strawberry.field(
        description="Whether no message will ever arrive there; false: this one did not."
    )
    status: str | None = strawberry.field(
        description='Enhanced status code, "5.1.1", or the vendor\'s own number for the fault.'
    )
    text: str | None = strawberry.field(description="The server's or vendor's own words.")
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Bounce:
        """The projection of a bounce document."""
        return cls(
            id=global_id("Bounce", row["_id"]),
            at=row["at"],
            is_complaint=row["kind"] == Returned.COMPLAINT.value,
            is_hard=row["kind"] == Returned.HARD.value,
            status=row.get("code"),
            text=row.get("text"),
            row=row,
        )

    @strawberry.field(description="The message; null for one that is not in the ledger.")
    async def delivery(
        self, info: Info
    ) -> Annotated[Delivery, strawberry.lazy("crm_graphql.delivery.schema.types")] | None:
        key: ObjectId | None = self.row.get("delivery_id")
        delivery: Delivery | None = await node_type("Delivery").load(info, key) if key else None
        return delivery

    @strawberry.field(description="Suppressed for it; null where it was not, or where that was lifted.")
    async def suppression(
        self, info: Info
    ) -> Annotated[Suppression, strawberry.lazy("crm_graphql.consents.schema.types")] | None:
        key: ObjectId | None = self.row.get("suppression_id")
        suppression: Suppression | None = await node_type("Suppression").load(info, key) if key else None
        return suppression


register(Bounce, permission=Permission.CAMPAIGNS_READ, loader=rows_by_id(bounces_by_ids))
