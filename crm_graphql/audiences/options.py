"""The known values of fields that have few, for the choices of a rule builder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from crm_graphql.audiences.catalogue import FieldInfo, catalogue
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.customers.documents import Customer

OPTIONS_LIMIT = 50


async def rule_fields(actor: Actor) -> list[FieldInfo]:
    """Every field that a rule may name; countries, cities and tags with their values while there are at most
    fifty. Requires AUDIENCES_READ."""
    actor.require(Permission.AUDIENCES_READ)
    names = ("country", "city", "tags")
    found = await asyncio.gather(*(_known_values(name) for name in names))
    return catalogue(
        options={name: tuple(values) for name, values in zip(names, found, strict=True) if values}
    )


async def _known_values(name: str) -> Sequence[str]:
    """The values of customers' field `name`, each as one of them writes it; none when too many.

    Goes from one value to the next in the index, so it costs the same for few customers and many.
    """
    path, values, last = f"folded.{name}", list[str](), ""
    customers = Customer.get_pymongo_collection()
    while len(values) <= OPTIONS_LIMIT:
        cursor = customers.find({path: {"$gt": last}}, {name: 1, path: 1}).hint("folded").limit(1)
        row = await anext(cursor, None)
        if row is None:
            return values
        given, folded = row[name], row["folded"][name]
        if isinstance(folded, list):
            # The index is read upwards, so the customer was found by the least of its tags beyond the last.
            folded, given = min(pair for pair in zip(folded, given, strict=True) if pair[0] > last)
        values.append(given)
        last = folded
    return ()
