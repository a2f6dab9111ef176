"""Inputs that name, filter and order customers."""

from __future__ import annotations

import strawberry

from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.core.ids import decode_key
from crm_graphql.customers.queries import CustomerReference, CustomerSortField, SortDirection
from crm_graphql.gql.enums import describe_enum

describe_enum(
    CustomerSortField,
    "What a list of customers can be ordered by.",
    {
        "CREATED_AT": "When the customer was first heard of.",
        "NAME": "The name, without regard to case; customers without one come first.",
        "TOTAL_SPEND": "The total spend.",
        "VISIT_COUNT": "The number of visits.",
        "LAST_VISIT_AT": "The latest visit; customers without one come first.",
    },
)
describe_enum(
    SortDirection, "Which end comes first.", {"ASC": "From small to large.", "DESC": "From large to small."}
)


@strawberry.input(one_of=True, description="Names a customer. Exactly one of the two.")
class CustomerRef:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The global id.")
    external_id: str | None = strawberry.field(default=strawberry.UNSET, description="The caller's own key.")

    def reference(self, *, field: str) -> CustomerReference:
        """The reference for the service. Raises InvalidInput under `field` for an id that is none."""
        if self.id:
            return CustomerReference(key=decode_key("Customer", self.id, field=field))
        return CustomerReference(external_id=self.external_id or "")


@strawberry.input(description="Which customers. All that is given must hold.")
class CustomerFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Beginnings of words of the name in any order, or of email, phone or external id; "
        "case does not count.",
    )
    tags: list[str] | None = strawberry.field(default=None, description="Has all of them.")
    rule: RuleInput | None = strawberry.field(default=None, description="Matches this rule now.")
    audience_id: strawberry.ID | None = strawberry.field(
        default=None, description="Matches this audience's rule now."
    )
    group_id: strawberry.ID | None = strawberry.field(default=None, description="Is in this group.")


@strawberry.input(description="The order of a list of customers.")
class CustomerSort:
    field: CustomerSortField = strawberry.field(description="What to compare.")
    direction: SortDirection = strawberry.field(description="Which end comes first.")
