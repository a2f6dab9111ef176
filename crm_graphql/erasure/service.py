"""Erasing a customer: one transaction after which nobody meets the person any more, then what is left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.consents.suppress import forget_addresses
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound, Unavailable
from crm_graphql.core.paging import Row
from crm_graphql.core.versions import NUMBERS, record_version
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.changes import former_addresses
from crm_graphql.customers.documents import Customer, ErasedCustomer, MergedCustomer
from crm_graphql.customers.erased import erased_key
from crm_graphql.customers.labels import LabelNotes
from crm_graphql.customers.merged import external_ids_of, keys_of
from crm_graphql.customers.queries import CustomerReference, find_whole
from crm_graphql.delivery.erasing import CAMPAIGNS_AT_ONCE, in_senders_hands, skip_queued
from crm_graphql.duplicates.counting import settle_addresses
from crm_graphql.erasure.steps import scrub, scrub_at_once, tell
from crm_graphql.exports.erasing import end_exports_of
from crm_graphql.mongo.leases import database_now, next_number
from crm_graphql.mongo.transactions import Transact
from crm_graphql.orders.changes import note_orders_of
from crm_graphql.orders.count_keeping import uncount_customer

INLINE_SECONDS = 10.0
"""Whoever asks waits so long for what is left to be scrubbed; the reconciler goes on."""
SENDERS_SECONDS = 30.0
"""And so long for senders that had a message to the person in hand."""


AT_ONCE = 3
"""Of so many of the keys that a person had, what there is is scrubbed in the first transaction."""


class _Hidden(NamedTuple):
    """A person whom nobody meets any more: a tombstone for each key that they had, their own first; and the
    campaigns that have skipped them with it."""

    tombstones: Sequence[Row]
    campaigns: Sequence[Row]


async def erase_customer(
    actor: Actor, customer: CustomerReference, *, transact: Transact, bus: Bus, clock: Clock
) -> ObjectId:
    """Erase a customer for good; the id that they had. Requires CUSTOMERS_WRITE.

    In one transaction the customer becomes a tombstone and their queued deliveries SKIPPED; with little to
    scrub that is all. Where there is more, it goes on in further ones, here for a while and then by the
    reconciler, also after a crash. When this returns no message to the person is sent any more. Again it
    changes nothing.

    Whoever was merged into the customer is erased with them, and a key that leads to the customer means them.

    Raises NotFound at `customer`, and Unavailable where a sender holds a message to the person for too long:
    then they are hidden, and asked again it waits again.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    number = await next_number(NUMBERS)
    key = None if customer.external_id is None else await erased_key(customer.external_id)

    async def work(session: AsyncClientSession) -> _Hidden:
        found = await find_whole(customer, session=session)
        if found is None:
            return _Hidden([await _tombstone(customer, key, session)], ())
        return await _hide(found, record_version(number, 0), session)

    hidden = await transact(work)
    for campaign in hidden.campaigns:
        await tell(campaign, bus=bus, clock=clock)
    await tell_customers_changed(bus)
    await settle_addresses(transact, for_seconds=INLINE_SECONDS)
    until = time.monotonic() + INLINE_SECONDS
    for tombstone in hidden.tombstones:
        left = until - time.monotonic()
        if left > 0 and not tombstone["is_scrubbed"]:
            await scrub(tombstone, transact=transact, bus=bus, clock=clock, for_seconds=left)
    erased = [tombstone["_id"] for tombstone in hidden.tombstones]
    if await in_senders_hands(erased, for_seconds=SENDERS_SECONDS):
        message = "The customer is erased; a message to them that a sender had in hand may still go out."
        raise Unavailable(f"{message} Ask again in some seconds to be sure.", retry_after_seconds=10)
    key_of_person: ObjectId = erased[0]
    return key_of_person


async def _tombstone(reference: CustomerReference, key: bytes | None, session: AsyncClientSession) -> Row:
    filter_ = {"_id": reference.key} if key is None else {"key": key}
    row: Row | None = await ErasedCustomer.get_pymongo_collection().find_one(filter_, session=session)
    if row is None:
        raise NotFound("There is no such customer.", path=("customer",))
    return row


async def _hide(customer: Row, version: int, session: AsyncClientSession) -> _Hidden:
    """Campaigns first: a sender or planner that is at them is met before anything was done."""
    keys = keys_of(customer)
    campaigns = await skip_queued(keys, session)
    await uncount_customer(keys, session)
    await note_orders_of(keys, session)
    await Customer.get_pymongo_collection().delete_one({"_id": customer["_id"]}, session=session)
    await MergedCustomer.get_pymongo_collection().delete_many(
        {"customer_id": customer["_id"]}, session=session
    )
    await end_exports_of(keys, session)
    labels, addresses = LabelNotes(), AddressNotes()
    labels.of(customer, {})
    addresses.of(customer, {})
    await labels.write(session)
    await addresses.write(session)
    await forget_addresses(customer, await former_addresses(keys, session=session), session=session)
    common = {"version": version, "erased_at": await database_now(), "is_open": True}
    tombstones = [
        {**common, "_id": key, "key": await erased_key(external_id), "external_id": external_id}
        for key, external_id in zip(keys, external_ids_of(customer), strict=True)
    ]
    for index, tombstone in enumerate(tombstones):
        is_all = index < AT_ONCE and await scrub_at_once(tombstone, session)
        tombstone["is_scrubbed"] = is_all and len(campaigns) < CAMPAIGNS_AT_ONCE
    await ErasedCustomer.get_pymongo_collection().insert_many(tombstones, session=session)
    return _Hidden(tombstones, campaigns)
