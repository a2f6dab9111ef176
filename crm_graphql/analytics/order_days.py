"""Orders by day, of all customers: out of the counts by quarters of an hour, at any size.

Where a day of the zone begins within a quarter, as clocks went long ago, and until all orders were counted
once, the orders themselves are read."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.analytics.customer_groups import Groups, added_up
from crm_graphql.analytics.joins import MOVING, merged_collection
from crm_graphql.analytics.pipelines import AS_NUMBER, ORDER_MEASURES, from_facts, local_day, moments
from crm_graphql.analytics.questions import Span
from crm_graphql.analytics.reading import Budget, one_moment
from crm_graphql.core.zones import day_begins, offset_changes
from crm_graphql.core.zones import local_day as day_in
from crm_graphql.customers.documents import Customer
from crm_graphql.orders.counts import QUARTER, Columns, slot_after, slot_begins, slot_of
from crm_graphql.orders.documents import Order
from crm_graphql.orders.queries import count_columns, counts_are_whole, ordered_between

_DAY = timedelta(days=1)
_NO_TIME = timedelta()


async def orders_by_day(span: Span, zone: ZoneInfo, budget: Budget) -> Groups:
    """The orders and their worth by the day in the zone, all as of one moment. Raises TooSlow."""
    whole = await counts_are_whole()
    async with one_moment() as session:
        between = await ordered_between(session)
        if between is None:
            return {}
        if not whole or not begins_on_quarters(zone, between):
            return await _read_orders(span, zone, between, budget, session)
        first = None if span.first is None else slot_after(span.first)
        end = None if span.end is None else slot_of(span.end)
        found: Groups = defaultdict(Counter)
        for edge in _edges(span, first, end):
            for day, sums in (await _read_orders(edge, zone, between, budget, session)).items():
                found[day].update(sums)
        if first is None or end is None or first < end:
            await _add_counts(found, await count_columns(session), first, end, zone)
        return {day: sums for day, sums in found.items() if any(sums.values())}


def begins_on_quarters(zone: ZoneInfo, between: tuple[datetime, datetime]) -> bool:
    """Whether all days of the zone begin with a quarter of an hour, within these moments."""
    changes = offset_changes(zone, between[0].date(), between[1].date())
    return all(offset % QUARTER == _NO_TIME for _, offset in changes) and all(
        slot_begins(slot_of(since)) == since for since, _ in changes[1:]
    )


def _edges(span: Span, first: int | None, end: int | None) -> Iterator[Span]:
    """What lies within the span and outside its whole quarters."""
    if first is not None and end is not None and first > end:
        yield span
        return
    if first is not None and span.first is not None and slot_begins(first) != span.first:
        yield Span(span.first, slot_begins(first))
    if end is not None and span.end is not None and slot_begins(end) != span.end:
        yield Span(slot_begins(end), span.end)


async def _add_counts(
    found: Groups, columns: Sequence[Columns], first: int | None, end: int | None, zone: ZoneInfo
) -> None:
    for slots, orders, amounts in columns:
        at = 0 if first is None else bisect_left(slots, first)
        stop = len(slots) if end is None else bisect_left(slots, end)
        while at < stop:
            day = day_in(slot_begins(slots[at]), zone)
            after = bisect_left(slots, _day_ends(day, zone), at + 1, stop)
            found[day].update(orders=sum(orders[at:after]), amount=sum(amounts[at:after]))
            at = after
        # A hundred notes of a large import are many numbers.
        await asyncio.sleep(0)


@lru_cache(maxsize=20_000)
def _day_ends(day: date, zone: ZoneInfo) -> int:
    """The first quarter of the day after; beyond all where the calendar ends."""
    return slot_of(day_begins(day + _DAY, zone)) if day < date.max else 2**31 - 1


async def _read_orders(
    span: Span,
    zone: ZoneInfo,
    between: tuple[datetime, datetime],
    budget: Budget,
    session: AsyncClientSession,
) -> Groups:
    """The same out of the orders themselves."""
    stages = from_facts(
        {"ordered_at": moments(span.first, span.end)},
        ORDER_MEASURES,
        part=local_day("ordered_at", zone, between),
        customers=Customer.Settings.name,
        rule=None,
        place=None,
        merged=await merged_collection(MOVING),
    )
    rows = await budget.rows(Order, [*stages, AS_NUMBER], hint="ordered_at", session=session)
    return added_up(rows, "orders", "amount", by_day=True)
