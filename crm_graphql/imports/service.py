"""Kept mappings as they are written: saved under a name, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import (
    AlreadyExists,
    Faults,
    InvalidInput,
    LimitExceeded,
    NotFound,
    RequiredInput,
)
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.imports.asked import checked_columns, checked_country, checked_empty, checked_time_zone
from crm_graphql.imports.columns import SEVERAL
from crm_graphql.imports.documents import ImportMapping
from crm_graphql.imports.fields import FIELDS
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportOptions

MAPPINGS_LIMIT = 1_000

Columns = Sequence[tuple[str, str | None]]


async def save_mapping(
    actor: Actor,
    key: ObjectId | None,
    *,
    name: str,
    kind: IngestionKind,
    columns: Columns,
    options: ImportOptions,
    clock: Clock,
) -> Row:
    """Keep columns and options under a name: a new mapping, or the one with `key` as a whole.

    Requires INGESTIONS_WRITE. Raises InvalidInput with every problem, AlreadyExists for a name that another
    mapping of the kind has in any case of its letters, NotFound, LimitExceeded.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    custom = await definitions() if kind is IngestionKind.CUSTOMERS else NO_FIELDS
    values = {**_checked(name, kind, columns, options, custom), "updated_at": clock.now()}
    mappings = ImportMapping.get_pymongo_collection()
    try:
        if key is None:
            if await mappings.count_documents({}) >= MAPPINGS_LIMIT:
                raise LimitExceeded(f"There are {MAPPINGS_LIMIT:,} mappings already. Delete one first.")
            made = {"_id": ObjectId(), **values, "created_at": values["updated_at"]}
            await mappings.insert_one(made)
            return made
        updated: Row | None = await mappings.find_one_and_update(
            {"_id": key}, {"$set": values}, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        raise AlreadyExists(
            f"Another mapping of {kind.value.lower()} has this name. Choose another one.", path=("name",)
        ) from None
    if updated is None:
        raise _missing()
    return updated


async def delete_mapping(actor: Actor, key: ObjectId) -> None:
    """Delete a mapping; uploads that began with it go on. Requires INGESTIONS_WRITE. Raises NotFound."""
    actor.require(Permission.INGESTIONS_WRITE)
    if not (await ImportMapping.get_pymongo_collection().delete_one({"_id": key})).deleted_count:
        raise _missing()


def _checked(
    name: str, kind: IngestionKind, columns: Columns, options: ImportOptions, custom: Definitions
) -> dict[str, Any]:
    faults = Faults()
    values: dict[str, Any] = {"kind": kind.value}
    with faults.noted():
        values["name"] = checked_name(name, needed="A mapping needs a name.")
        values["name_key"] = values["name"].casefold()
    with faults.noted():
        checked = checked_columns(columns, "columns")
        check_fields(kind, checked, custom)
        values["columns"] = [{"column": column, "field": field} for column, field in checked]
    said = {option: value for option, value in asdict(options).items() if value is not None}
    with faults.noted("options"):
        if options.time_zone is not None:
            said["time_zone"] = checked_time_zone(options.time_zone)
    with faults.noted("options"):
        if options.country is not None:
            said["country"] = checked_country(options.country)
    with faults.noted("options"):
        if options.empty is not None:
            said["empty"] = list(checked_empty(options.empty))
    if options.date_order is not None:
        said["date_order"] = options.date_order.value
    faults.check()
    return {**values, "options": said}


def check_fields(
    kind: IngestionKind, columns: Iterable[tuple[str, str | None]], custom: Definitions = NO_FIELDS
) -> None:
    """Raise InvalidInput at `columns` for fields that there are not, for one that two columns bring and that
    takes one only, and for a mapping of no column to any field."""
    known = {field.field for field in FIELDS[kind]} | {field.name for field in custom.values()}
    taken: dict[str, str] = {}
    faults = Faults()
    for column, field in columns:
        if field is None:
            continue
        with faults.noted():
            if field not in known:
                raise InvalidInput(
                    f'There is no field "{field[:60]}" of {kind.value.lower()}. There are: '
                    f"{', '.join(sorted(known))}.",
                    path=("columns",),
                )
            if field in taken and field not in SEVERAL:
                raise InvalidInput(
                    f'The columns "{taken[field][:60]}" and "{column[:60]}" go to one field, {field}, that '
                    "takes one only.",
                    path=("columns",),
                )
            taken[field] = column
    faults.check()
    if not taken:
        raise RequiredInput("A mapping needs a column that goes to a field.", path=("columns",))


def _missing() -> NotFound:
    return NotFound("There is no such mapping.", path=("id",))
