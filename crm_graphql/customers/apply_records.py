"""Writing customers from records: each field goes by its own version, whatever order records come in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.channels import Channel
from crm_graphql.core.versions import record_version
from crm_graphql.custom_fields.queries import live_slots
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.changes import BY_IMPORT, write_changes
from crm_graphql.customers.custom_values import of_live
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import CustomerDraft, new_customer
from crm_graphql.customers.erased import erased_keys
from crm_graphql.customers.heard import write_words
from crm_graphql.customers.labels import LabelNotes
from crm_graphql.customers.merged import found_under
from crm_graphql.customers.records import Applied, CustomerRecord
from crm_graphql.customers.renames import renamed_since
from crm_graphql.customers.totals import Orders, find_lost_extremes


class SuppressedOn(Protocol):
    """Finds out which addresses must not be written to."""

    async def __call__(
        self, addresses: Collection[str], *, session: AsyncClientSession
    ) -> Mapping[str, frozenset[Channel]]:
        """For each of the addresses that is suppressed: on which channels."""


async def apply_customers(
    records: Sequence[CustomerRecord],
    *,
    ingestion_number: int,
    now: datetime,
    orders: Orders,
    suppressed_on: SuppressedOn,
    session: AsyncClientSession,
) -> Applied:
    """Merge `records` into the customers, in their order, within the session's transaction.

    Idempotent, and independent of the order in which records arrive: of each field the newest version wins.
    A concurrent writer of the same customer makes the transaction fail with a transient error or, for a new
    one, DuplicateKeyError: run it again. Records of people who were erased change nothing; those of people
    who were merged into others are the others'.
    """
    drafts, applied = await _merged(records, ingestion_number, now, session)
    await note_suppressed(drafts, suppressed_on, session)
    await find_lost_extremes((draft.totals for draft in drafts), orders, session)
    await write_drafts(drafts, now, session)
    known = [draft for draft in drafts if not draft.is_new]
    await write_changes(known, BY_IMPORT, now, session)
    await write_words({draft.customer["_id"]: draft.heard for draft in drafts}, now, session)
    return applied


async def forecast_customers(
    records: Sequence[CustomerRecord], *, ingestion_number: int, now: datetime
) -> Applied:
    """What `apply_customers` would do with the records as things are now. Writes nothing."""
    _, applied = await _merged(records, ingestion_number, now, None)
    return applied


async def _merged(
    records: Sequence[CustomerRecord],
    ingestion_number: int,
    now: datetime,
    session: AsyncClientSession | None,
) -> tuple[Sequence[CustomerDraft], Applied]:
    """The records' customers with the records merged into them, not written yet, and what that changed."""
    keys = list({record.external_id for record in records})
    found = await found_under(keys, session=session)
    by_key = {row["_id"]: CustomerDraft(row, is_new=False) for row in found.values()}
    drafts = {external_id: by_key[row["_id"]] for external_id, row in found.items()}
    erased = await erased_keys([key for key in keys if key not in drafts], session=session)
    created = updated = 0
    records = await _with_live_fields(records, session)
    for record in await renamed_since(ingestion_number, records, session):
        if record.external_id in erased:
            continue
        draft = drafts.get(record.external_id)
        version = record_version(ingestion_number, record.row)
        if draft is None:
            draft = drafts[record.external_id] = CustomerDraft(
                new_customer(record.external_id, now), is_new=True
            )
            draft.merge(record, version)
            created += 1
        elif draft.merge(record, version):
            updated += 1
    # Several external ids may lead to one.
    distinct = list(dict.fromkeys(drafts.values()))
    return distinct, Applied(created, updated, len(records) - created - updated)


async def _with_live_fields(
    records: Sequence[CustomerRecord], session: AsyncClientSession | None
) -> Sequence[CustomerRecord]:
    """The records without values of fields that were deleted since they were accepted."""
    if all(record.custom is None for record in records):
        return records
    live = await live_slots(session=session)
    return [
        record
        if record.custom is None or record.custom.keys() <= live
        else msgspec.structs.replace(record, custom=dict(of_live(record.custom, live)))
        for record in records
    ]


async def note_suppressed(
    drafts: Collection[CustomerDraft], suppressed_on: SuppressedOn, session: AsyncClientSession
) -> None:
    """Note on the drafts which of their new addresses are suppressed."""
    addresses = {address for draft in drafts for address in draft.new_addresses}
    suppressed = await suppressed_on(addresses, session=session)
    for draft in drafts:
        draft.suppress(suppressed)


async def write_drafts(drafts: Collection[CustomerDraft], now: datetime, session: AsyncClientSession) -> None:
    """Write the new customers, and what is dirty of the others."""
    collection = Customer.get_pymongo_collection()
    labels, addresses = LabelNotes(), AddressNotes()
    for draft in drafts:
        draft.settle(now)
        draft.note(labels, addresses)
    await labels.write(session)
    await addresses.write(session)
    new = [draft.customer for draft in drafts if draft.is_new]
    if new:
        await collection.insert_many(new, ordered=False, session=session)
    updates = [draft.update() for draft in drafts if draft.dirty and not draft.is_new]
    if updates:
        await collection.bulk_write(updates, ordered=False, session=session)
