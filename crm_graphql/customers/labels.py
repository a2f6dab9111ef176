"""Counts of labels: how many customers have each tag, and are in each group, exact and cheap to ask.

A transaction that changes labels notes the differences in one row of its own, which is in nobody's way: a
counter that all of them increment would make them wait for each other. Whoever asks, and the reconciler,
first settles what was noted. See decision 18.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence, Set
from typing import Any

from bson import ObjectId
from pymongo import DeleteOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.documents import Customer, LabelChanges, LabelCount
from crm_graphql.mongo.leases import Counter
from crm_graphql.mongo.transactions import Transact

SETTLED_AT_ONCE = 1_000
_COUNTED = "labels.counted"
"""Names the mark that all customers have been counted once; what came since was noted."""

Label = str
"""A key of the counts: see `tag_label` and `group_label`."""


def tag_label(tag: str) -> Label:
    """The label of a tag; case does not count."""
    return f"tag:{tag.casefold()}"


def group_label(group_id: ObjectId) -> Label:
    """The label of a group."""
    return f"group:{group_id}"


class LabelNotes:
    """What a transaction does to labels, gathered for its one row. Made anew for each try of it."""

    def __init__(self) -> None:
        self._tags: Tally[tuple[tuple[str, ...], tuple[str, ...]]] = Tally()
        self._groups: Tally[tuple[tuple[ObjectId, ...], tuple[ObjectId, ...]]] = Tally()
        self._chosen: dict[Label, str] = {}

    def of(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """A customer's document was another one; either may be empty."""
        # Counted first: in bulk the same becomes of many.
        tags = (tuple(before.get("tags") or ()), tuple(after.get("tags") or ()))
        if tags[0] != tags[1]:
            self._tags[tags] += 1
        groups = (tuple(before.get("groups") or ()), tuple(after.get("groups") or ()))
        if groups[0] != groups[1]:
            self._groups[groups] += 1

    def call(self, tag: str) -> None:
        """Somebody has chosen these letters for a tag."""
        self._chosen[tag_label(tag)] = tag

    async def write(self, session: AsyncClientSession) -> None:
        """Note it in the session's transaction; nothing where nothing has changed."""
        counts: Tally[Label] = Tally()
        names: dict[Label, str] = {}
        for (tags, new_tags), customers in self._tags.items():
            old, new = _by_label(tags), _by_label(new_tags)
            _move(counts, old.keys(), new.keys(), customers)
            names |= {label: new[label] for label in new.keys() - old.keys()}
        for (groups, new_groups), customers in self._groups.items():
            _move(counts, {*map(group_label, groups)}, {*map(group_label, new_groups)}, customers)
        labels = {label for label, count in counts.items() if count} | self._chosen.keys()
        if not labels:
            return
        changes = [
            {
                "label": label,
                "count": counts[label],
                "name": self._chosen.get(label) or names.get(label),
                "is_chosen": label in self._chosen,
            }
            for label in sorted(labels)
        ]
        await LabelChanges.get_pymongo_collection().insert_one({"changes": changes}, session=session)


def _by_label(tags: Sequence[str]) -> dict[Label, str]:
    """Tags by their labels; of two spellings the first."""
    return {tag_label(tag): tag for tag in reversed(tags)}


def _move(counts: Tally[Label], old: Set[Label], new: Set[Label], customers: int) -> None:
    for label in new - old:
        counts[label] += customers
    for label in old - new:
        counts[label] -= customers


async def settle_labels(transact: Transact) -> None:
    """Bring the counts up to whatever is committed by now. Idempotent; of two at once one waits.

    The first time it counts all customers: those that an earlier release took in were never noted.
    """
    if await _is_settled():
        return

    async def work(session: AsyncClientSession) -> bool:
        return await _settle(session)

    while await transact(work):
        pass


async def _is_settled() -> bool:
    counted = await Counter.get_pymongo_collection().find_one({"_id": _COUNTED}, {"_id": 1})
    waiting = await LabelChanges.get_pymongo_collection().find_one({}, {"_id": 1})
    return counted is not None and waiting is None


async def _settle(session: AsyncClientSession) -> bool:
    """One transaction's worth; whether there may be more."""
    counted = await Counter.get_pymongo_collection().update_one(
        {"_id": _COUNTED}, {"$setOnInsert": {"value": 1}}, upsert=True, session=session
    )
    collection = LabelChanges.get_pymongo_collection()
    if counted.upserted_id is not None:
        # What the snapshot shows as noted, it shows in the customers too.
        await collection.delete_many({}, session=session)
        await _count_all(session)
        return False
    rows = await collection.find({}, session=session).sort("_id").limit(SETTLED_AT_ONCE).to_list()
    if rows:
        await collection.delete_many({"_id": {"$in": [row["_id"] for row in rows]}}, session=session)
        await _add([change for row in rows for change in row["changes"]], session)
    return len(rows) == SETTLED_AT_ONCE


async def _add(changes: Sequence[Mapping[str, Any]], session: AsyncClientSession) -> None:
    counts: Tally[Label] = Tally()
    first: dict[Label, str] = {}
    chosen: dict[Label, str] = {}
    for change in changes:
        counts[change["label"]] += change["count"]
        if change["name"]:
            first.setdefault(change["label"], change["name"])
        if change["is_chosen"]:
            chosen[change["label"]] = change["name"]
    updates: list[UpdateOne | DeleteOne] = []
    for label, count in counts.items():
        kind, _, key = label.partition(":")
        name = chosen.get(label)
        fixed = {"kind": kind, "key": key} | ({} if name else {"name": first.get(label, key)})
        update: dict[str, Any] = {"$inc": {"customers": count}, "$setOnInsert": fixed}
        if name:
            update["$set"] = {"name": name}
        updates.append(UpdateOne({"_id": label}, update, upsert=True))
    updates += [DeleteOne({"_id": label, "customers": 0}) for label in counts]
    await LabelCount.get_pymongo_collection().bulk_write(updates, ordered=True, session=session)


async def _count_all(session: AsyncClientSession) -> None:
    """Count every customer's labels, in the session's snapshot."""
    counts = LabelCount.get_pymongo_collection()
    await counts.delete_many({}, session=session)
    for kind, path in (("tag", "$folded.tags"), ("group", "$folded.groups")):
        found = await Customer.get_pymongo_collection().aggregate(
            [
                # A tag that a customer has in two spellings counts once.
                {"$project": {"pair": {"$setUnion": [{"$ifNull": [path, []]}, []]}, "tags": 1}},
                {"$unwind": "$pair"},
                {"$group": {"_id": "$pair", "customers": {"$sum": 1}, "tags": {"$first": "$tags"}}},
            ],
            session=session,
            allowDiskUse=True,
        )
        while batch := await found.to_list(SETTLED_AT_ONCE):
            await counts.insert_many(
                [
                    {
                        "_id": f"{kind}:{row['_id']}",
                        "kind": kind,
                        "key": row["_id"],
                        "name": _spelling(row["_id"], row["tags"]) if kind == "tag" else row["_id"],
                        "customers": row["customers"],
                    }
                    for row in batch
                ],
                session=session,
            )


def _spelling(key: str, tags: Sequence[str]) -> str:
    return next((tag for tag in tags if tag.casefold() == key), key)
