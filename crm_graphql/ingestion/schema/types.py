"""Ingestions as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry
from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.paging import Page, Row
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
from crm_graphql.gql.context import Context, Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import ChildPage, child_pages, own_rows_by_id
from crm_graphql.gql.node import Node, global_id, register
from crm_graphql.gql.selection import Columns, projection, selected
from crm_graphql.imports.schema.types import ColumnMapping
from crm_graphql.ingestion.queries import (
    ROW_ORDER,
    count_row_errors,
    ingestions_by_ids,
    row_errors_of_ingestions,
)
from crm_graphql.ingestion.refused_rows import refused_rows_url
from crm_graphql.ingestion.schema.enums import IngestionKind, IngestionStatus

ROW_ERROR_COLUMNS = Columns(
    "RowError",
    {
        "row": ("row",),
        "externalId": ("external_id",),
        "field": ("field",),
        "value": ("value",),
        "code": ("code",),
        "message": ("message",),
        "line": ("line",),
        "column": ("column",),
    },
)


def row_errors_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """An ingestion's row errors, in the order of rows."""
    return child_pages(row_errors_of_ingestions)


@strawberry.type(description="One row that was refused, or taken without a field that was wrong.")
class RowError:
    row: int = strawberry.field(
        description="Zero-based position in what was sent (in a file: data rows, the header not counted). "
        "Negative where what was stored of the row can no longer be read, not even its position."
    )
    external_id: str | None = strawberry.field(description="The row's own key, where it could be read.")
    field: str | None = strawberry.field(description="The field at fault.")
    value: str | None = strawberry.field(description="What stood there, cut at 100 characters.")
    code: ErrorCode = strawberry.field(description="What kind of problem it is.")
    message: str = strawberry.field(description="A sentence that says what is wrong and what to do.")
    line: int | None = strawberry.field(
        description="Of the file, 1 is its first line; null where there is no file."
    )
    column: str | None = strawberry.field(description="The heading as it stands in the file.")

    @classmethod
    def from_document(cls, row: Row) -> RowError:
        """The projection of a row error."""
        return cls(
            row=row["row"],
            external_id=row.get("external_id"),
            field=row.get("field"),
            value=row.get("value"),
            code=ErrorCode(row.get("code", "INVALID")),
            message=row.get("message", ""),
            line=row.get("line"),
            column=row.get("column"),
        )


@strawberry.type(description="Rows with one fault.")
class RowErrorCount:
    column: str | None = strawberry.field(description="The heading as it stands in the file.")
    code: ErrorCode = strawberry.field(description="What kind of problem it is.")
    message: str = strawberry.field(
        description="What is wrong and what to do, without what is peculiar to a row."
    )
    count: int = strawberry.field(description="How many rows have it.")
    first: int = strawberry.field(description="Line of the first in the file, row where there is no file.")


