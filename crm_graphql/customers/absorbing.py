"""Absorbing of a customer's document by another's, when two become one: pure, no reads, no writes.

The survivor's values hold, what it lacks comes from the other, lists are united, totals are added. The merge
has its place among ingestions, as an edit has: what was sent in before it, for either of the two, fills what
is still unset and overwrites nothing that is set. Openings stay apart, each with its own versions, and add
up: so a record that comes later under either external id moves the totals by the difference.
"""

from __future__ import annotations

from typing import Any

from crm_graphql.customers.drafts import EDITED_FIELDS, CustomerDraft
from crm_graphql.customers.metadata import texts_of
from crm_graphql.customers.source_ids import add_source_id
from crm_graphql.customers.tagging import TagChange, changed_tags
from crm_graphql.customers.totals import opening_visits
from crm_graphql.customers.words import Word

FILLED_FIELDS = (*sorted(EDITED_FIELDS - {"tags", "is_tracked"}), "signed_up_at")
"""What the survivor takes over where it has nothing."""
_OPENING = "opening_"


def absorb(draft: CustomerDraft, other: dict[str, Any], version: int) -> None:
    """Make `other` part of the draft's customer, by a merge of this version. Raises TooManyTags."""
    customer = draft.customer
    _unite_tags(draft, other, version)
    _keep_versions(draft, other)
    for field in FILLED_FIELDS:
        mine, theirs = customer.get(field), other.get(field)
        filled = mine or theirs
        if filled != mine:
            draft.set(field, filled)
        if filled:
            customer["versions"][field] = version
    if other.get("is_tracked") is False:
        # What one of the two does not want the person does not want.
        if customer.get("is_tracked") is not False:
            draft.set("is_tracked", False)
        customer["versions"]["is_tracked"] = version
    custom, metadata = other.get("custom_fields") or {}, texts_of(other.get("metadata"))
    draft.merge_by_key(
        {**custom, **(customer.get("custom_fields") or {})},
        {**metadata, **texts_of(customer.get("metadata"))},
        version,
    )
    if groups := [one for one in other.get("groups") or () if one not in (customer.get("groups") or ())]:
        customer["groups"] = [*(customer.get("groups") or ()), *groups]
        draft.dirty.add("groups")
    for source_id in other.get("source_ids") or ():
        if add_source_id(customer, source_id):
            draft.dirty.add("source_ids")
    draft.hear(Word.of(stored) for stored in other.get("consents") or ())
    _add_up(draft, other)
    customer["revision"] = customer.get("revision", 0) + 1
    draft.dirty.add("revision")
    draft.derive()


def _unite_tags(draft: CustomerDraft, other: dict[str, Any], version: int) -> None:
    """The survivor's tags first. Tags that are changed in bulk at the same time are not lost: the merge adds
    to them, it does not replace them."""
    changed = changed_tags(draft.customer, TagChange(version, tuple(other["tags"])))
    assert changed is not None, "a merge is newer than whatever is stored"
    tags, versions = changed
    if tags != draft.customer["tags"]:
        draft.set("tags", tags)
    if tags:
        draft.customer["versions"] |= versions
        draft.dirty.add("versions")


def _keep_versions(draft: CustomerDraft, other: dict[str, Any]) -> None:
    """Of each field the newest version that either has seen: an older record is still an older one."""
    versions = draft.customer["versions"]
    for mark, theirs in other["versions"].items():
        if not mark.startswith(_OPENING) and not mark.startswith("tags"):
            versions[mark] = max(theirs, versions.get(mark, -1))
    draft.dirty.add("versions")


def _add_up(draft: CustomerDraft, other: dict[str, Any]) -> None:
    customer, totals = draft.customer, draft.totals
    own = {mark: version for mark, version in other["versions"].items() if mark.startswith(_OPENING)}
    part = {
        "customer_id": other["_id"],
        "external_id": other["external_id"],
        "opening": other["opening"],
        "versions": own,
    }
    customer["former"] = [*(customer.get("former") or ()), part, *(other.get("former") or ())]
    draft.dirty.add("former")
    totals.is_changed = True
    totals.total_spend += other["total_spend"]
    totals.visit_count += other["visit_count"]
    for visit_at in (other["first_visit_at"], other["last_visit_at"]):
        if visit_at is not None:
            totals.widen(visit_at)
    totals.opening_visits = opening_visits(customer)
