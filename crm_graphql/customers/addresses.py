"""Addresses that a transaction gives to customers or takes from them, noted to see who shares one.

The note is a row of its own, which is in nobody's way, and says only where to look: counts are made of the
customers. See decision 22.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.channels import ADDRESSES
from crm_graphql.customers.documents import AddressChanges


def noted(field: str, value: str) -> str:
    """An address as it is noted and compared: case does not count."""
    return f"{field}:{value.casefold()}"


def noted_of(customer: Mapping[str, Any]) -> set[str]:
    """The addresses of a customer's document."""
    return {noted(address.field, value) for address in ADDRESSES if (value := customer.get(address.field))}


class AddressNotes:
    """What a transaction does to addresses, gathered for its one row. Made anew for each try of it."""

    def __init__(self) -> None:
        self._changed: set[str] = set()

    def of(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """A customer's document was another one; either may be empty."""
        self._changed |= noted_of(before) ^ noted_of(after)

    async def write(self, session: AsyncClientSession) -> None:
        """Note it in the session's transaction; nothing where nothing has changed."""
        await note_addresses(self._changed, session=session)


async def note_addresses(addresses: Iterable[str], *, session: AsyncClientSession | None = None) -> None:
    """Note addresses, as `noted` writes them, to be looked at."""
    if found := sorted(addresses):
        await AddressChanges.get_pymongo_collection().insert_one({"addresses": found}, session=session)
