"""Inputs that name and filter orders."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.customers.schema.references import CustomerRef


@strawberry.input(one_of=True, description="Names an order. Exactly one of the two.")
class OrderRef:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The global id.")
    external_id: str | None = strawberry.field(default=strawberry.UNSET, description="The caller's own key.")


@strawberry.input(description="Which orders. All that is given must hold.")
class OrderFilter:
    customer: CustomerRef | None = strawberry.field(default=None, description="Of this customer.")
    ordered_from: datetime | None = strawberry.field(
        default=None, description="Ordered at this moment or later."
    )
    ordered_until: datetime | None = strawberry.field(default=None, description="Ordered before this moment.")
