"""Merging two customers: one transaction, after which there is one of them, and every key leads there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import InvalidInput, LimitExceeded, NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.versions import NUMBERS, record_version
from crm_graphql.customers.absorbing import absorb
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.apply_records import note_suppressed, write_drafts
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.changes import Author, write_merge
from crm_graphql.customers.documents import Customer, MergedCustomer
from crm_graphql.customers.drafts import CustomerDraft
from crm_graphql.customers.labels import LabelNotes
from crm_graphql.customers.merged import keys_of
from crm_graphql.customers.queries import CustomerReference, find_whole
from crm_graphql.customers.tagging import TAGS_LIMIT, TooManyTags
from crm_graphql.merging.moving import move_all
from crm_graphql.mongo.leases import database_now, next_number
from crm_graphql.mongo.transactions import Transact
from crm_graphql.orders.changes import note_orders_of

FORMER_LIMIT = 100
"""So many may become part of one customer."""
INLINE_SECONDS = 2.0
"""Whoever asks waits so long for what follows the customer; the reconciler goes on."""


class Merged(NamedTuple):
    """The customer as it now stands, and the key of who became part of it."""

    row: Row
    key: ObjectId


async def merge_customers(
    actor: Actor, into: CustomerReference, other: CustomerReference, *, transact: Transact, bus: Bus
) -> Merged:
    """Make `other` part of `into`. Requires CUSTOMERS_WRITE.

    All or nothing, in one transaction however much there is of both: values, tags, groups, words and totals
    are the customer's, and every key that the other had leads there. Orders, deliveries and words follow,
    here for a while and then by the reconciler, also after a crash; all who read them find them meanwhile.
    The same merge again changes nothing.

    Raises NotFound at `into` or `from`, InvalidInput at `from` where both are one already, and LimitExceeded.
    """
    actor.require(Permission.CUSTOMERS_WRITE)

    async def work(session: AsyncClientSession) -> Merged:
        customer = await find_whole(into, session=session)
        source = await find_whole(other, session=session)
        if customer is None:
            raise _missing("into")
        if source is None:
            raise _missing("from")
        if customer["_id"] == source["_id"]:
            return Merged(customer, _merged_before(customer, into, other))
        return await _merge(customer, source, Author.of(actor), session)

    merged = await transact(work)
    await tell_customers_changed(bus)
    await move_all(merged.key, transact=transact, for_seconds=INLINE_SECONDS)
    return merged


def _missing(field: str) -> NotFound:
    return NotFound("There is no such customer; it may have been erased.", path=(field,))


def _merged_before(customer: Row, into: CustomerReference, other: CustomerReference) -> ObjectId:
    """The key of who became part of the customer, where this very merge was made before. Raises InvalidInput
    for a customer with itself, and for the other way round."""
    former = customer.get("former") or ()
    found = [one["customer_id"] for one in former if _names(other, one["customer_id"], one["external_id"])]
    if found and _names(into, customer["_id"], customer["external_id"]):
        key: ObjectId = found[0]
        return key
    if not former:
        raise InvalidInput("A customer cannot be merged with itself.", path=("from",))
    message = (
        "Both are the same customer already: one was merged into the other before, or both into a third."
    )
    raise InvalidInput(f"{message} There is nothing left to merge.", path=("from",))


def _names(reference: CustomerReference, key: ObjectId, external_id: str) -> bool:
    return reference.key == key if reference.key is not None else reference.external_id == external_id


async def _merge(
    customer: dict[str, Any], other: dict[str, Any], author: Author, session: AsyncClientSession
) -> Merged:
    _check_number(customer, other)
    # After both were read: so the merge comes after whatever is stored of them.
    version = record_version(await next_number(NUMBERS), 0)
    now = await database_now()
    draft = CustomerDraft(customer, is_new=False)
    try:
        absorb(draft, other, version)
    except TooManyTags:
        message = f"Together they would have more than {TAGS_LIMIT} tags. Take some away first."
        raise LimitExceeded(message, path=("from",)) from None
    await Customer.get_pymongo_collection().delete_one({"_id": other["_id"]}, session=session)
    await note_suppressed([draft], suppressed_on, session)
    await write_drafts([draft], now, session)
    await _note_gone(other, session)
    await write_merge(draft, other, author, now, session)
    merged = MergedCustomer.get_pymongo_collection()
    await merged.update_many(
        {"customer_id": other["_id"]},
        {"$set": {"customer_id": customer["_id"], "merged_at": now, "is_open": True}},
        session=session,
    )
    row = {"external_id": other["external_id"], "customer_id": customer["_id"], "merged_at": now}
    await merged.insert_one({"_id": other["_id"], **row, "is_open": True, "pieces": 0}, session=session)
    # Each message to one of them is by now a message to who bought what the other did.
    await note_orders_of(keys_of(customer), session)
    return Merged(customer, other["_id"])


def _check_number(customer: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    if len(keys_of(customer)) - 1 + len(keys_of(other)) > FORMER_LIMIT:
        message = f"At most {FORMER_LIMIT} customers can become part of one."
        raise LimitExceeded(message, path=("from",))


async def _note_gone(other: Row, session: AsyncClientSession) -> None:
    labels, addresses = LabelNotes(), AddressNotes()
    labels.of(other, {})
    addresses.of(other, {})
    await labels.write(session)
    await addresses.write(session)
