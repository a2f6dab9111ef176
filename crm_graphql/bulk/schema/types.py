"""Bulk operations and tags as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.bulk.documents import FAILED_KEPT
from crm_graphql.bulk.queries import failures_by_ids, operations_by_ids
from crm_graphql.bulk.schema.enums import BulkOperationKind
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row, SortKey
from crm_graphql.customers.queries import count_customers, list_customers
from crm_graphql.gql.connections import (
    CONNECTION_PATHS,
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    connection,
    list_cursors,
)
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.ingestion.schema.enums import IngestionStatus

if TYPE_CHECKING:
    from crm_graphql.customers.schema.types import Customer

_AS_WALKED = SortKey((("_id", 1),))
_load_failures = rows_by_id(failures_by_ids)


@strawberry.type(description="Work over many customers in the background.")
class BulkOperation(Node):
    kind: BulkOperationKind = strawberry.field(description="What is done to each of them.")
    created_by: str | None = strawberry.field(description="Who asked for it.")
    status: IngestionStatus = strawberry.field(
        description="How far it is; FAILED also when it was cancelled."
    )
    failure_reason: str | None = strawberry.field(
        description="Why it ended early, or why customers count as failed."
    )
    matched: int | None = strawberry.field(
        description="Customers that it means, as counted at the beginning; exact once it is COMPLETED. Null "
        "where counting takes too long."
    )
    done: int = strawberry.field(
        description="Customers that are as they are to be, those that were so before among them."
    )
    failed: int = strawberry.field(description="Customers that could not be changed and are as they were.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    completed_at: datetime | None = strawberry.field(description="When it ended.")
    key: strawberry.Private[ObjectId]

    @classmethod
    def from_document(cls, row: Row) -> BulkOperation:
        """The projection of an operation's document."""
        return cls(
            id=global_id("BulkOperation", row["_id"]),
            key=row["_id"],
            kind=BulkOperationKind(row["kind"]),
            created_by=row["created_by"],
            status=IngestionStatus(row["status"]),
            failure_reason=row["failure_reason"],
            matched=row["matched"],
            done=row["done"],
            failed=row["failed"],
            created_at=row["created_at"],
            completed_at=row["completed_at"],
        )

    @strawberry.field(
        description=f"Who they are: the first {FAILED_KEPT:,} of `failed`, without those that were erased or "
        "merged into others since."
    )
    async def failed_customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")]] | None:
        customer = node_type("Customer")
        row = await info.context.loader(_load_failures).load(self.key) if self.failed else None
        matching = {"_id": {"$in": (row or {}).get("failed_ids", [])}}
        fields = customer.projection(info, *CONNECTION_PATHS)
        cursors = list_cursors(info, _AS_WALKED, self.key)
        page = await list_customers(
            matching, _AS_WALKED, cursors.page(first, after, last, before), fields=fields
        )
        return connection(page, cursors, customer.make, lambda: count_customers(matching))


register(BulkOperation, permission=Permission.CUSTOMERS_READ, loader=rows_by_id(operations_by_ids))


@strawberry.type(description="How often something occurs.")
class CategoryCount:
    name: str = strawberry.field(description="What it is called.")
    count: int = strawberry.field(description="How many there are.")

    @classmethod
    def from_tag(cls, row: Row) -> CategoryCount:
        """A tag, and how many customers have it."""
        return cls(name=row["name"], count=row["customers"])


@strawberry.type(description="A tag of a list, with its cursor.")
class TagEdge(Edge[CategoryCount]):
    pass


@strawberry.type(description="A page of tags.")
class TagConnection(Connection[CategoryCount]):
    @strawberry.field(description="The tags with their cursors.")
    def edges(self) -> list[TagEdge]:
        return [TagEdge(cursor=self.cursors.of(row), node=self.make(row)) for row in self.page.rows]


@strawberry.type
class BulkOperationPayload(Payload):
    """Base of the payloads that hold an operation."""

    operation: BulkOperation | None = strawberry.field(default=None, description="The operation.")


@strawberry.type(description="What became of customersTag.")
class CustomersTagPayload(BulkOperationPayload):
    pass


@strawberry.type(description="What became of tagRename.")
class TagRenamePayload(BulkOperationPayload):
    pass


@strawberry.type(description="What became of tagDelete.")
class TagDeletePayload(BulkOperationPayload):
    pass


@strawberry.type(description="What became of bulkOperationCancel.")
class BulkOperationCancelPayload(BulkOperationPayload):
    pass
