"""Ids that a customer has in other systems: a set of few, in the order they came."""

from __future__ import annotations

from typing import Any

SOURCE_IDS = 20
"""Of one customer; further ones are left out."""


def add_source_ids(customer: dict[str, Any], given: str | tuple[str, ...] | None) -> bool:
    """Add what a record brings; whether any of it is new."""
    if given is None:
        return False
    found = (given,) if isinstance(given, str) else given
    return sum(add_source_id(customer, source_id) for source_id in found) > 0


def add_source_id(customer: dict[str, Any], source_id: str) -> bool:
    """Add an id of another system to those that the customer has, in the order they came; false where it is
    there already, or there are SOURCE_IDS."""
    known: list[str] = customer.get("source_ids") or []
    if source_id in known or len(known) >= SOURCE_IDS:
        return False
    customer["source_ids"] = [*known, source_id]
    return True
