"""Exports of a person who is erased: files that were made of them by name go."""

from __future__ import annotations

from collections.abc import Sequence

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.exports.documents import Export, ExportStatus

_TEXT = "A customer in it was erased. Make it again."


async def end_exports_of(customers: Sequence[ObjectId], session: AsyncClientSession) -> None:
    """Have the files of exports that name one of the customers expire, in the session's transaction, and
    fail those that are being made."""
    await Export.get_pymongo_collection().update_many(
        {"customer_ids": {"$in": list(customers)}},
        [
            {
                "$set": {
                    "expires_at": {"$min": ["$expires_at", "$$NOW"]},
                    "status": {"$cond": ["$is_open", ExportStatus.FAILED.value, "$status"]},
                    "failure_reason": {"$cond": ["$is_open", _TEXT, "$failure_reason"]},
                    "completed_at": {"$ifNull": ["$completed_at", "$$NOW"]},
                    "is_open": False,
                }
            }
        ],
        session=session,
    )
