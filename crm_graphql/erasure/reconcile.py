"""The reconciler of erasures: goes on where a process died, and looks again at what was under way."""

from __future__ import annotations

from dataclasses import dataclass

from crm_graphql.bus.port import Bus
from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.core.clock import Clock
from crm_graphql.customers.documents import ErasedCustomer
from crm_graphql.erasure.steps import scrub
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact

AT_ONCE = 100
SCRUB_SECONDS = 2.0
"""After so long the reconciler goes on with what people wait for; the next round scrubs on."""


@dataclass(frozen=True, slots=True)
class ErasureReconciler:
    """One round over the erasures that are open. Harmless at any time and any number of times."""

    transact: Transact
    bus: Bus
    clock: Clock

    async def run(self) -> None:
        """Scrub what is left of people. Who was erased longer ago than any transaction lives is looked at
        once more and closed: what was being written when they were erased is there by then."""
        settled = await database_now() - SETTLED_AFTER
        tombstones = ErasedCustomer.get_pymongo_collection()
        rows = tombstones.find(
            {"is_open": True, "$or": [{"is_scrubbed": False}, {"erased_at": {"$lt": settled}}]},
            hint="open",
            limit=AT_ONCE,
        )
        for row in await rows.to_list():
            is_done = await scrub(
                row, transact=self.transact, bus=self.bus, clock=self.clock, for_seconds=SCRUB_SECONDS
            )
            if is_done and row["erased_at"] < settled:
                await tombstones.update_one(
                    {"_id": row["_id"]}, {"$set": {"is_open": False, "external_id": None}}
                )
