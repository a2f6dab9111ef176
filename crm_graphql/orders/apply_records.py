"""Writing orders from records, and moving their customers' totals in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.versions import record_version
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.apply_records import SuppressedOn
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import CustomerDraft, new_customer
from crm_graphql.customers.erased import erased_keys
from crm_graphql.customers.merged import found_by_keys, found_under
from crm_graphql.customers.records import Applied
from crm_graphql.customers.totals import TOTALS_PROJECTION, Totals, find_lost_extremes
from crm_graphql.orders.changes import note_orders
from crm_graphql.orders.count_keeping import note_counts
from crm_graphql.orders.counts import Counts
from crm_graphql.orders.documents import Order
from crm_graphql.orders.records import OrderRecord

_WRITTEN = ("customer_id", "amount", "currency", "quantity", "quantity_version", "ordered_at", "version")


class OrderBatch:
    """The orders and customers that some records touch, as they stand while the records are applied."""

    def __init__(self, ingestion_number: int, now: datetime, session: AsyncClientSession | None) -> None:
        self._number = ingestion_number
        self._now = now
        self._session = session
        self._orders: dict[str, dict[str, Any]] = {}
        self._new_orders: list[dict[str, Any]] = []
        self._changed_orders: dict[ObjectId, dict[str, Any]] = {}
        self._counting_anew: set[ObjectId] = set()
        self._customers: dict[str, Totals] = {}
        self._customers_by_id: dict[ObjectId, Totals] = {}
        self._new_customers: dict[ObjectId, dict[str, Any]] = {}
        self._erased: set[ObjectId] = set()
        self._counts = Counts()
        self.created = 0
        self.updated = 0

    def applied(self, records: int) -> Applied:
        """What became of so many records."""
        return Applied(self.created, self.updated, records - self.created - self.updated)

    async def load(self, records: Sequence[OrderRecord]) -> None:
        """Look up what the records name: first the existing, so that the rest can be inserted plainly."""
        keys = list({record.external_id for record in records})
        found = Order.get_pymongo_collection().find(
            {"external_id": {"$in": keys}}, session=self._session, batch_size=len(keys) + 1
        )
        self._orders = {order["external_id"]: order for order in await found.to_list(None)}
        owners = {record.customer_external_id for record in records}
        found_owners = await found_under(owners, TOTALS_PROJECTION, session=self._session)
        for external_id, customer in found_owners.items():
            self._customers[external_id] = self._totals_of(customer)
        await self._load_erased(owners)
        elsewhere = {order["customer_id"] for order in self._orders.values()} - self._customers_by_id.keys()
        if elsewhere:
            found_elsewhere = await found_by_keys(elsewhere, TOTALS_PROJECTION, session=self._session)
            for key, customer in found_elsewhere.items():
                self._customers_by_id[key] = self._totals_of(customer)
        for key in elsewhere - self._customers_by_id.keys():
            self._customers_by_id[key] = self._totals_of_erased(key)
        for order in self._orders.values():
            # Of somebody who was merged into another it may not be moved yet.
            order["customer_id"] = self._customers_by_id[order["customer_id"]].id

    def _totals_of(self, customer: dict[str, Any]) -> Totals:
        """The totals of a customer, also for a second external id that leads to the same one."""
        totals = self._customers_by_id.get(customer["_id"])
        if totals is None:
            totals = self._customers_by_id[customer["_id"]] = Totals(customer)
        return totals

    async def _load_erased(self, owners: set[str]) -> None:
        """Orders of people who were erased are kept under the tombstone's id, and count for nobody: the write
        of their totals finds no customer."""
        unknown = owners - self._customers.keys()
        for external_id, key in (await erased_keys(unknown, session=self._session)).items():
            totals = self._totals_of_erased(key)
            self._customers[external_id] = self._customers_by_id[key] = totals

    def _totals_of_erased(self, key: ObjectId) -> Totals:
        self._erased.add(key)
        return Totals({**new_customer("", self._now), "_id": key})

    def take(self, record: OrderRecord) -> None:
        """Apply one record in memory."""
        order = self._orders.get(record.external_id)
        # Also for a record that turns out to be an old one: which customers exist must not depend on the
        # order in which records arrive.
        customer = self._customer(record.customer_external_id)
        version = record_version(self._number, record.row)
        if order is None:
            self._create(record, version, customer)
            return
        changed = False
        if version > order["version"]:
            changed = self._replace(order, record, customer)
            # Also for equal content: a record in between may still be on its way.
            order["version"] = version
            self._changed_orders[order["_id"]] = order
        if record.gives_quantity and version > (order["quantity_version"] or -1):
            changed |= order["quantity"] != record.quantity
            order["quantity"] = record.quantity
            order["quantity_version"] = version
            self._changed_orders[order["_id"]] = order
        if changed:
            order["updated_at"] = self._now
            self.updated += 1

    def _create(self, record: OrderRecord, version: int, customer: Totals) -> None:
        key = ObjectId()
        order = {
            "_id": key,
            "external_id": record.external_id,
            "customer_id": customer.id,
            "amount": record.amount,
            "currency": record.currency,
            "quantity": record.quantity,
            "ordered_at": record.ordered_at,
            "version": version,
            "quantity_version": version if record.gives_quantity else None,
            "created_at": self._now,
            "updated_at": self._now,
        }
        self._add(record.amount, record.ordered_at, customer)
        self._orders[record.external_id] = order
        self._new_orders.append(order)
        self._counting_anew.add(key)
        self.created += 1

    def _add(self, amount: int, ordered_at: datetime, owner: Totals) -> None:
        owner.add(amount, ordered_at)
        if owner.id not in self._erased:
            self._counts.add(amount, ordered_at)

    def _remove(self, amount: int, ordered_at: datetime, owner: Totals) -> None:
        owner.remove(amount, ordered_at)
        if owner.id not in self._erased:
            self._counts.remove(amount, ordered_at)

    async def _note_addresses(self, suppressed_on: SuppressedOn, session: AsyncClientSession) -> None:
        """Mark the new customers whose address, out of their key, must not be written to; and note the
        addresses."""
        drafts = [
            CustomerDraft(customer, is_new=True)
            for customer in self._new_customers.values()
            if customer["reach"]
        ]
        addresses = {address for draft in drafts for address in draft.new_addresses}
        if addresses:
            suppressed = await suppressed_on(addresses, session=session)
            notes = AddressNotes()
            for draft in drafts:
                draft.suppress(suppressed)
                notes.of({}, draft.customer)
            await notes.write(session)

    def _customer(self, external_id: str) -> Totals:
        """The customer's totals; one not yet known is made, to be filled in when its record comes."""
        totals = self._customers.get(external_id)
        if totals is None:
            customer = new_customer(external_id, self._now)
            totals = self._customers[external_id] = Totals(customer)
            self._customers_by_id[totals.id] = totals
            self._new_customers[totals.id] = customer
        return totals

    def _replace(self, order: dict[str, Any], record: OrderRecord, new_owner: Totals) -> bool:
        """Give the order the record's content; False when it has it already."""
        if (
            order["customer_id"] == new_owner.id
            and order["amount"] == record.amount
            and order["ordered_at"] == record.ordered_at
            and order["currency"] == record.currency
        ):
            return False
        self._remove(order["amount"], order["ordered_at"], self._customers_by_id[order["customer_id"]])
        self._add(record.amount, record.ordered_at, new_owner)
        order["customer_id"] = new_owner.id
        order["amount"] = record.amount
        order["ordered_at"] = record.ordered_at
        order["currency"] = record.currency
        self._counting_anew.add(order["_id"])
        return True

    async def write(self, suppressed_on: SuppressedOn, session: AsyncClientSession) -> None:
        """Write everything: new orders, changed ones, their counts, then one write a customer."""
        await self._note_addresses(suppressed_on, session)
        orders = Order.get_pymongo_collection()
        if self._new_orders:
            await orders.insert_many(self._new_orders, ordered=False, session=self._session)
        new = {order["_id"] for order in self._new_orders} if self._changed_orders else set()
        updates = [_order_update(order) for key, order in self._changed_orders.items() if key not in new]
        if updates:
            await orders.bulk_write(updates, ordered=False, session=self._session)
        # Several keys may lead to one.
        changed = [totals for totals in dict.fromkeys(self._customers_by_id.values()) if totals.is_changed]
        await find_lost_extremes(changed, orders, session)
        await note_counts(self._counts, session)
        await note_orders(self._counting_anew, session)
        await self._write_customers(changed)

    async def _write_customers(self, changed: Sequence[Totals]) -> None:
        customers = Customer.get_pymongo_collection()
        updates = []
        for totals in changed:
            fields = totals.fields()
            new = self._new_customers.get(totals.id)
            if new is not None:
                new.update(fields)
            else:
                fields["updated_at"] = self._now
                updates.append(UpdateOne({"_id": totals.id}, {"$set": fields}))
        if self._new_customers:
            await customers.insert_many(
                list(self._new_customers.values()), ordered=False, session=self._session
            )
        if updates:
            await customers.bulk_write(updates, ordered=False, session=self._session)


