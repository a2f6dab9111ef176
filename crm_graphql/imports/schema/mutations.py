"""Keeping mappings."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation
from crm_graphql.imports.plans import ImportOptions
from crm_graphql.imports.schema.inputs import ImportMappingDeleteInput, ImportMappingSaveInput
from crm_graphql.imports.schema.types import (
    ImportMapping,
    ImportMappingDeletePayload,
    ImportMappingSavePayload,
)
from crm_graphql.imports.service import delete_mapping, save_mapping


@mutation(
    Permission.INGESTIONS_WRITE,
    "Keep columns and options under a name; with an id that mapping is replaced.",
    subject="id",
)
async def import_mapping_save(
    info: Info, input: Annotated[ImportMappingSaveInput, strawberry.argument(description="The mapping.")]
) -> ImportMappingSavePayload:
    row = await save_mapping(
        info.context.actor,
        None if input.id is None else decode_key("ImportMapping", input.id),
        name=input.name,
        kind=input.kind,
        columns=[(column.column, column.field) for column in input.columns],
        options=ImportOptions() if input.options is None else input.options.options(),
        clock=info.context.resources.clock,
    )
    return ImportMappingSavePayload(import_mapping=ImportMapping.from_document(row))


@mutation(Permission.INGESTIONS_WRITE, "Delete a kept mapping.", subject="id")
async def import_mapping_delete(
    info: Info, input: Annotated[ImportMappingDeleteInput, strawberry.argument(description="Which mapping.")]
) -> ImportMappingDeletePayload:
    await delete_mapping(info.context.actor, decode_key("ImportMapping", input.id))
    return ImportMappingDeletePayload(deleted_id=input.id)
