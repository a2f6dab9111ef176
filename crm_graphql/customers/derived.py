"""Derived fields of a customer, for rules and search: which addresses it has, its texts in folded case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.core.phones import is_dialable
from crm_graphql.core.texts import indexed_words
from crm_graphql.customers.documents import TEXT_FIELDS

EMAIL = 1
PHONE = 2
UNDIALABLE = 4
"""There is a phone, but without its country nobody can dial it: no channel reaches it."""
WITH_EMAIL = (EMAIL, EMAIL | PHONE, EMAIL | UNDIALABLE)
WITH_PHONE = (PHONE, EMAIL | PHONE, UNDIALABLE, EMAIL | UNDIALABLE)


def reach_of(customer: Mapping[str, Any]) -> int:
    """The value of a customer's `reach`: EMAIL, or one of PHONE and UNDIALABLE, or the sum; 0 without any.

    The only place that makes one.
    """
    email, phone = customer["email"], customer["phone"]
    reach = 0 if email is None else EMAIL
    if phone is not None:
        reach |= PHONE if is_dialable(phone) else UNDIALABLE
    return reach


def folded_copy(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The sub-document `folded` of a customer as it stands. The only place that makes one."""
    copy: dict[str, Any] = {}
    for field in TEXT_FIELDS:
        text = customer[field]
        copy[field] = None if text is None else text.casefold()
    copy["name_words"] = indexed_words(customer["name"] or "")
    copy["tags"] = [tag.casefold() for tag in customer["tags"]]
    return copy
