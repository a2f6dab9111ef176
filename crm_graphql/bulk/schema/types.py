"""Bulk operations and tags as clients see them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.bulk.queries import operations_by_ids
from crm_graphql.bulk.schema.enums import BulkOperationKind
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.connections import Connection, Edge
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, register
from crm_graphql.ingestion.schema.enums import IngestionStatus


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

    @classmethod
    def from_document(cls, row: Row) -> BulkOperation:
        """The projection of an operation's document."""
        return cls(
            id=global_id("BulkOperation", row["_id"]),
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
