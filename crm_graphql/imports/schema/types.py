"""Fields, mappings and options of imports as clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, register
from crm_graphql.imports.fields.field import ImportField as Field
from crm_graphql.imports.queries import mappings_by_ids
from crm_graphql.imports.schema.enums import DateOrder, IngestionKind


@strawberry.type(description="What a row of a file may bring.")
class ImportField:
    field: str = strawberry.field(description="Its name in files.")
    label: str = strawberry.field(description="Its name for people.")
    description: str = strawberry.field(description="What it holds.")
    is_required: bool = strawberry.field(description="Whether every file must bring it.")
    aliases: list[str] = strawberry.field(
        description="Other headings that are recognised, without regard to case, spaces, _ and -."
    )
    example: str = strawberry.field(description="A value as a file may hold it.")

    @classmethod
    def of(cls, found: Field) -> ImportField:
        """The field as a client sees it."""
        return cls(
            field=found.field,
            label=found.label,
            description=found.description,
            is_required=found.is_required,
            aliases=list(found.aliases),
            example=found.example,
        )


@strawberry.type(description="A column of a file and the field that it goes to.")
class ColumnMapping:
    column: str = strawberry.field(description="The heading as it stands in the file.")
    field: str | None = strawberry.field(description="An ImportField's `field`; null: it is left out.")

    @classmethod
    def from_stored(cls, column: Mapping[str, Any]) -> ColumnMapping:
        """The projection of a stored column."""
        return cls(column=column["column"], field=column["field"])


@strawberry.type(description="How cells are read.")
class ImportOptions:
    date_order: DateOrder = strawberry.field(description="In which order a date of three numbers stands.")
    decimal_comma: bool = strawberry.field(description="Whether 1,5 is one and a half.")
    time_zone: str = strawberry.field(description="IANA name, for times without an offset.")
    country: str | None = strawberry.field(
        description="ISO 3166-1 alpha-2, for telephone numbers in national form."
    )
    empty: list[str] = strawberry.field(description='Cells that mean nothing, e.g. "n/a".')

    @classmethod
    def from_stored(cls, options: Mapping[str, Any]) -> ImportOptions:
        """The projection of stored options; what they leave open is as it is without them."""
        return cls(
            date_order=DateOrder(options.get("date_order") or DateOrder.YMD.value),
            decimal_comma=options.get("decimal_comma") or False,
            time_zone=options.get("time_zone") or "UTC",
            country=options.get("country"),
            empty=options.get("empty") or [],
        )


@strawberry.type(
    description="Columns and options kept under a name. Several columns may go to one field: `name` joins "
    "them with a space in the order of the list, `tags` takes them all."
)
class ImportMapping(Node):
    name: str = strawberry.field(description="Its name.")
    kind: IngestionKind = strawberry.field(description="What the file's rows are.")
    columns: list[ColumnMapping] = strawberry.field(description="In the order given.")
    options: ImportOptions = strawberry.field(description="How cells are read.")
    options_said: list[str] = strawberry.field(
        description="Names of the options that it says; the others are guessed anew from each file."
    )
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_document(cls, row: Row) -> ImportMapping:
        """The projection of a mapping's document."""
        return cls(
            id=global_id("ImportMapping", row["_id"]),
            name=row["name"],
            kind=IngestionKind(row["kind"]),
            columns=[ColumnMapping.from_stored(column) for column in row["columns"]],
            options=ImportOptions.from_stored(row["options"]),
            options_said=[to_camel_case(option) for option in row["options"]],
            created_at=row["created_at"],
        )


register(ImportMapping, permission=Permission.INGESTIONS_READ, loader=rows_by_id(mappings_by_ids))


@strawberry.type(description="What became of importMappingSave.")
class ImportMappingSavePayload(Payload):
    import_mapping: ImportMapping | None = strawberry.field(
        default=None, description="The mapping as it now stands."
    )


@strawberry.type(description="What became of importMappingDelete.")
class ImportMappingDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The mapping that is gone.")
