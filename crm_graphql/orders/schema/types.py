"""Orders as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.core.actor import Permission
from crm_graphql.core.money import from_units
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.gql.selection import Columns
from crm_graphql.orders.queries import orders_by_ids

if TYPE_CHECKING:
    from crm_graphql.customers.schema.types import Customer

ORDER_COLUMNS = Columns(
    "Order",
    {
        "externalId": ("external_id",),
        "amount": ("amount",),
        "currency": ("currency",),
        "quantity": ("quantity",),
        "orderedAt": ("ordered_at",),
        "customer": ("customer_id",),
    },
)


@strawberry.type(description="A purchase, or a refund when the amount is negative.")
class Order(Node):
    external_id: str = strawberry.field(description="The caller's own key, unique over all orders.")
    amount: Decimal = strawberry.field(description="The amount in `currency`; negative for a refund.")
    currency: str = strawberry.field(description="ISO 4217; the deployment has one currency.")
    quantity: int | None = strawberry.field(
        description="How many items, where it was given; zero or negative as a refund has it."
    )
    ordered_at: datetime = strawberry.field(description="When it was ordered.")
    customer_key: strawberry.Private[ObjectId | None]

    @classmethod
    def from_document(cls, row: Row) -> Order:
        """The projection of an order document; fields that were not fetched are not to be read."""
        return cls(
            id=global_id("Order", row["_id"]),
            external_id=row.get("external_id", ""),
            amount=from_units(row.get("amount", 0)),
            currency=row.get("currency", ""),
            quantity=row.get("quantity"),
            ordered_at=row.get("ordered_at"),  # type: ignore[arg-type]
            customer_key=row.get("customer_id"),
        )

    @strawberry.field(description="Who ordered. Null once the customer was erased.")
    async def customer(
        self, info: Info
    ) -> Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")] | None:
        if self.customer_key is None:
            return None
        customer: Customer | None = await node_type("Customer").load(info, self.customer_key)
        return customer


register(
    Order,
    permission=Permission.CUSTOMERS_READ,
    loader=rows_by_id(orders_by_ids),
    columns=ORDER_COLUMNS,
)
