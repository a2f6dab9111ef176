"""Reading the fields of files, and kept mappings."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.imports.custom import import_fields as import_fields_of
from crm_graphql.imports.fields import FIELDS
from crm_graphql.imports.queries import list_mappings
from crm_graphql.imports.schema.enums import IngestionKind
from crm_graphql.imports.schema.types import ImportField, ImportMapping


@query(Permission.INGESTIONS_READ, "What rows of a file may bring, and the headings that are recognised.")
async def import_fields(
    info: Info, kind: Annotated[IngestionKind, strawberry.argument(description="What the rows are.")]
) -> list[ImportField]:
    custom = import_fields_of(await definitions()) if kind is IngestionKind.CUSTOMERS else ()
    return [ImportField.of(field) for field in (*FIELDS[kind], *custom)]


@query(Permission.INGESTIONS_READ, "Kept mappings, by kind and name.")
async def import_mappings(
    info: Info,
    kind: Annotated[IngestionKind | None, strawberry.argument(description="Only those of this kind.")] = None,
) -> list[ImportMapping] | None:
    return [ImportMapping.from_document(row) for row in await list_mappings(kind)]
