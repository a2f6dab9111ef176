"""The figures of all customers, kept: counted again in the background while customers change.

A count takes about 2.5 us a customer, in one transaction, so as of one moment. It takes at the most a
thirtieth of the time, so that what is written meanwhile hardly feels it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.analytics.documents import CustomerFigures
from crm_graphql.analytics.reading import Budget, TooSlow
from crm_graphql.analytics.spend_bands import Band
from crm_graphql.analytics.statistics import Statistics, read_statistics
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.changed import last_customers_change
from crm_graphql.mongo.transactions import Transact

KEY = "customers"
REST = 30
"""Between two counts lie so many times as long as one takes."""
LEAST_REST = timedelta(seconds=5)
MOST_AGE = timedelta(minutes=5)
"""Without any change they are counted again after so long: who is active changes by itself."""
COUNT_SECONDS = 50.0
"""A transaction lives for a minute."""


class FiguresKeeper:
    """Counts all customers again when it is time. One process at a time shall run it."""

    def __init__(self, transact: Transact, clock: Clock) -> None:
        self._transact = transact
        self._clock = clock
        self._not_before: datetime | None = None

    async def run(self, settings: Settings) -> bool:
        """Count if customers have changed or it was long ago, and the last count has rested; if it did."""
        row = await CustomerFigures.get_pymongo_collection().find_one({"_id": KEY}, {"figures": 0})
        changed = await last_customers_change()
        if not self._is_due(row, changed, settings):
            return False
        began, at = time.monotonic(), settings.local(self._clock.now())

        async def count(session: AsyncClientSession) -> Statistics:
            return await read_statistics(None, at, Budget(COUNT_SECONDS), session=session)

        try:
            figures = await self._transact(count)
        except TooSlow:
            # So many customers cannot be counted here: it must not be tried without end.
            self._not_before = self._clock.now() + REST * timedelta(seconds=COUNT_SECONDS)
            raise
        await CustomerFigures.get_pymongo_collection().replace_one(
            {"_id": KEY},
            {
                "as_of": figures.as_of,
                "zone": settings.time_zone,
                "took_ms": round((time.monotonic() - began) * 1_000),
                "seen_change": changed,
                "figures": to_stored(figures),
            },
            upsert=True,
        )
        return True

    def _is_due(self, row: Mapping[str, Any] | None, changed: datetime | None, settings: Settings) -> bool:
        if self._not_before is not None and self._clock.now() < self._not_before:
            return False
        if row is None or row["zone"] != settings.time_zone:
            return True
        age = self._clock.now() - row["as_of"]
        rest = max(LEAST_REST, REST * timedelta(milliseconds=row["took_ms"]))
        return bool(age >= MOST_AGE or (row["seen_change"] != changed and age >= rest))


def to_stored(figures: Statistics) -> dict[str, Any]:
    """The figures as a document holds them."""
    return {
        "total": figures.total,
        "active": figures.active,
        "recent": figures.recent,
        "spend": figures.spend,
        "bands": [list(one) for one in figures.bands],
        "months": [[month.toordinal(), count] for month, count in figures.months],
        "countries": [list(one) for one in figures.countries],
    }


def from_stored(row: Mapping[str, Any]) -> Statistics:
    """The figures of a stored document."""
    stored = row["figures"]
    return Statistics(
        as_of=row["as_of"].astimezone(zone_of(row["zone"])),
        **{name: stored[name] for name in ("total", "active", "recent", "spend")},
        bands=[Band(*one) for one in stored["bands"]],
        months=[(date.fromordinal(month), count) for month, count in stored["months"]],
        countries=[(country, count) for country, count in stored["countries"]],
    )
