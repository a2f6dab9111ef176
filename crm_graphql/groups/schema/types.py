"""Groups as clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.bulk.schema.types import BulkOperation
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.customers.queries import list_customers, list_filter, sort_key
from crm_graphql.gql.connections import (
    CONNECTION_PATHS,
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    list_cursors,
)
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.groups.schema.loaders import group_loader, group_size_loader

if TYPE_CHECKING:
    from crm_graphql.customers.schema.types import Customer


@strawberry.type(description="Customers that somebody has put together, under a name.")
class Group(Node):
    name: str = strawberry.field(description="The name; no other group has it.")
    description: str | None = strawberry.field(description="What it is for.")
    key: strawberry.Private[ObjectId]

    @classmethod
    def from_document(cls, row: Row) -> Group:
        """The projection of a group's document."""
        return cls(
            id=global_id("Group", row["_id"]),
            key=row["_id"],
            name=row["name"],
            description=row.get("description"),
        )

    @strawberry.field(description="How many customers are in it.")
    async def size(self, info: Info) -> int | None:
        return await info.context.loader(group_size_loader).load(self.key)

    @strawberry.field(description="The customers in it, newest first.")
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")]] | None:
        customer = node_type("Customer")
        matching = list_filter(group_id=self.key)
        fields = customer.projection(info, *CONNECTION_PATHS)
        cursors = list_cursors(info, sort_key(), self.key)
        page = await list_customers(
            matching, sort_key(), cursors.page(first, after, last, before), fields=fields
        )
        return connection(
            page, cursors, customer.make, lambda: info.context.loader(group_size_loader).load(self.key)
        )


register(Group, permission=Permission.CUSTOMERS_READ, loader=group_loader)


@strawberry.type
class GroupPayload(Payload):
    """Base of the payloads that hold a group."""

    group: Group | None = strawberry.field(default=None, description="The group as it now stands.")


@strawberry.type(description="What became of groupCreate.")
class GroupCreatePayload(GroupPayload):
    pass


@strawberry.type(description="What became of groupUpdate.")
class GroupUpdatePayload(GroupPayload):
    pass


@strawberry.type(description="What became of groupDelete. Its members leave it in the background.")
class GroupDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what was deleted."
    )


@strawberry.type(description="What became of groupMembersAdd or groupMembersRemove.")
class GroupMembersPayload(GroupPayload):
    operation: BulkOperation | None = strawberry.field(
        default=None, description="The operation that does it, COMPLETED where it is done."
    )
