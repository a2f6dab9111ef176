"""Traces of a person in ingestions, which an erasure deletes: row errors, and records that were set aside."""

from __future__ import annotations

from typing import Any

from beanie import Document
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.erased import STEP
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import DeadLetter, RefusedRow, RowErrorRecord
from crm_graphql.ingestion.payloads import Undecodable, decode_records

_OF_ROWS: tuple[type[Document], ...] = (RowErrorRecord, RefusedRow)
"""What is kept of single rows, each under the external id of the row."""


async def delete_row_errors(external_id: str, session: AsyncClientSession) -> bool:
    """Delete some of what is kept of refused rows under the external id. True once there is no other. Figures
    of ingestions stay."""
    is_all = True
    for document in _OF_ROWS:
        collection = document.get_pymongo_collection()
        found = collection.find({"external_id": external_id}, {"_id": 1}, limit=STEP, session=session)
        keys = [row["_id"] async for row in found]
        if keys:
            await collection.delete_many({"_id": {"$in": keys}}, session=session)
        is_all &= len(keys) < STEP
    return is_all


async def has_dead_letters(session: AsyncClientSession) -> bool:
    """Whether any record was set aside, of whomever."""
    return await DeadLetter.get_pymongo_collection().find_one({}, {"_id": 1}, session=session) is not None


async def delete_dead_letters(external_id: str) -> None:
    """Delete the records of the customer and of their orders that were set aside. They are few at all times,
    so each is looked into."""
    if keys := await dead_letters_naming(external_id):
        await DeadLetter.get_pymongo_collection().delete_many({"_id": {"$in": keys}})


async def dead_letters_naming(external_id: str) -> list[Any]:
    """The ids of the records of the customer and of their orders that were set aside."""
    letters = DeadLetter.get_pymongo_collection().find({}, {"kind": 1, "record": 1})
    return [row["_id"] async for row in letters if _names(row, external_id)]


def _names(row: dict[str, Any], external_id: str) -> bool:
    kind = IngestionKind(row["kind"])
    field = {IngestionKind.CUSTOMERS: "external_id", IngestionKind.ORDERS: "customer_external_id"}.get(kind)
    try:
        records = decode_records(kind, row["record"])
    except Undecodable:
        # What nobody can read may hold the id as it was written.
        return external_id.encode() in row["record"]
    return field is not None and any(getattr(record, field) == external_id for record in records)
