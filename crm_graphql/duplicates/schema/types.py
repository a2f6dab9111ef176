"""Duplicates as clients see them."""

from __future__ import annotations

import strawberry

from crm_graphql.core.paging import Row
from crm_graphql.customers.schema.types import CUSTOMER_COLUMNS, Customer
from crm_graphql.duplicates.queries import AddressRef
from crm_graphql.duplicates.schema.loaders import Sharing, sharing_loader
from crm_graphql.gql.context import Info
from crm_graphql.gql.selection import projection, selected


@strawberry.type(description="Customers who share an address, and may be one person.")
class Duplicate:
    by: str = strawberry.field(description='What they share: "email" or "phone".')
    value: str = strawberry.field(description="The address that they share; case does not count.")
    count: int = strawberry.field(description="How many customers have it.")

    @classmethod
    def from_document(cls, row: Row) -> Duplicate:
        """The shared address."""
        return cls(by=row["by"], value=row["value"], count=row["customers"])

    @strawberry.field(description="Those who have it, at most ten.")
    async def customers(self, info: Info) -> list[Customer]:
        fields = frozenset(projection(CUSTOMER_COLUMNS, selected(info)))
        key = Sharing(AddressRef(self.by, self.value), fields)
        rows = await info.context.loader(sharing_loader).load(key)
        return [Customer.from_document(row) for row in rows]
