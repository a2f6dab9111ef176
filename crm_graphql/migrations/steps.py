"""The steps, in their order. A released one never changes its number; a new one goes to the end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from crm_graphql.migrations.indexes import (
    create_indexes,
    declared_indexes,
    fingerprint,
    indexes_of,
)
from crm_graphql.migrations.plan import Action, Database, Phase, Step

LEFT_INDEXES = (
    *(
        ("ingestion_chunks", name)
        for name in ("waiting", "pending", "counters", "pending_of_ingestion", "applied_at")
    ),
    ("ingestions", "status"),
    ("campaigns", "sending"),
    ("send_ranges", "pending"),
    ("send_ranges", "first"),
    ("deliveries", "status"),
)
"""By collection and name: what earlier releases declared, and no document declares any more."""


async def plan_missing_indexes(database: Database) -> Sequence[Action]:
    """Create what the documents declare and the database has not: of a collection all in one pass over it."""
    found: list[Action] = []
    for collection, indexes in declared_indexes().items():
        there = await indexes_of(database, collection)
        missing = [index for index in indexes if index.document["name"] not in there]
        if missing:
            names = ", ".join(str(index.document["name"]) for index in missing)
            found.append(
                Action(
                    f"create the index{'es' if len(missing) > 1 else ''} {names} of {collection}",
                    partial(create_indexes, database, collection, missing),
                )
            )
    return found


async def plan_left_indexes(database: Database) -> Sequence[Action]:
    """Drop what earlier releases left: each costs every write, and serves no query."""
    declared = declared_indexes()
    return [
        Action(f"drop the index {name} of {collection}", partial(database[collection].drop_index, name))
        for collection, name in LEFT_INDEXES
        if name in await indexes_of(database, collection)
        and name not in {index.document["name"] for index in declared.get(collection, ())}
    ]


LEFT_COLLECTIONS = ("campaign_turns",)
"""What earlier releases kept: places of messages that this one keeps in `turns`."""


async def plan_left_collections(database: Database) -> Sequence[Action]:
    """Drop what nobody reads any more."""
    there = set(await database.list_collection_names())
    return [
        Action(f"drop the collection {name}", partial(database.drop_collection, name))
        for name in LEFT_COLLECTIONS
        if name in there
    ]


NOTED_AT_ONCE = 5_000
"""Customers of whom one note tells."""


async def plan_address_notes(database: Database) -> Sequence[Action]:
    """Note the addresses of those who were taken in before there were notes; who shares them is counted from
    these. Twice is no harm."""
    if await database["customers"].find_one({}, {"_id": 1}) is None:
        return []
    return [Action("note the addresses of all customers", partial(_note_addresses, database))]


async def _note_addresses(database: Database) -> None:
    after: dict[str, Any] = {}
    while True:
        rows = (
            await database["customers"]
            .find(after, {"folded.email": 1, "folded.phone": 1})
            .sort("_id")
            .limit(NOTED_AT_ONCE)
            .to_list()
        )
        if not rows:
            return
        folded = [(field, row["folded"].get(field)) for row in rows for field in ("email", "phone")]
        if addresses := sorted({f"{field}:{value}" for field, value in folded if value}):
            await database["address_changes"].insert_one({"addresses": addresses})
        after = {"_id": {"$gt": rows[-1]["_id"]}}


STEPS: Sequence[Step] = (
    # Made again by every release that declares others: documents say what there is to be.
    Step(1, "indexes that the documents declare", Phase.EXPAND, plan_missing_indexes, fingerprint),
    # The release before makes them anew when it starts, and may name them in its queries.
    Step(2, "indexes that earlier releases left", Phase.CONTRACT, plan_left_indexes),
    # The release before works with them.
    Step(3, "collections that earlier releases left", Phase.CONTRACT, plan_left_collections),
    # The release before takes in customers without notes.
    Step(4, "addresses that customers share", Phase.CONTRACT, plan_address_notes),
)