@strawberry.type(description="One delivery of records by a caller, and what became of them.")
class Ingestion(Node):
    kind: IngestionKind = strawberry.field(description="What the records are.")
    status: IngestionStatus = strawberry.field(description="How far it is.")
    failure_reason: str | None = strawberry.field(description="Why it failed, when it did.")
    source: str | None = strawberry.field(description="Where the records came from, as the caller said.")
    received: int = strawberry.field(description="Records read so far. received = accepted + rejected.")
    accepted: int = strawberry.field(
        description="Good records. In the end accepted = created + updated + unchanged + failed."
    )
    rejected: int = strawberry.field(description="Records refused at the door, each with a row error.")
    incomplete: int = strawberry.field(
        description="Of the accepted ones: taken without a field that was wrong, each with a row error."
    )
    created: int = strawberry.field(description="Records that made a new object.")
    updated: int = strawberry.field(description="Records that changed an object.")
    unchanged: int = strawberry.field(description="Records that changed nothing.")
    failed: int = strawberry.field(description="Good records that could not be applied; each a dead letter.")
    created_at: datetime = strawberry.field(description="When its first record came.")
    completed_at: datetime | None = strawberry.field(description="When its last record was applied.")
    columns: list[ColumnMapping] = strawberry.field(
        description="Which column went to which field; empty for records of a mutation."
    )
    ignored_columns: list[str] = strawberry.field(description="Columns that nothing took.")
    is_dry_run: bool = strawberry.field(description="Counted and written nowhere but here; kept a day.")
    bytes_received: Decimal | None = strawberry.field(
        description="Of the file so far, as it came, packed or not; null for records of a mutation."
    )
    row_error_counts: list[RowErrorCount] = strawberry.field(
        description="Rows at the door with a fault, by cause, most first, at most 50."
    )
    row: strawberry.Private[Row]
    key: strawberry.Private[ObjectId]

    @classmethod
    def from_document(cls, row: Row) -> Ingestion:
        """The projection of an ingestion document whose `counters` are filled."""
        counters: dict[str, int] = row.get("counters") or {}
        plan = row.get("plan") or {}
        received = row.get("bytes_received")
        return cls(
            id=global_id("Ingestion", row["_id"]),
            key=row["_id"],
            kind=IngestionKind(row["kind"]),
            status=IngestionStatus(row["status"]),
            failure_reason=row.get("failure_reason"),
            source=row.get("source"),
            received=row["received"],
            accepted=row["received"] - row["rejected"],
            rejected=row["rejected"],
            incomplete=row.get("incomplete", 0),
            created=counters.get("created", 0),
            updated=counters.get("updated", 0),
            unchanged=counters.get("unchanged", 0),
            failed=counters.get("failed", 0),
            created_at=row["created_at"],
            completed_at=row.get("completed_at"),
            columns=[ColumnMapping.from_stored(column) for column in plan.get("columns", [])],
            ignored_columns=plan.get("ignored", []),
            is_dry_run=bool(row.get("is_dry_run")),
            bytes_received=None if received is None else Decimal(received),
            row_error_counts=[
                RowErrorCount(**{**cause, "code": ErrorCode(cause["code"])})
                for cause in row.get("row_error_counts") or []
            ],
            row=row,
        )

    @strawberry.field(
        description="The refused rows as they came, with the columns `error` and `error_column`, to mend "
        "and send again: CSV, or NDJSON for JSON. Signed for 15 minutes, for callers with INGESTIONS_WRITE; "
        "null without any, and once they are not kept any more."
    )
    async def row_errors_url(self, info: Info) -> str | None:
        resources = info.context.resources
        return refused_rows_url(
            info.context.actor, self.row, settings=resources.settings, clock=resources.clock
        )

    @strawberry.field(description="The rows that were refused or are incomplete, in their order.")
    async def row_errors(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[RowError] | None:
        fields = frozenset(projection(ROW_ERROR_COLUMNS, selected(info, *CONNECTION_PATHS)))
        cursors = list_cursors(info, ROW_ORDER, self.key)
        key = ChildPage(self.key, cursors.page(first, after, last, before), fields)
        page = await info.context.loader(row_errors_loader).load(key)
        return connection(page, cursors, RowError.from_document, lambda: count_row_errors(self.key))


register(Ingestion, permission=Permission.INGESTIONS_READ, loader=own_rows_by_id(ingestions_by_ids))


@strawberry.type
class IngestPayload(Payload):
    """Base of the payloads that hold an ingestion."""

    ingestion: Ingestion | None = strawberry.field(
        default=None, description="What was taken in. Row problems are only in its `rowErrors`."
    )


@strawberry.type(description="What became of customersIngest.")
class CustomersIngestPayload(IngestPayload):
    pass


@strawberry.type(description="What became of ordersIngest.")
class OrdersIngestPayload(IngestPayload):
    pass


@strawberry.type(description="What became of ingestionReplay.")
class IngestionReplayPayload(Payload):
    ingestion: Ingestion | None = strawberry.field(
        default=None, description="The ingestion as it now stands."
    )
