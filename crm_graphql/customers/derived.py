"""Derived fields of a customer, for rules and search: its reach, its texts in folded case, what it said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bson import ObjectId

from crm_graphql.core.channels import ADDRESSES, TRAITS, Channel
from crm_graphql.core.texts import indexed_words
from crm_graphql.custom_fields.values import compared
from crm_graphql.customers.parts import TEXT_FIELDS
from crm_graphql.customers.tagging import folded_tags
from crm_graphql.customers.words import said


def reach_of(customer: Mapping[str, Any]) -> int:
    """The value of a customer's `reach`: a bit for each address that it has, and for each channel on which
    the address is suppressed. The only place that makes one."""
    addresses = sum(address.bit_of(customer[address.field]) for address in ADDRESSES)
    return addresses | sum(TRAITS[Channel(name)].suppressed_bit for name in customer.get("suppressed") or ())


def folded_groups(groups: Iterable[ObjectId]) -> list[str]:
    """Groups as rules and lists compare them, in the same order."""
    return [str(group_id) for group_id in groups]


def folded_copy(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The sub-document `folded` of a customer as it stands. The only place that makes one."""
    copy: dict[str, Any] = {}
    for field in TEXT_FIELDS:
        text = customer[field]
        copy[field] = None if text is None else text.casefold()
    copy["name_words"] = indexed_words(customer["name"] or "")
    copy["tags"] = folded_tags(customer["tags"])
    if time_zone := customer.get("time_zone"):
        copy["time_zone"] = time_zone.casefold()
    # Empty ones would be keys of the index all the same.
    if source_ids := customer.get("source_ids"):
        copy["source_ids"] = list(dict.fromkeys(term for text in source_ids for term in _id_terms(text)))
    if former := customer.get("former"):
        copy["former_ids"] = [one["external_id"].casefold() for one in former]
    if consent := said(customer):
        copy["consent"] = consent
    if groups := customer.get("groups"):
        copy["groups"] = folded_groups(groups)
    if custom := customer.get("custom_fields"):
        copy["custom"] = {slot: compared(value) for slot, value in custom.items()}
    if suppressed := customer.get("suppressed"):
        copy["suppressed"] = [channel.casefold() for channel in suppressed]
    return copy


def _id_terms(source_id: str) -> tuple[str, str]:
    """An id of another system as search finds it: whole, and without the system's name in front."""
    folded = source_id.casefold()
    return folded, folded.partition(":")[2] or folded
