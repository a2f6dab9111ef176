"""Derived fields of a customer, for rules and search: which addresses it has, its texts in folded case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.core.channels import ADDRESSES
from crm_graphql.core.texts import indexed_words
from crm_graphql.customers.documents import TEXT_FIELDS


def reach_of(customer: Mapping[str, Any]) -> int:
    """The value of a customer's `reach`: a bit for each address that it has. The only
    place that makes one."""
    return sum(address.bit_of(customer[address.field]) for address in ADDRESSES)


def folded_copy(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The sub-document `folded` of a customer as it stands. The only place that makes one."""
    copy: dict[str, Any] = {}
    for field in TEXT_FIELDS:
        text = customer[field]
        copy[field] = None if text is None else text.casefold()
    copy["name_words"] = indexed_words(customer["name"] or "")
    copy["tags"] = [tag.casefold() for tag in customer["tags"]]
    return copy
