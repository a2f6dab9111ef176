"""The case-folded copies of a customer's texts that rules, search and sorting compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.customers.documents import TEXT_FIELDS


def folded_copy(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The sub-document `folded` of a customer as it stands. The only place that makes one."""
    copy: dict[str, Any] = {}
    for field in TEXT_FIELDS:
        text = customer[field]
        copy[field] = None if text is None else text.casefold()
    copy["tags"] = [tag.casefold() for tag in customer["tags"]]
    return copy
