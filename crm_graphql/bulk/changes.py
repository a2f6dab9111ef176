"""Changes of bulk operations: for each kind, what becomes of one customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne

from crm_graphql.bulk.documents import BulkOperationKind
from crm_graphql.core.paging import Row
from crm_graphql.core.versions import record_version
from crm_graphql.customers.derived import folded_groups
from crm_graphql.customers.tagging import TAG_FIELDS, TagChange, TagRenaming, changed_tags, folded_tags

CUSTOMER_FIELDS = dict.fromkeys((*TAG_FIELDS, "groups"), 1)
"""What the changes read of a customer."""
_SEEN = frozenset({"tags", "groups"})


class Changed(NamedTuple):
    """What of a customer's document is set and what is taken away."""

    set: Mapping[str, Any]
    unset: tuple[str, ...] = ()

    def update(self, customer: Row, now: datetime) -> UpdateOne:
        """The update that writes it. Versions alone are no change that a person would see."""
        fields: dict[str, Any] = {"$set": dict(self.set)}
        if not _SEEN.isdisjoint(self.set):
            fields["$set"]["updated_at"] = now
        if "tags" in self.set:
            fields["$inc"] = {"revision": 1}
        if self.unset:
            fields["$unset"] = dict.fromkeys(self.unset, "")
        return UpdateOne({"_id": customer["_id"]}, fields)


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
        if tags == customer["tags"]:
            return Changed(marks)
        return Changed({"tags": tags, "folded.tags": folded_tags(tags), **marks})

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
            return Changed({"groups": groups}, ("folded.groups",))
        return Changed({"groups": groups, "folded.groups": folded_groups(groups)})

    return changed


_CHANGES: Mapping[BulkOperationKind, Callable[[Row], CustomerChange]] = {
    BulkOperationKind.TAG: _tag,
    BulkOperationKind.TAG_RENAME: _rename_tag,
    BulkOperationKind.TAG_DELETE: _rename_tag,
    BulkOperationKind.GROUP_ADD: _add_to_group,
    BulkOperationKind.GROUP_REMOVE: _remove_from_group,
}
