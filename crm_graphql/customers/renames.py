"""Renamed tags in records: a file that began before a tag was renamed brings the new name, however late."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.versions import record_version
from crm_graphql.customers.documents import TagRename
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.customers.tagging import TagRenaming


async def renamed_since(
    ingestion_number: int, records: Sequence[CustomerRecord], session: AsyncClientSession | None
) -> Sequence[CustomerRecord]:
    """The records of the ingestion with their tags as later renames would have left them."""
    if not any("tags" in record.changes for record in records):
        return records
    found = TagRename.get_pymongo_collection().find({"number": {"$gt": ingestion_number}}, session=session)
    renames = [
        TagRenaming(record_version(row["number"], 0), row["tag"], row["to"])
        for row in await found.sort("number").to_list()
    ]
    return [_renamed(record, renames) for record in records] if renames else records


def _renamed(record: CustomerRecord, renames: Sequence[TagRenaming]) -> CustomerRecord:
    tags: list[str] | None = record.changes.get("tags")
    if not tags:
        return record
    for renaming in renames:
        tags = renaming.of(tags)
    return msgspec.structs.replace(record, changes={**record.changes, "tags": tags})
