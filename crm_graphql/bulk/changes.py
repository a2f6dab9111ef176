"""Changes of bulk operations: for each kind, what becomes of one customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import UpdateMany

from crm_graphql.bulk.documents import BulkOperationKind
from crm_graphql.core.paging import Row
from crm_graphql.core.versions import record_version
from crm_graphql.customers.derived import folded_groups
from crm_graphql.customers.tagging import (
    REPLACED_TAGS,
    TAG_FIELDS,
    TagChange,
    TagRenaming,
    changed_tags,
    folded_tags,
)

CUSTOMER_FIELDS = dict.fromkeys((*TAG_FIELDS, "groups", "revision"), 1)
"""What the changes read of a customer."""
_REPLACED = f"versions.{REPLACED_TAGS}"
_SEEN = frozenset({"tags", "groups"})


class Changed(NamedTuple):
    """What becomes of a customer's document: fields that are set, fields that get the value which another one
    had before, and fields that go."""

    set: Mapping[str, Any]
    copied: Mapping[str, str] = {}
    unset: tuple[str, ...] = ()

    def stages(self, now: datetime) -> list[dict[str, Any]]:
        """The update that writes it. Versions alone are no change that a person would see."""
        fields: dict[str, Any] = {name: {"$literal": value} for name, value in self.set.items()}
        fields |= {name: f"${source}" for name, source in self.copied.items()}
        if not _SEEN.isdisjoint(self.set):
            fields["updated_at"] = now
        if "tags" in self.set:
            fields["revision"] = {"$add": [{"$ifNull": ["$revision", 0]}, 1]}
        return [{"$set": fields}, *({"$unset": name} for name in self.unset)]


def updates_of(changes: Iterable[tuple[ObjectId, Changed]], now: datetime) -> list[UpdateMany]:
    """The updates that write these customers' changes: one for all of whom the same becomes, which costs the
    database less than half of one each."""
    alike: dict[str, tuple[Changed, list[ObjectId]]] = {}
    for key, changed in changes:
        alike.setdefault(repr(changed), (changed, []))[1].append(key)
    return [UpdateMany({"_id": {"$in": keys}}, changed.stages(now)) for changed, keys in alike.values()]


CustomerChange = Callable[[Row], Changed | None]
"""Makes of a customer's document what is to be written; None for nothing. Raises TooManyTags."""


def change_of(operation: Row) -> CustomerChange:
    """What an operation does to each of its customers."""
    return _CHANGES[BulkOperationKind(operation["kind"])](operation)


def _tag(operation: Row) -> CustomerChange:
    return _with_tags(
        TagChange(
            record_version(operation["number"], 0), tuple(operation["add"]), frozenset(operation["remove"])
        )
    )


def _rename_tag(operation: Row) -> CustomerChange:
    (tag,), to = operation["remove"], next(iter(operation["add"]), None)
    return _with_tags(TagRenaming(record_version(operation["number"], 0), tag, to))


def _with_tags(change: TagChange | TagRenaming) -> CustomerChange:
    def changed(customer: Row) -> Changed | None:
        found = changed_tags(customer, change)
        if found is None:
            return None
        tags, versions = found
        marks = {f"versions.{name}": version for name, version in versions.items()}
        # Each customer has another: by copying it, the rest is alike.
        copied = {}
        if marks.pop(_REPLACED) == customer["versions"].get("tags"):
            copied[_REPLACED] = "versions.tags"
        elif REPLACED_TAGS not in customer["versions"]:
            marks[_REPLACED] = versions[REPLACED_TAGS]
        if tags == customer["tags"]:
            return Changed(marks, copied)
        return Changed({"tags": tags, "folded.tags": folded_tags(tags), **marks}, copied)

    return changed


def _add_to_group(operation: Row) -> CustomerChange:
    group_id = operation["group_id"]

    def changed(customer: Row) -> Changed | None:
        before = customer.get("groups") or []
        if group_id in before:
            return None
        groups = [*before, group_id]
        return Changed({"groups": groups, "folded.groups": folded_groups(groups)})

    return changed


def _remove_from_group(operation: Row) -> CustomerChange:
    group_id = operation["group_id"]

    def changed(customer: Row) -> Changed | None:
        before = customer.get("groups") or []
        if group_id not in before:
            return None
        groups = [one for one in before if one != group_id]
        # An empty list would be a key of the index all the same.
        if not groups:
            return Changed({"groups": groups}, unset=("folded.groups",))
        return Changed({"groups": groups, "folded.groups": folded_groups(groups)})

    return changed


_CHANGES: Mapping[BulkOperationKind, Callable[[Row], CustomerChange]] = {
    BulkOperationKind.TAG: _tag,
    BulkOperationKind.TAG_RENAME: _rename_tag,
    BulkOperationKind.TAG_DELETE: _rename_tag,
    BulkOperationKind.GROUP_ADD: _add_to_group,
    BulkOperationKind.GROUP_REMOVE: _remove_from_group,
}
