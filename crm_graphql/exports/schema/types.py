"""Exports as clients see them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.exports.links import export_url
from crm_graphql.exports.queries import exports_by_ids
from crm_graphql.exports.schema.enums import ExportFormat, ExportStatus, ExportSubject
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, register


@strawberry.type(description="A file of customers, orders or deliveries, made in the background.")
class Export(Node):
    subject: ExportSubject = strawberry.field(description="What it holds.")
    format: ExportFormat = strawberry.field(description="How it is written; packed with gzip.")
    status: ExportStatus = strawberry.field(description="How far it is.")
    failure_reason: str | None = strawberry.field(description="Why it failed, and what to do.")
    rows: int = strawberry.field(description="Rows in the file so far.")
    as_of: datetime | None = strawberry.field(
        description="The moment that it is of: when its making began. Null before."
    )
    is_one_moment: bool = strawberry.field(
        description="Whether all of it is as of that moment. False once MongoDB's history has ended before "
        "the export did: then the rest is as it was when it was read."
    )
    note: str | None = strawberry.field(description="What is to be known of that.")
    created_by: str | None = strawberry.field(description="Who asked for it.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    expires_at: datetime = strawberry.field(description="When the file is removed.")
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Export:
        """The projection of an export's document."""
        return cls(
            id=global_id("Export", row["_id"]),
            subject=ExportSubject(row["content"]),
            format=ExportFormat(row["format"]),
            status=ExportStatus(row["status"]),
            failure_reason=row["failure_reason"],
            rows=row["rows"],
            as_of=row["as_of"],
            is_one_moment=row["is_one_moment"],
            note=row["note"],
            created_by=row["created_by"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            row=row,
        )

    @strawberry.field(
        description="Where the file can be downloaded for the next 15 minutes, by who asks; each download is "
        "audited. Null until it is COMPLETED, once it has expired, and for who may not read what is in it."
    )
    def url(self, info: Info) -> str | None:
        resources = info.context.resources
        return export_url(info.context.actor, self.row, settings=resources.settings, clock=resources.clock)


register(Export, permission=Permission.EXPORTS_READ, loader=rows_by_id(exports_by_ids))


@strawberry.type(description="What became of exportCreate.")
class ExportCreatePayload(Payload):
    export: Export | None = strawberry.field(default=None, description="The export.")
