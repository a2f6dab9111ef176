"""Notes of orders that changed, for who follows them; written in the transactions that change them.

A note holds nothing but ids, and conflicts with nobody. It becomes visible with what it tells of, in the same
instant and however late that commits, and stays until whoever follows has dealt with it: none is missed, and
none depends on a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.merged import under
from crm_graphql.orders.documents import Order, OrderChanges

NOTED_AT_ONCE = 1_000
"""Orders of one note."""
_ID_BYTES = 12


async def note_orders(orders: Iterable[ObjectId], session: AsyncClientSession) -> None:
    """Note that these orders are new, or changed in what they count for."""
    notes = [{"orders": packed} for packed in _packed(list(orders))]
    if notes:
        await OrderChanges.get_pymongo_collection().insert_many(notes, session=session)


async def note_orders_of(keys: Sequence[ObjectId], session: AsyncClientSession) -> None:
    """Note all orders of a customer, under all the keys that it has had: it was merged or erased."""
    found = Order.get_pymongo_collection().find({"customer_id": under(keys)}, {"_id": 1}, session=session)
    await note_orders([row["_id"] async for row in found], session)


def noted_orders(note: bytes) -> list[ObjectId]:
    """The orders of a note."""
    return [ObjectId(note[at : at + _ID_BYTES]) for at in range(0, len(note), _ID_BYTES)]


def _packed(orders: Sequence[ObjectId]) -> Iterator[bytes]:
    for at in range(0, len(orders), NOTED_AT_ONCE):
        yield b"".join(order.binary for order in orders[at : at + NOTED_AT_ONCE])
