"""Custom fields as an administrator makes them, and customers with values of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Actor, Role
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.service import create_field, delete_field
from crm_graphql.custom_fields.values import compared, read_value
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.resources import Resources
from tests.ingestion.doors import apply_pending

ADMIN = Actor(Role.ADMIN, "ada")
TEXT, NUMBER, DATE, BOOLEAN, LIST = CustomFieldType


async def make_field(key: str, type_: CustomFieldType = NUMBER, **parts: Any) -> Definition:
    """A field of this key; its label is the key with spaces unless said."""
    label = key.replace("_", " ").capitalize()
    return Definition.from_document(await create_field(ADMIN, key, type_, {"label": label, **parts}))


def definition(type_: CustomFieldType = NUMBER, key: str = "points", **parts: Any) -> Definition:
    """A field that nobody stored."""
    return Definition(ObjectId(), key, f"{key}_1", key.capitalize(), type_, **parts)


def value_of(field: Definition, raw: object) -> Any:
    """What is stored of a value, days of moments being of UTC."""
    return read_value(field, raw, UTC)


def holding(document: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The customer's document with these values by slot."""
    document["custom_fields"] = dict(values)
    document["folded"]["custom"] = {slot: compared(value) for slot, value in values.items()}
    return document


async def unused(_key: str) -> list[object]:
    """Nothing names the field."""
    return []


async def remove(field: Definition) -> None:
    """Delete a field that nothing names."""
    await delete_field(ADMIN, field.id, used_by=unused)


async def apply_all(resources: Resources, ingestion: Ingestion) -> None:
    """Apply the chunks of one ingestion."""
    chunks = resources.database.ingestion_chunks.find({"ingestion_id": ingestion.id, "state": "PENDING"})
    await apply_pending(resources, await chunks.sort("_id").to_list())


async def row_errors(resources: Resources, ingestion: Ingestion) -> list[dict[str, Any]]:
    """Its row errors, in the order of the rows."""
    return await resources.database.row_errors.find({"ingestion_id": ingestion.id}).sort("row").to_list()