def _order_update(order: dict[str, Any]) -> UpdateOne:
    fields = {field: order[field] for field in _WRITTEN}
    fields["updated_at"] = order["updated_at"]
    return UpdateOne({"_id": order["_id"]}, {"$set": fields})


async def apply_orders(
    records: Sequence[OrderRecord],
    *,
    ingestion_number: int,
    now: datetime,
    suppressed_on: SuppressedOn,
    session: AsyncClientSession,
) -> Applied:
    """Apply `records` in their order, and their customers' totals, within the session's transaction.

    Idempotent, and independent of the order in which records arrive: of each order the newest version wins.
    A concurrent writer of the same order or customer makes the transaction fail with a transient error or,
    for a new one, DuplicateKeyError: run it again.
    """
    batch = OrderBatch(ingestion_number, now, session)
    await batch.load(records)
    for record in records:
        batch.take(record)
    await batch.write(suppressed_on, session)
    return batch.applied(len(records))


async def forecast_orders(records: Sequence[OrderRecord], *, ingestion_number: int, now: datetime) -> Applied:
    """What `apply_orders` would do with the records as things are now. Writes nothing."""
    batch = OrderBatch(ingestion_number, now, None)
    await batch.load(records)
    for record in records:
        batch.take(record)
    return batch.applied(len(records))
