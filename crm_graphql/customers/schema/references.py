"""The input that names a customer, for every schema that means one."""

from __future__ import annotations

import strawberry

from crm_graphql.core.ids import decode_key
from crm_graphql.customers.queries import CustomerReference


@strawberry.input(one_of=True, description="Names a customer. Exactly one of the two.")
class CustomerRef:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The global id.")
    external_id: str | None = strawberry.field(default=strawberry.UNSET, description="The caller's own key.")

    def reference(self, *, field: str) -> CustomerReference:
        """The reference for the service. Raises InvalidInput under `field` for an id that is none."""
        if self.id:
            return CustomerReference(key=decode_key("Customer", self.id, field=field))
        return CustomerReference(external_id=self.external_id or "")
