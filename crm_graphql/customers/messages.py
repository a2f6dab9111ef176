"""The live topic of customers."""

from __future__ import annotations

CUSTOMERS_TOPIC = "customers.changed"
"""Something about customers changed: look again."""
