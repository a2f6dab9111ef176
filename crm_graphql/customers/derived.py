"""Derived fields of a customer, for rules and search: which addresses it has, its texts in folded case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.customers.documents import TEXT_FIELDS

EMAIL = 1
PHONE = 2
WITH_EMAIL = (EMAIL, EMAIL | PHONE)
WITH_PHONE = (PHONE, EMAIL | PHONE)


def reach_of(customer: Mapping[str, Any]) -> int:
    """The value of a customer's `reach`: EMAIL, PHONE, both or 0. The only place that makes one."""
    return (EMAIL if customer["email"] is not None else 0) | (PHONE if customer["phone"] is not None else 0)


def folded_copy(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The sub-document `folded` of a customer as it stands. The only place that makes one."""
    copy: dict[str, Any] = {}
    for field in TEXT_FIELDS:
        text = customer[field]
        copy[field] = None if text is None else text.casefold()
    copy["tags"] = [tag.casefold() for tag in customer["tags"]]
    return copy
