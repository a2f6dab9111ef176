"""The worker of bulk operations: customers in pages, each page exactly once, whoever dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import UpdateMany
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.queries import fields_of_stored
from crm_graphql.bulk.changes import CUSTOMER_FIELDS, Changed, change_of, updates_of
from crm_graphql.bulk.documents import FAILED_KEPT, BulkOperation, BulkOperationKind
from crm_graphql.bulk.failures import ends_the_operation
from crm_graphql.bulk.lifecycle import complete_operation, older_of_the_same, tell_progress
from crm_graphql.bulk.messages import BULK_TURNS, BulkWork
from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.changes import Author, write_changes
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.labels import LabelNotes
from crm_graphql.customers.tagging import TooManyTags
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.mongo.document_leases import hold_document
from crm_graphql.mongo.leases import LeaseLost, database_now
from crm_graphql.mongo.transactions import Transact

PAGE_CUSTOMERS = 1_000
TURN_SECONDS = 1.0
"""After so long an operation gives way to others."""
SETTLED_AFTER = timedelta(seconds=5)
"""So long after a tag is renamed no import is under way any more that did not see it, and so brings the old
name: the last look at everybody who has it begins later."""

_EVERYWHERE = (BulkOperationKind.TAG_RENAME.value, BulkOperationKind.TAG_DELETE.value)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BulkWorker:
    """What the work needs."""

    transact: Transact
    bus: Bus
    clock: Clock
    lease_seconds: float

    async def take_turn(self, message: BulkWork) -> None:
        """Do the next pages of the operation, then let others have their turn."""
        await BULK_TURNS.take(message, partial(self.work, ObjectId(message.work_id)), bus=self.bus)

    async def work(self, operation_id: ObjectId) -> bool:
        """Change the next customers, for a turn, and note when all are done.

        False when the turn is over before; True when there is nothing to go on with: it has ended, another
        worker is at it, an older one that touches the same label comes first, or it has failed for good. Each
        page is one transaction under the lease's token and continues where the last committed one ended.
        """
        async with hold_document(
            BulkOperation.get_pymongo_collection(),
            {"_id": operation_id, "is_open": True},
            place="work",
            lease_seconds=self.lease_seconds,
        ) as held:
            if held is None:
                return True
            token, operation = held
            if await older_of_the_same(operation):
                return True
            try:
                is_whole = await _Walk(self, operation, token).run()
            except LeaseLost:
                _log.info("bulk operation left", operation_id=str(operation_id))
                return True
            except Exception as error:
                if not await ends_the_operation(error, operation, token, bus=self.bus, clock=self.clock):
                    raise
                return True
        return is_whole


class _Edited(NamedTuple):
    """A customer as it is written, and what was there before of the fields that people edit."""

    customer: dict[str, Any]
    before: dict[str, Any]


class _Outcome(NamedTuple):
    """What a page came to."""

    updates: Sequence[UpdateMany]
    edited: Sequence[_Edited]
    failed: Sequence[ObjectId]


class _Walk:
    """One worker's way through the customers, from where the operation says."""

    def __init__(self, worker: BulkWorker, operation: Row, token: str) -> None:
        self._worker = worker
        self._operation = operation
        self._guard = {"_id": operation["_id"], "is_open": True, "work.token": token}
        self._change = change_of(operation)
        self._author = Author(operation["created_by"], operation.get("actor_id"))
        self._after: ObjectId | None = operation["after"]

    async def run(self) -> bool:
        """True once everybody is done, False when the turn is over before."""
        until = time.monotonic() + TURN_SECONDS
        while time.monotonic() < until:
            found = await self._read_page()
            if found:
                await self._write_page(found)
            if len(found) == PAGE_CUSTOMERS:
                continue
            if not await self._looks_again():
                await complete_operation(self._guard, bus=self._worker.bus, clock=self._worker.clock)
                return True
            return False
        return False

    async def _read_page(self) -> list[ObjectId]:
        beyond = {} if self._after is None else {"_id": {"$gt": self._after}}
        rows = (
            Customer.get_pymongo_collection()
            .find({"$and": [await who(self._operation), beyond]}, {"_id": 1})
            .sort("_id")
            .limit(PAGE_CUSTOMERS)
        )
        return [row["_id"] async for row in rows]

    async def _write_page(self, keys: Sequence[ObjectId]) -> None:
        async def work(session: AsyncClientSession) -> None:
            await self._store(keys, session)

        await self._worker.transact(work)
        self._after = keys[-1]
        await tell_progress(self._operation["_id"], bus=self._worker.bus)
        await tell_customers_changed(self._worker.bus)

    async def _store(self, keys: Sequence[ObjectId], session: AsyncClientSession) -> None:
        """The operation first, for it guards; then the customers as the transaction sees them."""
        operations = BulkOperation.get_pymongo_collection()
        moved = await operations.update_one(
            {**self._guard, "after": self._after},
            {
                "$set": {
                    "after": keys[-1],
                    "status": IngestionStatus.RUNNING.value,
                    "work.failures": 0,
                }
            },
            session=session,
        )
        if not moved.matched_count:
            raise LeaseLost
        collection = Customer.get_pymongo_collection()
        found = collection.find(
            {"_id": {"$in": list(keys)}}, CUSTOMER_FIELDS, session=session, batch_size=len(keys) + 1
        )
        customers = await found.to_list()
        notes = LabelNotes()
        now = self._worker.clock.now()
        outcome = self._outcome(customers, notes, now)
        if outcome.updates:
            await collection.bulk_write(outcome.updates, ordered=False, session=session)
            await write_changes(outcome.edited, self._author, now, session)
        await notes.write(session)
        failed = [*outcome.failed]
        figures = {"done": len(keys) - len(failed), "failed": len(failed)}
        named = {"failed_ids": {"$each": failed, "$slice": FAILED_KEPT}}
        await operations.update_one(self._guard, {"$inc": figures, "$push": named}, session=session)

    def _outcome(self, customers: Sequence[Row], notes: LabelNotes, now: datetime) -> _Outcome:
        changes: list[tuple[ObjectId, Changed]] = []
        edited: list[_Edited] = []
        failed: list[ObjectId] = []
        for customer in customers:
            try:
                changed = self._change(customer)
            except TooManyTags:
                failed.append(customer["_id"])
                continue
            if changed is not None:
                changes.append((customer["_id"], changed))
                after = {**customer, **changed.set}
                notes.of(customer, after)
                if "tags" in changed.set:
                    after["revision"] = customer.get("revision", 0) + 1
                    edited.append(_Edited(after, {"tags": customer["tags"]}))
        if changes and self._operation["kind"] in _EVERYWHERE:
            for tag in self._operation["add"]:
                notes.call(tag)
        return _Outcome(updates_of(changes, now), edited, failed)

    async def _looks_again(self) -> bool:
        """Whether everybody with a renamed tag is to be looked for anew: the last look must have begun when
        no import was under way any more that brings the old name."""
        if self._operation["kind"] not in _EVERYWHERE:
            return False
        settled_at = self._operation["evaluated_at"] + SETTLED_AFTER
        if self._operation["looked_from"] >= settled_at:
            return False
        now = await database_now()
        await asyncio.sleep(max(0.0, (settled_at - now).total_seconds()))
        moved = await BulkOperation.get_pymongo_collection().update_one(
            self._guard, [{"$set": {"after": None, "looked_from": "$$NOW"}}]
        )
        if not moved.matched_count:
            raise LeaseLost
        return True


async def who(operation: Row) -> Mapping[str, Any]:
    """The filter of the customers whom an operation means, as it was frozen."""
    if operation["customer_ids"] is not None:
        return {"_id": {"$in": operation["customer_ids"]}}
    if operation["rule"] is not None:
        moment = operation["evaluated_at"]
        local = moment.astimezone(zone_of(operation["time_zone"]))
        matching = select_customers(operation["rule"], local, await fields_of_stored(operation["rule"]))
        return {"$and": [matching, {"created_at": {"$lte": moment}}]}
    if operation["group_id"] is not None:
        return {"folded.groups": str(operation["group_id"])}
    return {"folded.tags": operation["remove"][0]}
