"""Reading custom fields."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.custom_fields.queries import find_field, list_fields
from crm_graphql.custom_fields.schema.inputs import CustomFieldRef
from crm_graphql.custom_fields.schema.types import CustomField
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.CUSTOMERS_READ, "The custom fields, in the order in which they were made; at most 100.")
async def custom_fields(info: Info) -> list[CustomField] | None:
    return [CustomField.from_document(row) for row in await list_fields()]


@query(Permission.CUSTOMERS_READ, "One custom field; null when there is none.")
async def custom_field(
    info: Info, by: Annotated[CustomFieldRef, strawberry.argument(description="Which one.")]
) -> CustomField | None:
    named: dict[str, Any] = by.named()
    row = await find_field(**named)
    return CustomField.from_document(row) if row else None
