"""Customers who share addresses, for all the duplicates of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Row
from crm_graphql.duplicates.queries import AddressRef, customers_sharing
from crm_graphql.gql.context import Context


class Sharing(NamedTuple):
    """An address, and the customers' fields that are wanted of those who share it."""

    address: AddressRef
    fields: frozenset[str]


def sharing_loader(_context: Context) -> DataLoader[Sharing, Sequence[Row]]:
    """At most ten of the customers who have an address."""

    async def load(keys: list[Sharing]) -> list[Sequence[Row]]:
        found: dict[Sharing, Sequence[Row]] = {}
        for fields in {key.fields for key in keys}:
            alike = [key.address for key in keys if key.fields == fields]
            rows = await customers_sharing(alike, dict.fromkeys(fields, 1))
            found |= {Sharing(address, fields): some for address, some in rows.items()}
        return [found.get(key, ()) for key in keys]

    return DataLoader(load_fn=load, cache=False)
