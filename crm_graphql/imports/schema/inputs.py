"""Mappings as clients write them."""

from __future__ import annotations

import strawberry

from crm_graphql.imports.plans import ImportOptions
from crm_graphql.imports.schema.enums import DateOrder, IngestionKind


@strawberry.input(description="A column of a file and the field that it goes to.")
class ColumnMappingInput:
    column: str = strawberry.field(description="The heading as it stands in the file.")
    field: str | None = strawberry.field(
        default=None, description="An ImportField's `field`, or null: leave the column out."
    )


@strawberry.input(description="How cells are read. What is left out is guessed where a file leaves no doubt.")
class ImportOptionsInput:
    date_order: DateOrder | None = strawberry.field(
        default=None, description="In which order a date of three numbers stands."
    )
    decimal_comma: bool | None = strawberry.field(default=None, description="Whether 1,5 is one and a half.")
    time_zone: str | None = strawberry.field(
        default=None, description="IANA name, for times without an offset."
    )
    country: str | None = strawberry.field(
        default=None, description="ISO 3166-1 alpha-2, for telephone numbers in national form."
    )
    empty: list[str] | None = strawberry.field(
        default=None, description='Cells that mean nothing, e.g. "n/a".'
    )

    def options(self) -> ImportOptions:
        """As the services take them."""
        return ImportOptions(
            date_order=self.date_order,
            decimal_comma=self.decimal_comma,
            time_zone=self.time_zone,
            country=self.country,
            empty=None if self.empty is None else tuple(self.empty),
        )


@strawberry.input(description="A mapping to keep under a name.")
class ImportMappingSaveInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="Which one to replace; left out: a new one."
    )
    name: str = strawberry.field(description="1 to 200 characters; no other mapping of the kind may have it.")
    kind: IngestionKind = strawberry.field(description="What the file's rows are.")
    columns: list[ColumnMappingInput] = strawberry.field(description="Each column at most once.")
    options: ImportOptionsInput | None = strawberry.field(default=None, description="How cells are read.")


@strawberry.input(description="The end of a kept mapping.")
class ImportMappingDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which mapping.")
