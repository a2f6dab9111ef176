"""Which addresses a customer has, in one small number that indexes can carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EMAIL = 1
PHONE = 2
WITH_EMAIL = (EMAIL, EMAIL | PHONE)
WITH_PHONE = (PHONE, EMAIL | PHONE)


def reach_of(customer: Mapping[str, Any]) -> int:
    """The value of a customer's `reach`: EMAIL, PHONE, both or 0. The only place that makes one."""
    return (EMAIL if customer["email"] is not None else 0) | (PHONE if customer["phone"] is not None else 0)
