"""Inputs of groups."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from crm_graphql.bulk.schema.inputs import CustomersTargetInput


@strawberry.input(description="A new group.")
class GroupCreateInput:
    name: str = strawberry.field(description="1 to 200 characters; no other group has it.")
    description: str | None = strawberry.field(default=None, description="At most 2,000 characters.")


@strawberry.input(description="A change of a group. A field left out stays.")
class GroupUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which group.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters; no other has it.")
    description: str | None = strawberry.field(
        default=UNSET, description="At most 2,000 characters; null clears it."
    )


@strawberry.input(description="The end of a group.")
class GroupDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which group.")


@strawberry.input(description="Customers who join a group, or leave it.")
class GroupMembersInput:
    id: strawberry.ID = strawberry.field(description="Which group.")
    target: CustomersTargetInput = strawberry.field(description="Who.")
