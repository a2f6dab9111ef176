"""Making, changing and deleting custom fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import UNSET

from crm_graphql.audiences.queries import audiences_naming_field
from crm_graphql.campaigns.queries import campaigns_naming_field
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.schema.inputs import (
    CustomFieldCreateInput,
    CustomFieldDeleteInput,
    CustomFieldUpdateInput,
)
from crm_graphql.custom_fields.schema.types import (
    CustomField,
    CustomFieldCreatePayload,
    CustomFieldDeletePayload,
    CustomFieldUpdatePayload,
)
from crm_graphql.custom_fields.service import PARTS, create_field, delete_field, update_field
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.custom_values import count_misfits
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import Node, node_type
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.SETTINGS_WRITE,
    "Make a custom field: it can be used at once, in edits, files, rules and templates. ALREADY_EXISTS for a "
    "key that another field has.",
)
async def custom_field_create(
    info: Info, input: Annotated[CustomFieldCreateInput, strawberry.argument(description="The field.")]
) -> CustomFieldCreatePayload:
    parts = {name: getattr(input, name) for name in PARTS}
    row = await create_field(info.context.actor, input.key, input.type, parts)
    return CustomFieldCreatePayload(custom_field=CustomField.from_document(row))


@mutation(
    Permission.SETTINGS_WRITE,
    "Change a custom field. Values that customers have stay as they are; `misfits` counts those that would "
    "not be taken any more.",
    subject="id",
)
async def custom_field_update(
    info: Info, input: Annotated[CustomFieldUpdateInput, strawberry.argument(description="The change.")]
) -> CustomFieldUpdatePayload:
    changes = {name: value for name in PARTS if (value := getattr(input, name)) is not UNSET}
    row = await update_field(info.context.actor, decode_key("CustomField", input.id), changes)
    resources = info.context.resources
    timeout = resources.settings.rule_count_timeout_seconds
    misfits = await count_misfits(Definition.from_document(row), timeout_seconds=timeout)
    await tell_customers_changed(resources.bus)
    return CustomFieldUpdatePayload(custom_field=CustomField.from_document(row), misfits=misfits)


async def _used_by(key: str) -> Sequence[Node]:
    """The audiences, and the campaigns that have not ended, that name the field."""
    audiences = [node_type("Audience").make(row) for row in await audiences_naming_field(key)]
    return [*audiences, *[node_type("Campaign").make(row) for row in await campaigns_naming_field(key)]]


@mutation(
    Permission.SETTINGS_WRITE,
    "Delete a custom field and, in the background, all values of it. WRONG_STATE while audiences or "
    "campaigns name it: `usedBy` says which.",
    subject="id",
)
async def custom_field_delete(
    info: Info, input: Annotated[CustomFieldDeleteInput, strawberry.argument(description="Which field.")]
) -> CustomFieldDeletePayload:
    await delete_field(info.context.actor, decode_key("CustomField", input.id), used_by=_used_by)
    await tell_customers_changed(info.context.resources.bus)
    return CustomFieldDeletePayload(deleted_id=input.id)
