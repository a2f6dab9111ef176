"""The preview door's answer as a type, for clients that are generated from the schema; no field gives it."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from crm_graphql.imports.schema.types import ImportOptions
from crm_graphql.ingestion.schema.types import RowError


@strawberry.type(description="A column of a file, and what would become of it.")
class ImportColumn:
    column: str = strawberry.field(description="The heading as it stands in the file.")
    samples: list[str] = strawberry.field(description="Some of its first values.")
    field: str | None = strawberry.field(description="The field that it goes to; null: nothing takes it.")
    because: str | None = strawberry.field(
        description='Why that field: "heading", "preset shopify", "mapping".'
    )


@strawberry.type(
    description="What a file is, and what would become of it: the answer of POST /ingest/{kind}/preview."
)
class ImportPreview:
    format: str = strawberry.field(description='"csv", "xlsx", "ndjson" or "json".')
    encoding: str | None = strawberry.field(description="How its text is encoded.")
    delimiter: str | None = strawberry.field(description="What separates its cells.")
    sheets: list[str] = strawberry.field(description="Of a workbook.")
    preset: str | None = strawberry.field(description="Whose export it is; null: none recognised.")
    columns: list[ImportColumn] = strawberry.field(description="In the order of the file.")
    missing_fields: list[str] = strawberry.field(
        description="Required or useful fields that no column brings."
    )
    options: ImportOptions = strawberry.field(description="How its cells would be read.")
    questions: list[str] = strawberry.field(description="What an option must say before a row can be read.")
    records: list[JSON] = strawberry.field(
        description="The first 20 rows as records, in the file's field names."
    )
    row_errors: list[RowError] = strawberry.field(description="What is wrong with its first rows.")


TYPES = (ImportPreview,)
