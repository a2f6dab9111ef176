"""Counts of orders by quarter of an hour: added up in memory, packed for storage. Pure.

A quarter of an hour is the coarsest step at which the days of every time zone in use begin.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

QUARTER = timedelta(minutes=15)
QUARTERS = 96
"""Of a day."""
EPOCH = datetime.fromtimestamp(0, UTC)
LAST = datetime.max.replace(tzinfo=UTC)
"""Stands for all that comes after the calendar."""
_LARGEST = 2**62
"""A sum beyond it is stored in several entries: a signed number of eight bytes must hold each."""


class Entry(NamedTuple):
    """What happened within a quarter of an hour: orders that are no refunds, and what all are worth in
    ten-thousandths, net of refunds."""

    slot: int
    orders: int
    amount: int


def slot_of(moment: datetime) -> int:
    """The quarter of an hour, counted from 1970, in which the moment lies."""
    return (moment - EPOCH) // QUARTER


def slot_after(moment: datetime) -> int:
    """The first quarter that begins at the moment or later."""
    return -((EPOCH - moment) // QUARTER)


def slot_begins(slot: int) -> datetime:
    """The first moment of a quarter, at the ends of the calendar the nearest there is."""
    try:
        return EPOCH + slot * QUARTER
    except OverflowError:
        return LAST if slot > 0 else datetime.min.replace(tzinfo=UTC)


def month_of(slot: int) -> int:
    """The month (UTC) of a quarter, counted from year 0."""
    return _month_of_day(slot // QUARTERS)


@lru_cache(maxsize=20_000)
def _month_of_day(number: int) -> int:
    begins = slot_begins(number * QUARTERS)
    return begins.year * 12 + begins.month - 1


class Counts:
    """Orders and their worth by quarter of an hour."""

    __slots__ = ("_orders", "_sums")

    def __init__(self) -> None:
        self._orders: dict[int, int] = {}
        self._sums: dict[int, int] = {}

    def __bool__(self) -> bool:
        return any(self._orders.values()) or any(self._sums.values())

    def add(self, amount: int, ordered_at: datetime) -> None:
        """Count an order in."""
        self.add_entry(Entry(slot_of(ordered_at), int(amount >= 0), amount))

    def remove(self, amount: int, ordered_at: datetime) -> None:
        """Count an order out again."""
        self.add_entry(Entry(slot_of(ordered_at), -int(amount >= 0), -amount))

    def add_entry(self, entry: Entry) -> None:
        """Count in what an entry says."""
        slot, orders, amount = entry
        self._orders[slot] = self._orders.get(slot, 0) + orders
        self._sums[slot] = self._sums.get(slot, 0) + amount

    def subtract(self, other: Counts) -> None:
        """Count out all that the other holds."""
        for slot, orders, amount in other.entries():
            self.add_entry(Entry(slot, -orders, -amount))

    def entries(self) -> Iterator[Entry]:
        """What there is, in the order of time; nothing of what came to zero."""
        for slot in sorted(self._orders):
            orders, amount = self._orders[slot], self._sums[slot]
            if orders or amount:
                yield Entry(slot, orders, amount)

    def by_month(self) -> dict[int, Counts]:
        """The same, apart by month."""
        months: dict[int, Counts] = {}
        for entry in self.entries():
            months.setdefault(month_of(entry.slot), Counts()).add_entry(entry)
        return months

    def packed(self) -> dict[str, bytes]:
        """As documents hold it: three columns of little-endian numbers."""
        slots, orders, amounts = array("i"), array("i"), array("q")
        for entry in self.entries():
            slot, count, amount = entry
            while abs(amount) > _LARGEST:
                part = _LARGEST if amount > 0 else -_LARGEST
                slots.append(slot)
                orders.append(0)
                amounts.append(part)
                amount -= part
            slots.append(slot)
            orders.append(count)
            amounts.append(amount)
        return {"slots": _bytes(slots), "orders": _bytes(orders), "amounts": _bytes(amounts)}

    def add_packed(self, row: Mapping[str, Any], *, first: int | None = None, end: int | None = None) -> None:
        """Count in what a document holds, of the quarters from `first` until before `end` where they are
        given."""
        columns = Columns.of(row)
        for slot, orders, amount in zip(columns.slots, columns.orders, columns.amounts, strict=True):
            if (first is None or slot >= first) and (end is None or slot < end):
                self.add_entry(Entry(slot, orders, amount))


class Columns(NamedTuple):
    """A document's columns; `slots` ascend."""

    slots: array[int]
    orders: array[int]
    amounts: array[int]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Columns:
        """From a stored document."""
        return cls(
            *(_array(code, row[name]) for name, code in (("slots", "i"), ("orders", "i"), ("amounts", "q")))
        )


def day_slots(day: date) -> tuple[int, int]:
    """The quarters of a day (UTC): the first, and the first of the day after."""
    first = slot_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return first, first + QUARTERS


def _bytes(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _array(code: str, stored: bytes) -> array[int]:
    column: array[int] = array(code)
    column.frombytes(stored)
    if sys.byteorder == "big":
        column.byteswap()
    return column
