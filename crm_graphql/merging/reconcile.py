"""The reconciler of merges: goes on where a process died, and looks again at what was under way."""

from __future__ import annotations

from dataclasses import dataclass

from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.customers.documents import MergedCustomer
from crm_graphql.merging.moving import move_all
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact

AT_ONCE = 100
MOVE_SECONDS = 2.0
"""After so long the reconciler goes on with what people wait for; the next round moves on."""


@dataclass(frozen=True, slots=True)
class MergeReconciler:
    """One round over the merges that are open. Harmless at any time and any number of times."""

    transact: Transact

    async def run(self) -> None:
        """Move what is left. Who was merged longer ago than any transaction lives is looked at once more and
        closed: what was being written at that moment is there by then."""
        settled = await database_now() - SETTLED_AFTER
        merged = MergedCustomer.get_pymongo_collection()
        rows = merged.find({"is_open": True}, sort=[("merged_at", 1)], hint="open", limit=AT_ONCE)
        for row in await rows.to_list():
            is_done = await move_all(row["_id"], transact=self.transact, for_seconds=MOVE_SECONDS)
            if is_done and row["merged_at"] < settled:
                await merged.update_one(
                    {"_id": row["_id"], "merged_at": row["merged_at"]}, {"$set": {"is_open": False}}
                )
