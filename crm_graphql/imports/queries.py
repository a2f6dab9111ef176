"""Kept mappings as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.core.paging import Row
from crm_graphql.imports.documents import ImportMapping
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import DateOrder, ImportOptions, ImportRequest
from crm_graphql.mongo.pages import read_by_ids


async def mappings_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The mappings with these ids, by id."""
    return await read_by_ids(ImportMapping.get_pymongo_collection(), ids)


async def list_mappings(kind: IngestionKind | None) -> Sequence[Row]:
    """The mappings of a kind, or of all, by kind and name."""
    wanted = {} if kind is None else {"kind": kind.value}
    found = ImportMapping.get_pymongo_collection().find(wanted).sort([("kind", 1), ("name_key", 1)])
    return await found.to_list()


async def request_of_mapping(key: ObjectId, kind: IngestionKind) -> ImportRequest | None:
    """What a kept mapping of the kind asks of a file; None where there is none such."""
    row = await ImportMapping.get_pymongo_collection().find_one({"_id": key, "kind": kind.value})
    if row is None:
        return None
    columns = tuple((column["column"], column["field"]) for column in row["columns"])
    return ImportRequest(columns, None, options_of(row["options"]))


def options_of(stored: Mapping[str, Any]) -> ImportOptions:
    """Options out of a mapping's document."""
    order, empty = stored.get("date_order"), stored.get("empty")
    return ImportOptions(
        date_order=None if order is None else DateOrder(order),
        decimal_comma=stored.get("decimal_comma"),
        time_zone=stored.get("time_zone"),
        country=stored.get("country"),
        empty=None if empty is None else tuple(empty),
    )
